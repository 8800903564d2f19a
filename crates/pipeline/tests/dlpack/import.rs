//! Imports on the host device, where tensors in ordinary memory are used in place.

use crate::support::{Array, Data, Recipe};
use pixelflume_device::{Device, HostConfig, Stream};
use pixelflume_memory::Owner;
use pixelflume_ops::{Color, ColorConversion, ImageShape, Layout, SampleType};
use pixelflume_pipeline::dlpack::abi::{FLAG_IS_COPIED, FLAG_READ_ONLY};
use pixelflume_pipeline::dlpack::{Axes, DlpackError};
use pixelflume_pipeline::{
    BatchLayout, ExecutionConfig, ImageError, Input, Pipeline, PipelineBuilder, Runner,
};

fn stream() -> Stream {
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(true));
    device.stream().unwrap()
}

fn gray() -> Pipeline {
    let mut builder = PipelineBuilder::new("gray");
    let input = builder.input("input").unwrap();
    let color = Color::new(ColorConversion::RgbToGray);
    builder.then(input, "gray", color).unwrap();
    builder.build().unwrap()
}

/// The error of a tensor like a right one but for what `change` does, after its deleter was called once.
fn refused(axes: Option<Axes>, change: impl FnOnce(&mut Recipe)) -> DlpackError {
    let mut recipe = Recipe::bytes(&[2, 6, 5, 3], &[7; 180]);
    change(&mut recipe);
    let made = recipe.make();
    let error = made.import(axes, &stream()).unwrap_err();
    assert_eq!(made.calls(), usize::from(recipe.deleter), "{error}");
    error
}

macro_rules! refused {
    ($change:expr, $pattern:pat $(if $guard:expr)?) => {
        let error = refused(None, $change);
        assert!(matches!(error, $pattern $(if $guard)?), "{error}");
    };
}

#[test]
fn a_tensor_is_read_and_written_in_place() {
    let pixels: Vec<u8> = (0..2 * 6 * 5).flat_map(|value| [value; 3]).collect();
    for version in [Some((1, 0)), Some((1, 3)), Some((1, 99)), None] {
        let input = Recipe {
            version,
            ..Recipe::bytes(&[2, 6, 5, 3], &pixels)
        };
        let output = Recipe {
            version,
            ..Recipe::bytes(&[2, 6, 5, 1], &[0; 60])
        };
        let stream = stream();
        let mut runner = Runner::new(gray(), stream.device(), ExecutionConfig::default()).unwrap();
        let [from, to] = [input.make(), output.make()];
        let photo = from.import(None, &stream).unwrap();
        let mut result = to.import(Some(Axes::Nhwc), &stream).unwrap();
        let Input::Device(images) = photo.input() else {
            panic!("the memory is not used in place");
        };
        assert_eq!(images.memory().address().raw(), from.address);
        let mut outputs = [result.output().unwrap()];
        runner
            .execute(&[photo.input()], &mut outputs)
            .unwrap()
            .into_result()
            .unwrap();
        drop(photo);
        assert_eq!((from.calls(), to.calls()), (1, 0));
        let bytes: Vec<u8> = (0..60).collect();
        assert_eq!(to.bytes(60), bytes);
        drop(result);
        assert_eq!((from.calls(), to.calls()), (1, 1));
    }
}

#[test]
fn work_that_holds_the_owner_keeps_the_tensor() {
    let made = Recipe::bytes(&[6, 5, 3], &[9; 90]).make();
    let tensor = made.import(None, &stream()).unwrap();
    let Input::Device(images) = tensor.input() else {
        panic!("the memory is not used in place");
    };
    let Owner::Kept(kept) = images.memory().owner() else {
        panic!("nothing keeps the memory");
    };
    drop(tensor);
    assert_eq!(made.calls(), 0);
    std::thread::spawn(move || drop(kept)).join().unwrap();
    assert_eq!(made.calls(), 1);
}

#[test]
fn a_null_deleter_is_allowed() {
    for version in [Some((1, 1)), None, Some((2, 0))] {
        let recipe = Recipe {
            deleter: false,
            version,
            ..Recipe::bytes(&[6, 5, 3], &[9; 90])
        };
        let made = recipe.make();
        let imported = made.import(None, &stream());
        assert_eq!(imported.is_ok(), version != Some((2, 0)));
        drop(imported);
        assert_eq!(made.calls(), 0);
    }
}

#[test]
fn flags_are_told_and_kept() {
    let plain = Recipe::bytes(&[6, 5, 3], &[9; 90]);
    for (flags, read_only, copied) in [
        (0, false, false),
        (FLAG_READ_ONLY, true, false),
        (FLAG_IS_COPIED, false, true),
        (u64::MAX, true, true),
    ] {
        let recipe = Recipe {
            flags,
            ..plain.clone()
        };
        let made = recipe.make();
        let mut tensor = made.import(None, &stream()).unwrap();
        assert_eq!(
            (tensor.is_read_only(), tensor.is_copied()),
            (read_only, copied)
        );
        let output = tensor.output().map(drop);
        assert_eq!(matches!(output, Err(DlpackError::ReadOnly)), read_only);
        assert_eq!(output.is_ok(), !read_only);
    }
}

#[test]
fn images_of_one_channel_take_either_layout() {
    let made = Recipe::bytes(&[2, 1, 4, 5], &[9; 40]).make();
    let tensor = made.import(Some(Axes::Nchw), &stream()).unwrap();
    assert_eq!(tensor.layout().shape().layout, Layout::Planar);
    let tensor = tensor.with_layout(Layout::Interleaved).unwrap();
    assert_eq!(
        tensor.layout(),
        BatchLayout::tight(ImageShape::u8(5, 4, 1), 2)
    );
    drop(tensor);
    let made = Recipe::bytes(&[3, 4, 5], &[9; 60]).make();
    let tensor = made.import(None, &stream()).unwrap();
    let error = tensor.with_layout(Layout::Interleaved).unwrap_err();
    assert!(matches!(error, DlpackError::Layout { .. }), "{error}");
    assert_eq!(made.calls(), 1);
}

#[test]
fn the_byte_offset_counts() {
    let recipe = Recipe {
        byte_offset: 24,
        dtype: (2, 32, 1),
        ..Recipe::bytes(&[2, 3, 4], &[0; 120])
    };
    let made = recipe.make();
    let tensor = made.import(Some(Axes::Hwc), &stream()).unwrap();
    let Input::Device(images) = tensor.input() else {
        panic!("the memory is not used in place");
    };
    assert_eq!(images.memory().address().raw(), made.address + 24);
    assert_eq!(images.memory().len(), 96);
    assert_eq!(images.layout().shape().sample, SampleType::F32);
}

#[test]
fn structs_that_cannot_be_read_are_refused() {
    // Of another version only version and deleter are looked at.
    for major in [0, 2, u32::MAX] {
        let change = |recipe: &mut Recipe| {
            recipe.version = Some((major, 7));
            (recipe.ndim, recipe.shape, recipe.strides) = (4, Array::Wild, Array::Wild);
        };
        refused!(change, DlpackError::Version { major: got, minor: 7 } if got == major);
    }
    for ndim in [i32::MIN, -1, 0, 1, 5, 64, i32::MAX] {
        let change = |recipe: &mut Recipe| {
            (recipe.ndim, recipe.shape, recipe.strides) = (ndim, Array::Wild, Array::Wild);
        };
        refused!(change, DlpackError::Dimensions { ndim: got, .. } if got == ndim);
    }
    refused!(
        |recipe| recipe.shape = Array::Null,
        DlpackError::NoShape { ndim: 4 }
    );
    for (version, allowed) in [((1, 1), true), ((1, 2), false), ((1, 3), false)] {
        let mut recipe = Recipe::bytes(&[2, 6, 5, 3], &[7; 180]);
        (recipe.version, recipe.strides) = (Some(version), Array::Null);
        let imported = recipe.make().import(None, &stream());
        let strides =
            matches!(&imported, Err(DlpackError::NoStrides { minor, .. }) if *minor == version.1);
        assert_eq!((imported.is_ok(), strides), (allowed, !allowed));
    }
    let mut recipe = Recipe::bytes(&[2, 6, 5, 3], &[7; 180]);
    (recipe.version, recipe.strides) = (None, Array::Null);
    assert!(recipe.make().import(None, &stream()).is_ok());
}

#[test]
fn tensors_that_are_no_images_are_refused() {
    for (code, bits, lanes) in [
        (1, 8, 3),
        (1, 8, 0),
        (1, 16, 1),
        (0, 8, 1),
        (0, 64, 1),
        (2, 128, 1),
        (6, 8, 1),
        (17, 4, 1),
        (200, 0, 9),
    ] {
        let error = refused(None, |recipe| recipe.dtype = (code, bits, lanes));
        let told = matches!(error, DlpackError::SampleType { code: c, bits: b, lanes: l } if (c, b, l) == (code, bits, lanes));
        assert!(told, "{error}");
    }
    refused!(
        |recipe| recipe.shape = Array::Of(vec![2, 6, -5, 3]),
        DlpackError::Extent {
            axis: 2,
            extent: -5,
            ..
        }
    );
    // An empty tensor has no memory, and is no images.
    let empty = |recipe: &mut Recipe| {
        (recipe.shape, recipe.data) = (Array::Of(vec![0, 6, 5, 3]), Data::Null);
    };
    refused!(
        empty,
        DlpackError::Extent {
            axis: 0,
            extent: 0,
            ..
        }
    );
    refused!(
        |recipe| recipe.strides = Array::Of(vec![90, 15, -3, 1]),
        DlpackError::Stride {
            axis: 2,
            stride: -3,
            ..
        }
    );
    let error = refused(Some(Axes::Hw), |_| {});
    assert!(
        matches!(
            error,
            DlpackError::Dimensions {
                ndim: 4,
                axes: Some(Axes::Hw)
            }
        ),
        "{error}"
    );
}

#[test]
fn memory_that_cannot_be_used_is_refused() {
    for device in [
        (0, 0),
        (2, 0),
        (4, 0),
        (10, 0),
        (13, 0),
        (-1, 3),
        (i32::MAX, i32::MIN),
    ] {
        let error = refused(None, |recipe| recipe.device = device);
        let told = matches!(error, DlpackError::Device { device_type, device_id, .. } if (device_type, device_id) == device);
        assert!(told, "{error}");
    }
    refused!(
        |recipe| recipe.data = Data::Null,
        DlpackError::NoMemory { bytes: 180 }
    );
    for (at, byte_offset) in [
        (8, u64::MAX),
        (u64::MAX - 90, 0),
        (u64::MAX - 100, 100),
        (1, u64::MAX - 90),
    ] {
        let change = |recipe: &mut Recipe| {
            (recipe.data, recipe.byte_offset) = (Data::At(at), byte_offset);
        };
        refused!(
            change,
            DlpackError::PastEnd { data, byte_offset: offset, bytes: 180 } if (data, offset) == (at, byte_offset)
        );
    }
    let error = refused(Some(Axes::Hwc), |recipe| {
        *recipe = Recipe {
            dtype: (2, 32, 1),
            byte_offset: 2,
            ..Recipe::bytes(&[2, 3, 4], &[0; 120])
        };
    });
    assert!(
        matches!(error, DlpackError::Image(ImageError::Unaligned { .. })),
        "{error}"
    );
}
