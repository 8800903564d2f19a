//! Random structs, most of them malformed: an import gives images or an error, follows no pointer that it must not, and calls
//! the deleter once.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p pixelflume-pipeline --test dlpack malformed` throws more of them;
//! `cargo xtask sanitize` sees reads outside of the arrays.

use crate::support::{Array, Data, Recipe};
use pixelflume_device::{Device, HostConfig};
use pixelflume_ops::Layout;
use pixelflume_pipeline::BatchLayout;
use pixelflume_pipeline::dlpack::Axes;
use proptest::prelude::*;

/// Numbers at the ends of ranges, and small ones.
fn number() -> impl Strategy<Value = i64> {
    const EDGES: [i64; 8] = [
        0,
        -1,
        i64::MAX,
        i64::MIN,
        1 << 31,
        1 << 32,
        (1 << 32) - 1,
        1 << 62,
    ];
    prop_oneof![
        8 => 1..9i64,
        1 => prop::sample::select(&EDGES[..]),
        1 => any::<i64>(),
    ]
}

fn array(length: usize) -> impl Strategy<Value = Array> {
    // With a number of dimensions that is refused, nothing may be read.
    let readable = (2..=4).contains(&length);
    let given = prop::collection::vec(number(), if readable { length } else { 0 });
    prop_oneof![
        9 => given.prop_map(move |entries| if readable { Array::Of(entries) } else { Array::Wild }),
        1 => Just(Array::Null),
    ]
}

/// Strides of a tensor in an order of memory of its own, at times with gaps.
fn strides(shape: &[i64], order: &[usize], gaps: &[i64]) -> Vec<i64> {
    let mut strides = vec![0; shape.len()];
    let mut next = 1i64;
    for (&axis, &gap) in order.iter().zip(gaps) {
        strides[axis] = next;
        next = next.wrapping_mul(shape[axis]).wrapping_add(gap);
    }
    strides
}

/// Structs with anything anywhere.
fn any_struct() -> impl Strategy<Value = Recipe> {
    let ndim = prop_oneof![8 => 2..=4i32, 1 => -1..70i32, 1 => any::<i32>()];
    let data = prop_oneof![
        6 => (0..17usize).prop_map(|at| Data::Words(vec![0; 64], at)),
        1 => Just(Data::Null),
        1 => any::<u64>().prop_map(|at| if at == 0 { Data::Null } else { Data::At(at) }),
    ];
    let version = prop_oneof![
        6 => (Just(1), 0..5u32).prop_map(Some),
        2 => Just(None),
        1 => any::<(u32, u32)>().prop_map(Some),
    ];
    let byte_offset = prop_oneof![4 => Just(0), 2 => 0..33u64, 1 => any::<u64>()];
    let device =
        prop_oneof![8 => Just((1, 0)), 1 => (0..18i32, -1..3i32), 1 => any::<(i32, i32)>()];
    const TYPES: [(u8, u8, u16); 5] = [(1, 8, 1), (0, 16, 1), (2, 16, 1), (4, 16, 1), (2, 32, 1)];
    let dtype = prop_oneof![8 => prop::sample::select(&TYPES[..]), 2 => any::<(u8, u8, u16)>()];
    (
        ndim,
        version,
        any::<(u64, bool)>(),
        device,
        dtype,
        byte_offset,
        data,
    )
        .prop_flat_map(
            |(ndim, version, (flags, deleter), device, dtype, byte_offset, data)| {
                let length = usize::try_from(ndim).unwrap_or(0);
                (array(length), array(length)).prop_map(move |(shape, strides)| Recipe {
                    version,
                    flags,
                    device,
                    ndim,
                    dtype,
                    shape,
                    strides,
                    byte_offset,
                    data: data.clone(),
                    deleter,
                })
            },
        )
}

/// Structs of small tensors with extents from 1 on, in any order of memory.
fn small_tensor() -> impl Strategy<Value = Recipe> {
    let orders = Just([0usize, 1, 2, 3]).prop_shuffle();
    let extents = prop::collection::vec(1..6i64, 2..=4);
    let gaps = prop_oneof![2 => Just([0i64; 4]), 1 => prop::array::uniform4(0..3i64)];
    (extents, orders, gaps, any::<bool>()).prop_map(|(shape, order, gaps, natural)| {
        let mut order: Vec<usize> = order
            .into_iter()
            .filter(|&axis| axis < shape.len())
            .collect();
        if natural {
            order = (0..shape.len()).rev().collect();
        }
        Recipe {
            strides: Array::Of(strides(&shape, &order, &gaps)),
            dtype: (2, 32, 1),
            data: Data::Words(vec![0; 4096], 0),
            ..Recipe::bytes(&shape, &[])
        }
    })
}

fn axes() -> impl Strategy<Value = Option<Axes>> {
    prop_oneof![1 => Just(None), 2 => prop::sample::select(&Axes::ALL[..]).prop_map(Some)]
}

/// The byte offset of each sample of a batch, in the order of images, rows, columns, channels.
fn offsets(layout: &BatchLayout) -> Vec<usize> {
    let (shape, bytes) = (layout.shape(), layout.shape().sample.bytes());
    let [width, height, channels] = [shape.width, shape.height, shape.channels].map(|n| n as usize);
    let mut offsets = Vec::new();
    for image in 0..layout.batch() {
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            offsets.extend((0..channels).map(|c| {
                let (row, sample) = match shape.layout {
                    Layout::Interleaved => (y, x * channels + c),
                    Layout::Planar => (c * height + y, x),
                };
                image * layout.batch_stride() + row * layout.row_pitch() + sample * bytes
            }));
        }
    }
    offsets
}

/// The byte offset of each element of a tensor of `f32` with these axes, in the same order.
fn elements(shape: &[i64], strides: &[i64], axes: Axes) -> Vec<usize> {
    let at = |axis: Option<usize>| axis.map_or((1, 0), |axis| (shape[axis], strides[axis]));
    let [n, h, w, c] = match axes {
        Axes::Hw => [None, Some(0), Some(1), None],
        Axes::Hwc => [None, Some(0), Some(1), Some(2)],
        Axes::Chw => [None, Some(1), Some(2), Some(0)],
        Axes::Nhwc => [Some(0), Some(1), Some(2), Some(3)],
        Axes::Nchw => [Some(0), Some(2), Some(3), Some(1)],
    }
    .map(at);
    let mut offsets = Vec::new();
    for i in 0..n.0 {
        for (y, x) in (0..h.0).flat_map(|y| (0..w.0).map(move |x| (y, x))) {
            offsets.extend((0..c.0).map(|z| 4 * (i * n.1 + y * h.1 + x * w.1 + z * c.1) as usize));
        }
    }
    offsets
}

fn config() -> ProptestConfig {
    let standard = ProptestConfig::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => standard.cases,
        None => 3000,
    };
    ProptestConfig {
        cases: if cfg!(miri) { 30 } else { cases },
        failure_persistence: None,
        ..standard
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_struct_is_images_or_an_error(recipe in any_struct(), axes in axes()) {
        let device = Device::host_with(HostConfig::default().with_threads(1));
        let stream = device.stream().unwrap();
        let made = recipe.make();
        let imported = made.import(axes, &stream);
        match &imported {
            Ok(tensor) => {
                prop_assert_eq!(made.calls(), 0);
                let layout = tensor.layout();
                prop_assert_eq!(tensor.input().frames(), layout.batch());
                prop_assert!(layout.end().unwrap() <= isize::MAX as usize);
                prop_assert!(layout.shape().bytes() <= layout.end().unwrap());
                let Array::Of(shape) = &recipe.shape else {
                    return Err(TestCaseError::fail("a tensor without a shape"));
                };
                let elements: i64 = shape.iter().product();
                let samples = layout.batch() * layout.shape().bytes() / layout.shape().sample.bytes();
                prop_assert_eq!(elements as usize, samples);
            }
            Err(error) => {
                prop_assert_eq!(made.calls(), usize::from(recipe.deleter));
                prop_assert!(!error.to_string().is_empty() && error.to_string().len() < 500);
            }
        }
        drop(imported);
        prop_assert_eq!(made.calls(), usize::from(recipe.deleter));
    }

    #[test]
    fn each_sample_is_where_the_strides_say(recipe in small_tensor(), axes in axes()) {
        let device = Device::host_with(HostConfig::default().with_threads(1));
        let stream = device.stream().unwrap();
        let made = recipe.make();
        let (Array::Of(shape), Array::Of(strides)) = (&recipe.shape, &recipe.strides) else {
            return Err(TestCaseError::fail("a tensor without arrays"));
        };
        let imported = made.import(axes, &stream);
        let order: Vec<usize> = (0..shape.len()).rev().collect();
        let gapless = *strides == self::strides(shape, &order, &[0; 4]);
        let named = axes.is_some_and(|axes| axes.dimensions() == shape.len());
        prop_assert!(imported.is_ok() || !gapless || !named);
        if let Ok(tensor) = imported {
            let layout = tensor.layout();
            let fitting = Axes::ALL.iter().filter(|order| order.dimensions() == shape.len());
            let mut fitting = fitting.filter(|order| axes.is_none_or(|axes| axes == **order));
            prop_assert!(fitting.any(|&order| elements(shape, strides, order) == offsets(&layout)));
        }
        prop_assert_eq!(made.calls(), 1);
    }
}
