//! Tests of the composed tables, read as by the kernels, against the operators one after the other.

use super::model::Model;
use super::*;
use crate::reference::{self, Border, Image};
use crate::*;
use proptest::prelude::*;

/// An operator of a chain, chosen by numbers, and the result of its reference.
fn operator(image: &Image<u8>, kind: u32, a: u32, b: u32) -> (Box<dyn Operator>, Image<u8>) {
    let side = |number: u32| 1 + number % 40;
    let (width, height) = (image.width as u32, image.height as u32);
    let color = [a as u8, b as u8, (a >> 8) as u8, 77];
    match kind % 10 {
        0 => {
            let fits = ColorConversion::ALL.into_iter();
            let mut fits = fits.filter(|c| c.source_channels() as usize == image.channels);
            let count = fits.clone().count();
            let conversion = fits.nth(a as usize % count).unwrap();
            let like = [ColorLike::Opencv, ColorLike::Pillow][b as usize % 2];
            let made = reference::convert_color(image, conversion, like);
            (Box::new(Color::new(conversion).with_like(like)), made)
        }
        1 => {
            // Whole factors too, of which the taps are pixels as they are, or halves.
            let side = |length: u32, number: u32| match number % 4 {
                0 if length > 1 => length / 2,
                1 if length > 2 => length / 3,
                2 => length,
                _ => side(number),
            };
            let (width, height) = (side(width, a), side(height, b));
            let made = reference::resize_bilinear(image, width as usize, height as usize);
            (Box::new(Resize::new(width, height).unwrap()), made)
        }
        2 => {
            let (width, height) = (side(a), side(b));
            let resize = Resize::new(width, height).unwrap();
            let (interpolation, reference): (_, fn(&Image<u8>, usize, usize) -> _) =
                match (a >> 16) % 3 {
                    0 => (Interpolation::Nearest, reference::resize_nearest),
                    1 => (Interpolation::NearestExact, reference::resize_nearest_exact),
                    // Of bilinear arithmetic where an axis grows, and otherwise refused.
                    _ => (Interpolation::Area, reference::resize_area),
                };
            let made = reference(image, width as usize, height as usize);
            (Box::new(resize.interpolation(interpolation)), made)
        }
        3 => {
            let axis = [FlipAxis::Horizontal, FlipAxis::Vertical, FlipAxis::Both][a as usize % 3];
            let (x, y) = (axis != FlipAxis::Vertical, axis != FlipAxis::Horizontal);
            (Box::new(Flip::new(axis)), reference::flip(image, x, y))
        }
        4 => {
            let (x, y) = (a % width, b % height);
            let (across, down) = (1 + b % (width - x), 1 + a % (height - y));
            let [left, top, w, h] = [x, y, across, down].map(|n| n as usize);
            let made = reference::crop(image, left, top, w, h);
            (Box::new(Crop::new(x, y, across, down).unwrap()), made)
        }
        5 => {
            let sides = [a % 7, b % 7, a % 5, b % 3];
            let mode = PadMode::ALL[(a / 7 % 3) as usize];
            let border = match mode {
                PadMode::Constant => Border::Constant(color),
                PadMode::Replicate => Border::Replicate,
                PadMode::Reflect101 => Border::Reflect101,
            };
            let [left, top, right, bottom] = sides;
            let pad = Pad::new(left, top, right, bottom).mode(mode);
            let pad = pad.value(&color.map(f64::from)).unwrap();
            (
                Box::new(pad),
                reference::pad(image, sides.map(|side| side as usize), border),
            )
        }
        6 => {
            let (width, height) = (side(a), side(b));
            let letterbox = Letterbox::new(width, height).unwrap().value(color);
            let frame = reference::LetterboxFrame::new(width as usize, height as usize);
            let made = reference::letterbox(image, frame, color);
            (Box::new(letterbox), made)
        }
        8 => {
            let (x, y) = (a % width, b % height);
            let of = CropBox::new(x, y, 1 + b % (width - x), 1 + a % (height - y));
            let half = |side: u32| side.div_ceil(2);
            let (width, height) = match (a >> 20) % 3 {
                0 => (half(of.width), half(of.height)),
                _ => (side(a >> 7), side(b >> 7)),
            };
            let all = [
                Interpolation::Bilinear,
                Interpolation::Nearest,
                Interpolation::NearestExact,
            ];
            let sampling = CropSampling::Resize(all[(a >> 16) as usize % 3]);
            let size = (width as usize, height as usize);
            let crop = ResizedCrop::new(of, width, height).unwrap();
            (
                Box::new(crop.sampled(sampling).unwrap()),
                reference::resized_crop(image, of, size, sampling),
            )
        }
        7 => {
            let threshold = Threshold::new(a as u8).with_maximum(b as u8);
            (
                Box::new(threshold),
                reference::threshold(image, a as u8, b as u8, "binary"),
            )
        }
        _ => {
            let (width, height) = (1 + a % width, 1 + b % height);
            let like = CenterCropLike::ALL[(a / 7 % 4) as usize];
            // Only the first library refuses images that are too small.
            let (width, height) = match like {
                CenterCropLike::Numpy => (width, height),
                _ => (side(a), side(b)),
            };
            let made = reference::center_crop(image, width as usize, height as usize, like);
            let crop = CenterCrop::new(width, height).unwrap();
            (Box::new(crop.like(like)), made)
        }
    }
}

fn shape(image: &Image<u8>) -> ImageShape {
    ImageShape::u8(
        image.width as u32,
        image.height as u32,
        image.channels as u32,
    )
}

fn stage(operator: &dyn Operator, input: ImageShape) -> Stage {
    operator.plan(&[input]).unwrap().stage().unwrap()
}

/// Compares the plans of all prefixes of the chain, up to the first refusal, with the operators one after the other. Returns the
/// number of stages of the longest prefix.
fn check(image: &Image<u8>, chain: &[(u32, u32, u32)], nv12: bool) -> usize {
    let mut stages = Vec::new();
    let mut expected = image.clone();
    if nv12 {
        stages.push(stage(&Nv12ToRgb::new(), shape(image)));
        expected = reference::nv12_to_rgb(image, Default::default());
    }
    for &(kind, a, b) in chain {
        let (operator, made) = operator(&expected, kind, a, b);
        stages.push(stage(&*operator, shape(&expected)));
        let plan = Chain::new(&stages).and_then(|chain| Sampling::new(chain, &stages));
        let Ok(plan) = plan else {
            return stages.len() - 1;
        };
        expected = made;
        match plan {
            Sampling::Other(plan) => {
                let got = Model { plan: &plan, image }.run();
                assert_eq!(got, expected, "{stages:?} by {}", plan.entry);
            }
            Sampling::Words(plan) => {
                for multiprocessors in [1, 132] {
                    let got = words::model::run(&plan, image, multiprocessors);
                    assert_eq!(got, expected, "{stages:?} by {plan:?}");
                }
            }
        }
    }
    stages.len()
}

fn random_image(width: usize, height: usize, channels: usize, seed: u32) -> Image<u8> {
    let mut state = seed | 1;
    Image::from_fn(width, height, channels, |_, _, _| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_chain_is_its_operators_one_after_the_other(
        (width, height, channels) in (1usize..30, 1usize..30, prop::sample::select(vec![1usize, 3, 4])),
        chain in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u32>()), 1..6),
        nv12 in prop::bool::weighted(0.2),
        seed in any::<u32>(),
    ) {
        let image = match nv12 {
            true => random_image(width.next_multiple_of(2), height.next_multiple_of(3), 1, seed),
            false => random_image(width, height, channels, seed),
        };
        let taken = check(&image, &chain, nv12);
        let is_area = |&(kind, a, _): &(u32, u32, u32)| kind % 10 == 2 && (a >> 16) % 3 == 2;
        prop_assert!(taken > 0 || is_area(&chain[0]), "no other operator by itself is refused");
    }
}

/// The plan of a sequence of operators.
fn sampling_of(input: ImageShape, operators: &[&dyn Operator]) -> Result<Sampling, String> {
    let mut stages = Vec::<Stage>::new();
    for operator in operators {
        let input = stages.last().map_or(input, |stage| stage.output);
        stages.push(stage(*operator, input));
    }
    Sampling::new(Chain::new(&stages)?, &stages)
}

/// The same, where the kernel is not `sample_words`.
fn plan_of(input: ImageShape, operators: &[&dyn Operator]) -> Result<SamplePlan, String> {
    match sampling_of(input, operators)? {
        Sampling::Other(plan) => Ok(plan),
        Sampling::Words(plan) => Err(format!("{plan:?}")),
    }
}

#[test]
fn the_usual_chains_get_the_fast_kernels() {
    let hd = ImageShape::u8(1920, 1080, 3);
    let entry = |operators: &[&dyn Operator]| match sampling_of(hd, operators).unwrap() {
        Sampling::Other(plan) => plan.entry,
        Sampling::Words(_) => "sample_words",
    };
    let gray = Color::new(ColorConversion::RgbToGray);
    let resize = |width, height| Resize::new(width, height).unwrap();
    let normalize = Normalize::new(&[0.5], &[0.5]).unwrap();
    assert_eq!(entry(&[&gray]), "rows_to_bytes_3_1");
    assert_eq!(
        entry(&[&CenterCrop::new(224, 224).unwrap(), &normalize]),
        "rows_to_floats_3_3"
    );
    // A third: each pixel is one of the source.
    assert_eq!(entry(&[&resize(640, 360)]), "sample_direct");
    assert_eq!(
        entry(&[&Letterbox::new(640, 640).unwrap(), &normalize]),
        "sample_direct"
    );
    assert_eq!(entry(&[&resize(960, 540)]), "sample_half");
    assert_eq!(entry(&[&resize(320, 240), &gray]), "sample_bilinear");
    assert_eq!(entry(&[&gray, &resize(320, 240)]), "sample_bilinear");
    let classify: [&dyn Operator; 3] = [
        &resize(256, 256),
        &CenterCrop::new(224, 224).unwrap(),
        &normalize,
    ];
    assert_eq!(entry(&classify), "sample_bilinear");
    let flipped: [&dyn Operator; 2] = [&Flip::new(FlipAxis::Both), &resize(320, 240)];
    assert_eq!(entry(&flipped), "sample_bilinear");
    let bgr = Color::new(ColorConversion::RgbToBgr);
    let enlarged: [&dyn Operator; 3] = [&resize(3840, 2160), &bgr, &Flip::new(FlipAxis::Both)];
    assert_eq!(entry(&enlarged), "sample_words");
    assert_eq!(entry(&[&resize(1920, 1200)]), "sample_words");
    // Constants, gray before the taps, and floating-point numbers are left to the other kernels.
    assert_eq!(
        entry(&[&Letterbox::new(3840, 3840).unwrap()]),
        "sample_bilinear"
    );
    assert_eq!(entry(&[&gray, &resize(3840, 2160)]), "sample_bilinear");
    assert_eq!(entry(&[&resize(3840, 2160), &normalize]), "sample_bilinear");
    let padded: [&dyn Operator; 2] = [&Pad::new(1, 1, 1, 1), &resize(1900, 1000)];
    assert_eq!(entry(&padded), "sample_scattered");
    let alpha: [&dyn Operator; 2] = [&Color::new(ColorConversion::RgbToRgba), &resize(320, 240)];
    assert_eq!(entry(&alpha), "sample_scattered");
}

/// A kernel takes the first flag of a type that it finds: a plan has one, and none for u8.
#[test]
fn the_flags_name_the_type_of_the_output() {
    const TYPES: u32 =
        SampleFlags::F32_SAMPLES | SampleFlags::F16_SAMPLES | SampleFlags::BF16_SAMPLES;
    let hd = ImageShape::u8(1920, 1080, 3);
    let resize = Resize::new(320, 240).unwrap();
    let flags = |operators: &[&dyn Operator]| plan_of(hd, operators).unwrap().args.flags & TYPES;
    assert_eq!(flags(&[&resize]), 0);
    for (sample, flag) in [
        (SampleType::F32, SampleFlags::F32_SAMPLES),
        (SampleType::F16, SampleFlags::F16_SAMPLES),
        (SampleType::Bf16, SampleFlags::BF16_SAMPLES),
    ] {
        let normalize = Normalize::new(&[0.5], &[0.5]).unwrap();
        let normalize = normalize.sample(sample).unwrap();
        assert_eq!(flags(&[&resize, &normalize]), flag, "{sample}");
        assert_eq!(flags(&[&normalize]), flag, "{sample} without a resize");
    }
}

#[test]
fn what_rounds_in_between_is_refused() {
    let hd = ImageShape::u8(1920, 1080, 3);
    let refusal = |operators: &[&dyn Operator]| plan_of(hd, operators).unwrap_err();
    let resize = |width, height| Resize::new(width, height).unwrap();
    let twice = refusal(&[&resize(300, 200), &resize(250, 250)]);
    assert_eq!(
        twice,
        "resize: a resize before it interpolates as well, and rounds"
    );
    let compared = refusal(&[&Threshold::new(9), &resize(300, 200)]);
    assert_eq!(
        compared,
        "resize: it interpolates what a threshold before it made"
    );
    let pads: [&dyn Operator; 3] = [
        &Pad::new(1, 1, 1, 1),
        &Pad::new(2, 2, 2, 2).value(&[9.0]).unwrap(),
        &resize(1900, 1000),
    ];
    assert_eq!(
        refusal(&pads),
        "resize: it interpolates between the colors of several pads"
    );
    let lanczos = resize(300, 200).interpolation(Interpolation::Lanczos4);
    assert_eq!(
        refusal(&[&lanczos]),
        "resize: its sums have other weights than those of bilinear"
    );
    let colors = refusal(&[&Threshold::new(9), &Color::new(ColorConversion::RgbToBgr)]);
    assert_eq!(colors, "color: it comes after a threshold");
    assert_eq!(
        refusal(&[&GaussianBlur::new(5).unwrap()]),
        "gaussian_blur: it is no part of such a chain"
    );
}

#[test]
fn the_later_pad_is_on_top() {
    let image = random_image(3, 3, 1, 1);
    let (inner, outer) = (
        Pad::new(1, 0, 0, 0).value(&[10.0]).unwrap(),
        Pad::new(0, 1, 0, 0).value(&[20.0]).unwrap(),
    );
    let plan = plan_of(shape(&image), &[&inner, &outer]).unwrap();
    let got = Model {
        plan: &plan,
        image: &image,
    }
    .run();
    assert_eq!((got.at(0, 0, 0), got.at(0, 1, 0)), (20, 10));
    let plan = plan_of(shape(&image), &[&outer, &inner]).unwrap();
    let got = Model {
        plan: &plan,
        image: &image,
    }
    .run();
    assert_eq!((got.at(0, 0, 0), got.at(1, 0, 0)), (10, 20));
}
