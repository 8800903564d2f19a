//! The host executors against the plain reference: random operators, shapes, places in memory, batches and workers.

#[path = "host/harness.rs"]
mod harness;

use harness::{DEVICES, Place};
use pixelflume_ops::reference::{self, Image};
use pixelflume_ops::{
    AbsDiff, Blend, Color, ColorConversion, GaussianBlur, ImageShape, Interpolation, Operator,
    Resize, Sobel, SobelOutput,
};
use proptest::prelude::*;

/// Bytes of splitmix64.
fn noise(width: usize, height: usize, channels: usize, seed: u64) -> Image<u8> {
    let mut state = seed;
    Image::from_fn(width, height, channels, |_, _, _| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z >> 56) as u8
    })
}

fn color(conversion: ColorConversion, image: &Image<u8>) -> Image<u8> {
    match conversion {
        ColorConversion::RgbToGray => reference::rgb_to_gray(image),
        ColorConversion::BgrToGray => reference::bgr_to_gray(image),
        ColorConversion::RgbaToGray => reference::rgba_to_gray(image),
        ColorConversion::RgbToBgr => reference::rgb_to_bgr(image),
        ColorConversion::BgrToRgb => reference::bgr_to_rgb(image),
        ColorConversion::RgbaToRgb => reference::rgba_to_rgb(image),
        ColorConversion::RgbToRgba => reference::rgb_to_rgba(image),
        ColorConversion::GrayToRgb => reference::gray_to_rgb(image),
        _ => panic!("a conversion without a reference: {conversion}"),
    }
}

fn sobel(output: SobelOutput, image: &Image<u8>) -> Vec<u8> {
    let bytes = |image: Image<i16>| image.data.iter().flat_map(|s| s.to_ne_bytes()).collect();
    match output {
        SobelOutput::Magnitude => reference::sobel_magnitude(image).data,
        SobelOutput::Dx => bytes(reference::sobel_dx(image)),
        SobelOutput::Dy => bytes(reference::sobel_dy(image)),
        _ => panic!("an output without a reference: {output}"),
    }
}

/// A batch of images without their channels, and how to run it.
#[derive(Clone, Debug)]
struct Setting {
    width: usize,
    height: usize,
    batch: usize,
    seed: u64,
    from: Place,
    to: Place,
    device: usize,
}

impl Setting {
    fn images(&self, channels: usize) -> Vec<Image<u8>> {
        let image = |i| noise(self.width, self.height, channels, self.seed.wrapping_add(i));
        (0..self.batch as u64).map(image).collect()
    }

    fn check(
        &self,
        operator: &dyn Operator,
        channels: usize,
        expected: impl Fn(&Image<u8>) -> Vec<u8>,
    ) {
        let images = self.images(channels);
        let device = &DEVICES[self.device];
        let (shape, outputs) = harness::run(device, operator, &[(&images, self.from)], self.to);
        let expected: Vec<_> = images.iter().map(expected).collect();
        equal(operator, shape, &outputs, &expected);
    }

    /// The same for an operator with two inputs, the second in a place of its own.
    fn check_pair(
        &self,
        operator: &dyn Operator,
        channels: usize,
        place: Place,
        expected: impl Fn(&Image<u8>, &Image<u8>) -> Image<u8>,
    ) {
        let a = self.images(channels);
        let other = Setting {
            seed: !self.seed,
            ..self.clone()
        };
        let b = other.images(channels);
        let device = &DEVICES[self.device];
        let inputs = [(&a[..], self.from), (&b[..], place)];
        let (shape, outputs) = harness::run(device, operator, &inputs, self.to);
        let expected: Vec<_> = a.iter().zip(&b).map(|(a, b)| expected(a, b).data).collect();
        equal(operator, shape, &outputs, &expected);
    }
}

fn equal(operator: &dyn Operator, shape: ImageShape, outputs: &[Vec<u8>], expected: &[Vec<u8>]) {
    assert_eq!(outputs.len(), expected.len());
    for (frame, (output, expected)) in outputs.iter().zip(expected).enumerate() {
        assert_eq!(output.len(), expected.len());
        if let Some(first) = (0..output.len()).find(|&i| output[i] != expected[i]) {
            panic!(
                "{operator:?} on frame {frame}: byte {first} of {shape} is {}, not {}",
                output[first], expected[first]
            );
        }
    }
}

fn place() -> impl Strategy<Value = Place> {
    (0..4usize, 0..=17usize, 0..40usize).prop_map(|(offset, padding, gap)| Place {
        offset,
        padding,
        gap,
    })
}

/// Mostly small images, and at times ones so wide or so high that they are cut into strips.
fn sides() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![
        6 => (1..=70usize, 1..=70usize),
        2 => (1..=4usize, 1..=4usize),
        1 => (300..=1500usize, 20..=90usize),
        1 => (1..=40usize, 100..=400usize),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    (
        sides(),
        1..=5usize,
        any::<u64>(),
        place(),
        place(),
        0..3usize,
    )
        .prop_map(|((width, height), batch, seed, from, to, device)| Setting {
            width,
            height,
            batch: if width * height > 10_000 {
                batch.min(2)
            } else {
                batch
            },
            seed,
            from,
            to,
            device,
        })
}

fn channels() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), Just(3), Just(4)]
}

/// Any size of output, and often the ones that have rules of their own.
fn target(source: usize) -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1..=90usize,
        1 => Just(source),
        1 => Just(source.div_ceil(2)),
        1 => Just((2 * source).min(700)),
        1 => 300..=900usize,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn color_equals_reference(setting in setting(), index in 0..ColorConversion::ALL.len()) {
        let conversion = ColorConversion::ALL[index];
        let channels = conversion.source_channels() as usize;
        setting.check(&Color::new(conversion), channels, |image| color(conversion, image).data);
    }

    #[test]
    fn sobel_equals_reference(setting in setting(), channels in channels(), index in 0..3usize) {
        let output = SobelOutput::ALL[index];
        setting.check(&Sobel::new(output), channels, |image| sobel(output, image));
    }

    #[test]
    fn gaussian_blur_equals_reference(
        setting in setting(),
        channels in channels(),
        radius in 1..=15usize,
        sigma in proptest::option::of(0.05..20.0f64),
    ) {
        let size = 2 * radius + 1;
        let blur = GaussianBlur::new(size as u32).expect("an odd size");
        let blur = match sigma {
            Some(sigma) => blur.sigma(sigma).expect("a positive sigma"),
            None => blur,
        };
        setting.check(&blur, channels, |image| reference::gaussian_blur(image, size, sigma).data);
    }

    #[test]
    fn abs_diff_equals_reference(setting in setting(), channels in 1..=5usize, other in place()) {
        setting.check_pair(&AbsDiff::new(), channels, other, reference::abs_diff);
    }

    #[test]
    fn blend_equals_reference(
        setting in setting(),
        channels in 1..=5usize,
        other in place(),
        alpha in prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0f64],
    ) {
        let blend = Blend::new(alpha).expect("a possible alpha");
        setting.check_pair(&blend, channels, other, |a, b| reference::blend(a, b, alpha));
    }

    #[test]
    fn resize_equals_reference(
        (setting, width, height) in setting().prop_flat_map(|setting| {
            let (width, height) = (target(setting.width), target(setting.height));
            (Just(setting), width, height)
        }),
        channels in channels(),
        nearest in any::<bool>(),
    ) {
        let resize = Resize::new(width as u32, height as u32).expect("a possible size");
        if nearest {
            let resize = resize.interpolation(Interpolation::Nearest);
            setting.check(&resize, channels, |image| {
                reference::resize_nearest(image, width, height).data
            });
        } else {
            setting.check(&resize, channels, |image| {
                reference::resize_bilinear(image, width, height).data
            });
        }
    }

    /// The special path of exactly half, which random sizes meet too seldom.
    #[test]
    fn half_equals_reference(setting in setting(), channels in channels()) {
        let (width, height) = (setting.width, setting.height);
        let setting = Setting { width: 2 * width, height: 2 * height, batch: 1, ..setting };
        let resize = Resize::new(width as u32, height as u32).expect("a possible size");
        setting.check(&resize, channels, |image| {
            reference::resize_bilinear(image, width, height).data
        });
    }
}

/// Every colour through every conversion that reads three or four channels.
#[test]
fn all_colours() {
    let three = Image::new(
        4096,
        4096,
        3,
        (0..1u32 << 24)
            .flat_map(|n| [(n >> 16) as u8, (n >> 8) as u8, n as u8])
            .collect(),
    );
    let four = Image::new(
        4096,
        4096,
        4,
        (0..1u32 << 24)
            .flat_map(|n| (n ^ (n.wrapping_mul(0x9e37_79b9) << 24)).to_be_bytes())
            .collect(),
    );
    for conversion in ColorConversion::ALL {
        let image = match conversion.source_channels() {
            3 => &three,
            4 => &four,
            _ => continue,
        };
        let images = std::slice::from_ref(image);
        let place = Place::default();
        let (_, outputs) = harness::run(
            &DEVICES[1],
            &Color::new(conversion),
            &[(images, place)],
            place,
        );
        assert!(
            outputs[0] == color(conversion, image).data,
            "{conversion} differs"
        );
    }
}
