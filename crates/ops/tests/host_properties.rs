//! The host executors against the plain reference: random operators, shapes, places in memory, batches and workers.
#![expect(unsafe_code, reason = "runs launches")]

#[path = "host/harness.rs"]
mod harness;
#[path = "host/setting.rs"]
mod setting;

use harness::{DEVICES, Place};
use pixelflume_device::Address;
use pixelflume_ops::reference::{self, Image};
use pixelflume_ops::{
    AbsDiff, Binding, Blend, Color, ColorConversion, GaussianBlur, ImageBatch, ImageShape,
    Interpolation, Layout, Operator, Resize, Sobel, SobelOutput,
};
use proptest::prelude::*;
use setting::{Setting, channels, equal, place, setting};

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

/// Checks an operator with two inputs, the second in a place of its own.
fn check_pair(
    setting: &Setting,
    operator: &dyn Operator,
    channels: usize,
    place: Place,
    expected: impl Fn(&Image<u8>, &Image<u8>) -> Image<u8>,
) {
    let a = setting.images(channels);
    let other = Setting {
        seed: !setting.seed,
        ..setting.clone()
    };
    let b = other.images(channels);
    let device = &DEVICES[setting.device];
    let inputs = [(&a[..], setting.from), (&b[..], place)];
    let (shape, outputs) = harness::run(device, operator, &inputs, setting.to);
    let expected: Vec<_> = a.iter().zip(&b).map(|(a, b)| expected(a, b).data).collect();
    equal(operator, shape, &outputs, &expected);
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
        check_pair(&setting, &AbsDiff::new(), channels, other, reference::abs_diff);
    }

    #[test]
    fn blend_equals_reference(
        setting in setting(),
        channels in 1..=5usize,
        other in place(),
        alpha in prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0f64],
    ) {
        let blend = Blend::new(alpha).expect("a possible alpha");
        check_pair(&setting, &blend, channels, other, |a, b| reference::blend(a, b, alpha));
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

/// Operators on single samples take planes, too.
#[test]
fn planes_are_samples() {
    let shape = ImageShape {
        layout: Layout::Planar,
        ..ImageShape::u8(5, 2, 3)
    };
    let (a, b) = ([200u8; 100], [55u8; 100]);
    let mut target = [7u8; 100];
    let batch = |first: *const u8| ImageBatch {
        row_pitch: 8,
        batch_stride: 49,
        ..ImageBatch::tight(shape, 2, Address::from_ptr(first))
    };
    let plan = AbsDiff::new().plan(&[shape, shape]).expect("equal shapes");
    let code = plan.clone().code(&DEVICES[1]).expect("host code");
    let binding = Binding {
        inputs: &[batch(a.as_ptr()), batch(b.as_ptr())],
        output: batch(target.as_mut_ptr()),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    let stream = DEVICES[1].stream().expect("a host stream");
    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
    unsafe { stream.enqueue(&launches[0], None) }.expect("a host launch");
    stream.synchronize().expect("the launch works");
    for (place, &sample) in target.iter().enumerate() {
        let in_row = place < 98 && place % 49 < 48 && place % 49 % 8 < 5;
        assert_eq!(sample, if in_row { 145 } else { 7 }, "byte {place}");
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
