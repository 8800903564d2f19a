//! The kernel of mixed batches must compute what the operators compute: its taps are those of the tables, and its outputs those of
//! the operators one by one.

use super::CudaChain;
use super::model::{self, record};
use crate::contract::Action;
use crate::contract::stage::ResizeTables;
use crate::fusion::any_operator;
use crate::mixed::testing::{DEVICES, Image, one_by_one};
use crate::mixed::{MixedChain, MixedError};
use crate::testing::Random;
use crate::*;
use pixelflume_device::{Address, DeviceKind};
use pixelflume_kernels::args::MixedImage;
use proptest::prelude::*;
use std::sync::Arc;

fn image(shape: ImageShape, random: &mut Random) -> Image {
    Image::random(shape, random)
}

/// The taps of the kernel for a resize, against the tables of the operator.
fn compare_taps(source: (u32, u32), target: (u32, u32)) {
    let shape = ImageShape::u8(source.0, source.1, 1);
    let resize = Resize::new(target.0, target.1).unwrap();
    let plan = resize.own_plan(&[shape]).unwrap();
    let Some(Action::Resize(tables)) = plan.stage().map(|stage| stage.action) else {
        panic!("a resize");
    };
    let ResizeTables::Bilinear(taps) = &*tables else {
        return;
    };
    let mut random = Random::new(1);
    let first = image(ImageShape::u8(1, 1, 1), &mut random).chain_image(0);
    let first = crate::mixed::ChainImage {
        shape,
        row_pitch: source.0 as usize,
        ..first
    };
    let chain = CudaChain::new(&[Arc::new(resize)], &first).unwrap();
    let record: MixedImage = record(&chain.describe(&first).unwrap());
    let (columns, lines) = taps.split_at(target.0 as usize);
    for (x, expected) in columns.iter().enumerate() {
        let got = model::column(&record.columns, x as u32).unwrap();
        let used = |tap: &pixelflume_kernels::args::Tap| {
            let second = (tap.weight1 != 0).then_some(tap.index1);
            (tap.index0, second, tap.weight0, tap.weight1)
        };
        assert_eq!(
            used(&got),
            used(expected),
            "column {x} of {source:?} to {target:?}"
        );
    }
    for (y, expected) in lines.iter().enumerate() {
        let got = model::line(&record.lines, y as u32).unwrap();
        assert_eq!(&got, expected, "row {y} of {source:?} to {target:?}");
    }
}

#[test]
fn the_taps_are_those_of_the_tables() {
    let mut random = Random::new(3);
    for _ in 0..if cfg!(debug_assertions) { 1500 } else { 10_000 } {
        let mut side = || match random.within(0, 9) {
            0 => random.within(1, 4),
            1..=7 => random.within(1, 700),
            8 => random.within(1, 5000),
            _ => random.within(60_000, 65_536),
        };
        compare_taps((side(), side()), (side() % 3000 + 1, side() % 3000 + 1));
    }
    compare_taps((65_536, 65_535), (65_535, 65_536));
    compare_taps((1, 65_536), (65_536, 1));
}

/// The source of an image for the model: its pixels, or those of its RGB image for an NV12 frame.
fn pixels(image: &Image, nv12: bool) -> (ImageShape, Vec<u8>) {
    if nv12 {
        return one_by_one(&[Arc::new(Nv12ToRgb::new())], image, &DEVICES[0]);
    }
    let rows = image.bytes.chunks(image.row_pitch);
    let bytes = rows.flat_map(|row| row[..image.shape.row_bytes()].iter().copied());
    (image.shape, bytes.collect())
}

#[test]
fn the_kernel_computes_what_the_operators_compute() {
    let mut random = Random::new(11);
    let (mut taken, mut wide) = (0, [0; 4]);
    for case in 0..if cfg!(debug_assertions) { 1200 } else { 8000 } {
        let mut shape = ImageShape::u8(
            random.within(2, 90),
            random.within(2, 90),
            random.pick(&[1, 3, 3, 4]),
        );
        let nv12 = random.within(0, 7) == 0;
        if nv12 {
            shape = ImageShape::u8(2 * random.within(1, 40), 3 * random.within(1, 30), 1);
        }
        let images: Vec<Image> = (0..3)
            .map(|n| {
                let mut other = shape;
                if n > 0 && nv12 {
                    (other.width, other.height) =
                        (2 * random.within(1, 40), 3 * random.within(1, 30));
                } else if n > 0 {
                    (other.width, other.height) = (random.within(2, 90), random.within(2, 90));
                }
                image(other, &mut random)
            })
            .collect();
        let mut operators: Vec<Arc<dyn Operator>> = Vec::new();
        let mut add = |operator: Arc<dyn Operator>, shape: &mut ImageShape| {
            if let Ok(plan) = operator.plan(&[*shape]) {
                *shape = plan.output();
                operators.push(operator);
            }
        };
        if nv12 {
            add(Arc::new(Nv12ToRgb::new()), &mut shape);
        }
        for _ in 0..random.within(1, 5) {
            // Conversions of color, thresholds, flips, crops, pads, letterboxes, resizes, numbers.
            let kind = random.pick(&[0, 1, 1, 3, 11, 12, 12, 13, 14, 14, 15, 17]);
            let numbers = (random.within(0, 99_999), random.within(0, 99_999));
            if let Some(operator) = any_operator(shape, kind, numbers.0, numbers.1) {
                add(operator.into(), &mut shape);
            }
        }
        if random.within(0, 1) == 0 {
            let like = CenterCropLike::Torchvision;
            let crop = CenterCrop::new(random.within(1, 60), random.within(1, 60)).unwrap();
            add(Arc::new(crop.like(like)), &mut shape);
        }
        let Ok(chain) = CudaChain::new(&operators, &images[0].chain_image(0)) else {
            continue;
        };
        for (frame, image) in images.iter().enumerate() {
            let Ok(descriptor) = chain.describe(&image.chain_image(frame)) else {
                assert!(frame > 0, "the first image is taken");
                continue;
            };
            let (of, bytes) = pixels(image, chain.template.nv12);
            let channels = of.channels as usize;
            let got = model::output(&chain, &record::<MixedImage>(&descriptor), |x, y| {
                assert!(x < of.width && y < of.height, "({x}, {y}) of {of}");
                let first = (y * of.width + x) as usize * channels;
                let mut pixel = [0; 4];
                pixel[..channels].copy_from_slice(&bytes[first..first + channels]);
                pixel
            });
            let (output, expected) = one_by_one(&operators, image, &DEVICES[0]);
            assert_eq!(output, chain.template.output);
            assert!(got == expected, "case {case}, image {frame}: {operators:?}");
            taken += 1;
            wide[frame] += 1;
        }
    }
    assert!(taken > 400 && wide[2] > 80, "{taken} images, {wide:?}");
}

fn refusal(operators: &[Arc<dyn Operator>], shape: ImageShape) -> String {
    let first = image(shape, &mut Random::new(2));
    MixedChain::new(operators, &first.chain_image(0), DeviceKind::Cuda)
        .err()
        .unwrap_or_default()
}

#[test]
fn what_the_kernel_cannot_compute_is_refused_with_a_reason() {
    let rgb = ImageShape::u8(40, 30, 3);
    let resize = || Arc::new(Resize::new(20, 16).unwrap()) as Arc<dyn Operator>;
    let pad =
        |value: f64| Arc::new(Pad::new(1, 0, 0, 2).value(&[value]).unwrap()) as Arc<dyn Operator>;
    let cases: [(Vec<Arc<dyn Operator>>, &str); 10] = [
        (vec![], "it has 0 operators; a mixed chain has 1 to 16"),
        (
            vec![Arc::new(GaussianBlur::new(5).unwrap()), resize()],
            "gaussian_blur: the kernel of mixed batches does not compute it",
        ),
        (
            vec![pad(1.0), resize()],
            "resize: it interpolates the border of a pad before it",
        ),
        (
            vec![resize(), pad(1.0), pad(2.0)],
            "pad: a pad before it has another color",
        ),
        (
            vec![
                resize(),
                Arc::new(Pad::new(1, 1, 1, 1).mode(PadMode::Reflect101)),
            ],
            "pad: its border repeats or mirrors the image",
        ),
        (
            vec![resize(), resize()],
            "resize: a resize before it interpolates as well, and rounds",
        ),
        (
            vec![Arc::new(Threshold::new(9)), resize()],
            "resize: it interpolates what a threshold before it made",
        ),
        (
            vec![Arc::new(ToFloat::new()), pad(1.0)],
            "pad: it pads what a normalization before it made",
        ),
        (
            vec![Arc::new(Color::new(ColorConversion::RgbToRgba)), resize()],
            "a conversion before the resize makes alpha",
        ),
        (
            vec![Arc::new(
                Resize::new(8, 8)
                    .unwrap()
                    .interpolation(Interpolation::Cubic),
            )],
            "resize: the kernel of mixed batches does not compute it",
        ),
    ];
    for (operators, reason) in cases {
        assert_eq!(refusal(&operators, rgb), reason, "{operators:?}");
    }
    assert_eq!(
        refusal(
            &[resize()],
            ImageShape {
                sample: SampleType::F32,
                ..rgb
            }
        ),
        "it reads 40x30x3 f32; the kernel reads interleaved u8 images of 1, 3 or 4 channels"
    );
    let many: Vec<_> = (0..17)
        .map(|_| Arc::new(Flip::default()) as Arc<dyn Operator>)
        .collect();
    assert_eq!(
        refusal(&many, rgb),
        "it has 17 operators; a mixed chain has 1 to 16"
    );
}

#[test]
fn an_image_that_does_not_fit_is_refused_with_the_numbers() {
    let mut random = Random::new(4);
    let rgb = ImageShape::u8(40, 30, 3);
    let first = image(rgb, &mut random);
    let crop: Arc<dyn Operator> = Arc::new(Crop::new(4, 4, 30, 20).unwrap());
    let text = |operators: &[Arc<dyn Operator>], image: &crate::mixed::ChainImage<'_>| {
        [DeviceKind::Cuda, DeviceKind::Host].map(|device| {
            let chain = MixedChain::new(operators, &first.chain_image(0), device).unwrap();
            chain
                .describe(image)
                .expect_err("it does not fit")
                .to_string()
        })
    };
    let both = |text: &str| [text.to_owned(), text.to_owned()];
    let small = image(ImageShape::u8(33, 30, 3), &mut random);
    assert_eq!(
        text(std::slice::from_ref(&crop), &small.chain_image(1)),
        both(
            "operator 0 of the chain: crop cannot take 33x30x3 u8: it does not hold the columns 4..34 and the rows 4..24"
        )
    );
    let gray = image(ImageShape::u8(40, 30, 1), &mut random);
    assert_eq!(
        text(std::slice::from_ref(&crop), &gray.chain_image(1)),
        both(
            "the chain was made for 40x30x3 u8 with any width and height, got 40x30x1 u8; convert the image, or run it by itself"
        )
    );
    let flip: Arc<dyn Operator> = Arc::new(Flip::default());
    assert_eq!(
        text(&[flip], &small.chain_image(1)),
        both("the chain makes 40x30x3 u8 of the first image, and 33x30x3 u8 of this one")
    );
    let narrow = crate::mixed::ChainImage {
        row_pitch: 119,
        ..first.chain_image(0)
    };
    assert_eq!(
        text(&[crop], &narrow),
        both("the image cannot be read: its row pitch is 119, its rows have 120 bytes")
    );
}

/// An operator that says this of its second image, and the first step of the others.
#[derive(Debug)]
struct Saying(ChainStep, ChainStep);

impl Operator for Saying {
    fn kind(&self) -> &'static str {
        "saying"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Nv12ToRgb::new()
            .plan(inputs)
            .or_else(|_| Flip::new(FlipAxis::Both).plan(inputs))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(if image.index == 1 { self.1 } else { self.0 }))
    }
}

/// What a custom operator says of an image does not lead the kernel out of it.
#[test]
fn steps_that_are_not_those_of_the_image_are_refused() {
    let mut random = Random::new(5);
    let frame = image(ImageShape::u8(20, 30, 1), &mut random);
    let color = image(ImageShape::u8(20, 30, 3), &mut random);
    let resize: Arc<dyn Operator> = Arc::new(Resize::new(20, 20).unwrap());
    let copy = |shape: ImageShape| {
        let step = Flip::new(FlipAxis::Both).chain_step(&ImageContext::first(shape));
        step.unwrap().unwrap()
    };
    let (nv12, bilinear) = (ChainStep::Nv12(20, 20), ChainStep::Bilinear(60_000, 60_000));
    let large = ChainStep::Nv12(60_000, 60_000);
    for (image, first, second) in [
        (&frame, nv12, large),
        (&frame, nv12, copy(frame.shape)),
        (&frame, copy(frame.shape), nv12),
        (&color, copy(color.shape), bilinear),
        (&color, copy(color.shape), large),
    ] {
        let operators: [Arc<dyn Operator>; 2] =
            [Arc::new(Saying(first, second)), Arc::clone(&resize)];
        let chain = CudaChain::new(&operators, &image.chain_image(0)).unwrap();
        let error = chain.describe(&image.chain_image(1)).unwrap_err();
        assert!(
            matches!(error, MixedError::NotMixed(_)),
            "{second:?}: {error}"
        );
    }
    for image in [&frame, &color] {
        let operators: [Arc<dyn Operator>; 2] =
            [Arc::new(Saying(large, large)), Arc::clone(&resize)];
        let error = CudaChain::new(&operators, &image.chain_image(0)).unwrap_err();
        assert!(
            error.ends_with("its step is for an image of another size"),
            "{error}"
        );
    }
}

proptest! {
    /// Descriptors of any sizes name positions inside the image alone.
    #[test]
    fn positions_are_inside(
        sides in (1u32..=65_536, 1u32..=65_536),
        part in (0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0, 0.0f64..1.0),
        target in (1u32..400, 1u32..400),
        flips in (0usize..3, 0usize..3),
    ) {
        let (x, y) = ((f64::from(sides.0) * part.0) as u32, (f64::from(sides.1) * part.1) as u32);
        let of = |rest: u32, share: f64| (f64::from(rest) * share) as u32;
        let (width, height) = (of(sides.0 - x, part.2).max(1), of(sides.1 - y, part.3).max(1));
        let operators: [Arc<dyn Operator>; 4] = [
            Arc::new(Crop::new(x, y, width, height).unwrap()),
            Arc::new(Flip::new(FlipAxis::ALL[flips.0])),
            Arc::new(Letterbox::new(target.0, target.1).unwrap()),
            Arc::new(Flip::new(FlipAxis::ALL[flips.1])),
        ];
        let image = crate::mixed::ChainImage {
            shape: ImageShape::u8(sides.0, sides.1, 3),
            base: Address::new(4096),
            row_pitch: 3 * sides.0 as usize,
            index: 0,
            epoch: 0,
            frame: 0,
            values: &[],
        };
        let chain = CudaChain::new(&operators, &image).map_err(TestCaseError::fail)?;
        let record: MixedImage = record(&chain.describe(&image).unwrap());
        let inside = |first: u32, length: u32, index: i32| {
            (first..first + length).contains(&(index as u32))
        };
        for at in 0..target.0 {
            if let Some(tap) = model::column(&record.columns, at) {
                prop_assert!(inside(x, width, tap.index0) && inside(x, width, tap.index1), "{tap:?}");
            }
        }
        for at in 0..target.1 {
            if let Some(tap) = model::line(&record.lines, at) {
                prop_assert!(inside(y, height, tap.index0) && inside(y, height, tap.index1), "{tap:?}");
            }
        }
    }
}

/// A custom operator whose step for any image, or for any but those of one size, is that of `other` for an image of another shape.
#[derive(Debug)]
struct WrongStep {
    other: Arc<dyn Operator>,
    shape: ImageShape,
    /// The shape for which the step is the right one.
    right: Option<ImageShape>,
}

impl Operator for WrongStep {
    fn kind(&self) -> &'static str {
        "wrong_step"
    }

    fn plan(&self, _: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        self.other.plan(&[self.shape])
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        match self.right == Some(image.shape) {
            true => self.other.chain_step(image),
            false => self.other.chain_step(&ImageContext::first(self.shape)),
        }
    }
}

/// A custom operator whose step is a resize to no possible size.
#[derive(Debug)]
struct Impossible(u32, u32);

impl Operator for Impossible {
    fn kind(&self) -> &'static str {
        "impossible"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Resize::new(1, 1)?.plan(inputs)
    }

    fn chain_step(&self, _: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Bilinear(self.0, self.1)))
    }
}

/// The kernel would read outside of the image.
#[test]
fn steps_of_custom_operators_that_are_not_for_the_image_are_refused() {
    let mut random = Random::new(5);
    let crop = ResizedCrop::new(CropBox::new(500, 500, 100, 100), 20, 20).unwrap();
    let color = image(ImageShape::u8(64, 48, 3), &mut random);
    let frame = image(ImageShape::u8(64, 48, 1), &mut random);
    let refused = |operator: Arc<dyn Operator>, image: &Image| {
        CudaChain::new(&[operator], &image.chain_image(0)).unwrap_err()
    };
    let wrong = |other: Arc<dyn Operator>, shape: ImageShape, right| WrongStep {
        other,
        shape,
        right,
    };
    let large = ImageShape::u8(1000, 1000, 3);
    let of_another = "wrong_step: its step is for an image of another size";
    let crop: Arc<dyn Operator> = Arc::new(crop);
    assert_eq!(
        refused(Arc::new(wrong(crop, large, None)), &color),
        of_another
    );
    let nv12: Arc<dyn Operator> = Arc::new(Nv12ToRgb::new());
    for shape in [ImageShape::u8(640, 480, 1), ImageShape::u8(32, 48, 1)] {
        let operator = wrong(Arc::clone(&nv12), shape, None);
        assert_eq!(refused(Arc::new(operator), &frame), of_another);
    }
    for (width, height) in [(0, 5), (5, 0), (65_537, 5), (5, u32::MAX)] {
        let reason = refused(Arc::new(Impossible(width, height)), &color);
        assert!(reason.contains("sides are 1 to 65536"), "{reason}");
    }
    // The first frame gets the right step, and the second one that of a larger frame.
    let operator = wrong(nv12, ImageShape::u8(64, 96, 1), Some(frame.shape));
    let chain = CudaChain::new(&[Arc::new(operator)], &frame.chain_image(0)).unwrap();
    let other = image(ImageShape::u8(64, 60, 1), &mut random);
    let error = chain.describe(&other.chain_image(1)).unwrap_err();
    assert_eq!(error.to_string(), of_another);
}
