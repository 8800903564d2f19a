//! Tests that tell which single operators the kernels of fused chains take on CUDA. Some operators have only oracle kernels beside
//! them (`kernels/oracle`), which a program does not have, so that the rule `sample` must take every plan of these. The others have a
//! kernel in the product for what the rule does not take: gathers, normalizations, and the other interpolations of `resize`.

use crate::center_crop::{CenterCrop, CenterCropLike};
use crate::color::{Color, ColorConversion};
use crate::contract::Operator;
use crate::crop::{Crop, CropBox};
use crate::flip::{Flip, FlipAxis};
use crate::float_table::FloatOutput;
use crate::fusion::fuse;
use crate::gaussian_blur::GaussianBlur;
use crate::image::{ImageShape, Layout, SampleType};
use crate::letterbox::Letterbox;
use crate::normalize::Normalize;
use crate::nv12_to_rgb::Nv12ToRgb;
use crate::pad::{Pad, PadMode};
use crate::pad_to::{PadPosition, PadTo};
use crate::rescale::{Rescale, RescaleLike};
use crate::resize::{Interpolation, Resize};
use crate::resized_crop::ResizedCrop;
use crate::sobel::{Sobel, SobelOutput};
use crate::to_float::ToFloat;
use pixelflume_device::DeviceKind;
use proptest::prelude::*;

const LONGEST: u32 = 65_536;

/// The rule that takes this operator alone on CUDA; `None` when no rule does. Panics when the operator refuses the shape.
fn rule(operator: &dyn Operator, shape: ImageShape) -> Option<&'static str> {
    let plan = operator
        .plan(&[shape])
        .unwrap_or_else(|error| panic!("{operator:?} of {shape}: {error}"));
    let stage = plan.stage().expect("a plan with a stage");
    let rule = fuse(&[stage], DeviceKind::Cuda).ok();
    let rule = rule.map(|(rule, _)| rule.name);
    // A plan with an oracle is one that runs the rule's kernels.
    assert_eq!(
        plan.oracle().is_some(),
        rule.is_some(),
        "{operator:?} of {shape}"
    );
    rule
}

fn sampled(operator: &dyn Operator, shape: ImageShape) {
    let rule = rule(operator, shape);
    assert_eq!(rule, Some("sample"), "{operator:?} of {shape}");
}

/// All operators in the modes that the rule `sample` takes, of an image of this size; `a` and `b` give their
/// parameters.
fn all_sampled(width: u32, height: u32, a: u32, b: u32) {
    for conversion in ColorConversion::ALL {
        let shape = ImageShape::u8(width, height, conversion.source_channels());
        sampled(&Color::new(conversion), shape);
    }
    let frame = ImageShape::u8(width.next_multiple_of(2), height.next_multiple_of(3), 1);
    sampled(&Nv12ToRgb::new(), frame);
    for channels in [1, 3, 4] {
        let shape = ImageShape::u8(width, height, channels);
        let half = (width.div_ceil(2), height.div_ceil(2));
        for (width, height) in [(a, b), (width, height), half] {
            let resize = Resize::new(width, height).unwrap();
            for interpolation in [
                Interpolation::Bilinear,
                Interpolation::Nearest,
                Interpolation::NearestExact,
            ] {
                sampled(&resize.interpolation(interpolation), shape);
            }
            if width > shape.width || height > shape.height {
                // The arithmetic of bilinear at other positions.
                sampled(&resize.interpolation(Interpolation::Area), shape);
            }
        }
        sampled(&Letterbox::new(a, b).unwrap(), shape);
        for axis in FlipAxis::ALL {
            sampled(&Flip::new(axis), shape);
        }
        let (x, y) = (a % width, b % height);
        let crop = Crop::new(x, y, width - x, height - y).unwrap();
        sampled(&crop, shape);
        let rectangle = CropBox::new(x, y, width - x, height - y);
        let half = (rectangle.width.div_ceil(2), rectangle.height.div_ceil(2));
        for (width, height) in [(a, b), half] {
            let crop = ResizedCrop::new(rectangle, width, height).unwrap();
            for interpolation in [
                Interpolation::Bilinear,
                Interpolation::Nearest,
                Interpolation::NearestExact,
            ] {
                sampled(&crop.interpolation(interpolation), shape);
            }
        }
        let center = CenterCrop::new(a.min(width), b.min(height)).unwrap();
        sampled(&center, shape);
        let (left, top) = (a.min(LONGEST - width), b.min(LONGEST - height));
        let right = b.min(LONGEST - width - left);
        let bottom = a.min(LONGEST - height - top);
        for like in [
            CenterCropLike::Torchvision,
            CenterCropLike::TransformersPillow,
        ] {
            sampled(&CenterCrop::new(a, b).unwrap().like(like), shape);
        }
        let to = PadTo::new().size(width.max(a), height.max(b)).unwrap();
        sampled(&to.position(PadPosition::Center), shape);
        for mode in PadMode::ALL {
            sampled(&Pad::new(left, top, right, bottom).mode(mode), shape);
        }
        for sample in FloatOutput::SAMPLES {
            for layout in [Layout::Interleaved, Layout::Planar] {
                let normalize = Normalize::new(&[0.5], &[0.25]).unwrap();
                let normalize = normalize.sample(sample).unwrap().layout(layout);
                sampled(&normalize, shape);
                let rescale = Rescale::new(1.0 / 127.5).unwrap();
                sampled(&rescale.sample(sample).unwrap().layout(layout), shape);
                let to_float = ToFloat::new().sample(sample).unwrap();
                sampled(&to_float.layout(layout), shape);
            }
        }
    }
}

#[test]
fn small_shapes_of_operators_with_oracle_kernels_are_sampled() {
    for width in 1..=7 {
        for height in 1..=7 {
            for (a, b) in [(1, 1), (2, 5), (2 * width, 3 * height)] {
                all_sampled(width, height, a, b);
            }
        }
    }
}

#[test]
fn extreme_shapes_of_operators_with_oracle_kernels_are_sampled() {
    for (width, height) in [(LONGEST - 1, 1), (1, LONGEST - 1), (1920, 1080)] {
        for (a, b) in [(1, 1), (LONGEST, 1), (1, LONGEST), (640, 640)] {
            all_sampled(width, height, a, b);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_shapes_of_operators_with_oracle_kernels_are_sampled(
        width in 1u32..3000, height in 1u32..3000, a in 1u32..3000, b in 1u32..3000,
    ) {
        all_sampled(width, height, a, b);
    }
}

#[test]
fn gathers_of_other_samples_and_of_planes_have_a_kernel_of_their_own() {
    let u8s = ImageShape::u8(320, 200, 3);
    let of = |sample, layout| ImageShape {
        sample,
        layout,
        ..u8s
    };
    for shape in [
        of(SampleType::U8, Layout::Planar),
        of(SampleType::I16, Layout::Interleaved),
        of(SampleType::F16, Layout::Planar),
        of(SampleType::F32, Layout::Interleaved),
    ] {
        let gathers: [&dyn Operator; 5] = [
            &Crop::new(1, 2, 30, 40).unwrap(),
            &CenterCrop::new(99, 98).unwrap(),
            &Flip::new(FlipAxis::Both),
            &Pad::new(1, 2, 3, 4),
            &PadTo::new().square(true),
        ];
        for gather in gathers {
            assert_eq!(rule(gather, shape), None, "{gather:?} of {shape}");
        }
    }
}

#[test]
fn resizes_with_other_sums_than_bilinear_have_kernels_of_their_own() {
    for channels in [1, 3, 4] {
        for (width, height) in [(64, 48), (1, 1), (2, 9), (1920, 1080)] {
            let shape = ImageShape::u8(width, height, channels);
            let third = (width.div_ceil(3), height.div_ceil(3));
            for (width, height) in [(10, 7), (2 * width, 3 * height), third] {
                let resize = Resize::new(width, height).unwrap();
                for interpolation in [
                    Interpolation::Cubic,
                    Interpolation::Lanczos4,
                    Interpolation::LinearExact,
                ] {
                    assert_eq!(rule(&resize.interpolation(interpolation), shape), None);
                }
            }
            let area = Resize::new(third.0, third.1).unwrap();
            let area = area.interpolation(Interpolation::Area);
            assert_eq!(rule(&area, shape), None, "{shape}");
        }
        let shape = ImageShape::u8(64, 48, channels);
        let half = Resize::new(32, 24).unwrap();
        for interpolation in [Interpolation::Area, Interpolation::LinearExact] {
            sampled(&half.interpolation(interpolation), shape);
        }
    }
}

#[test]
fn blurs_and_sobel_outputs_without_a_stencil_have_kernels_of_their_own() {
    for channels in [1, 3, 4] {
        let shape = ImageShape::u8(320, 200, channels);
        for size in (3..=31).step_by(2) {
            let expected = (size <= 9).then_some("stencil");
            let blur = GaussianBlur::new(size).unwrap();
            assert_eq!(rule(&blur, shape), expected, "{size} taps");
        }
        // So small a sigma leaves one tap, of 256.
        let point = GaussianBlur::new(3).unwrap().sigma(0.1).unwrap();
        assert_eq!(rule(&point, shape), None);
        for output in SobelOutput::ALL {
            let expected = (output == SobelOutput::Magnitude).then_some("stencil");
            assert_eq!(rule(&Sobel::new(output), shape), expected, "{output:?}");
        }
    }
}

/// The kernels of chains compute the steps of a table; for the others there is `float_table`.
#[test]
fn tables_without_steps_have_a_kernel_of_their_own() {
    let tiny = Rescale::new(1e-40).unwrap();
    let tiny = tiny.like(RescaleLike::TransformersPillow).unwrap();
    let shape = ImageShape::u8(320, 200, 3);
    assert_eq!(rule(&tiny, shape), None);
    let stage = |operator: &dyn Operator, input| operator.plan(&[input]).unwrap().stage().unwrap();
    let crop = stage(&CenterCrop::new(30, 20).unwrap(), shape);
    let chain = [crop.clone(), stage(&tiny, crop.output())];
    let refusal = fuse(&chain, DeviceKind::Cuda).err().unwrap();
    assert_eq!(
        refusal.to_string(),
        "rule sample: rescale: its numbers need a look-up in its table"
    );
}
