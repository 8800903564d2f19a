//! The executors of the operators that move pixels, look at neighbourhoods or make floating point, against the plain
//! reference: random shapes, places in memory, batches and workers.

#[path = "host/harness.rs"]
mod harness;
#[path = "host/setting.rs"]
mod setting;

use half::f16;
use pixelflume_ops::reference::{self, Border, Image};
use pixelflume_ops::{
    BoxBlur, CenterCrop, Crop, Dilate, Erode, Flip, FlipAxis, Laplacian, LaplacianOutput, Layout,
    Letterbox, MedianBlur, Normalize, Nv12ToRgb, Operator, Pad, PadMode, SampleType, Threshold,
    WarpAffine,
};
use proptest::prelude::*;
use setting::{Setting, channels, setting};

fn bytes_of_i16(image: &Image<i16>) -> Vec<u8> {
    image.data.iter().flat_map(|s| s.to_ne_bytes()).collect()
}

/// A part of `0..len`: its beginning and its length, at least 1.
fn part(len: usize, a: u16, b: u16) -> (usize, usize) {
    let first = usize::from(a) % len;
    (first, 1 + usize::from(b) % (len - first))
}

/// A setting small enough for a reference that visits whole windows.
fn small(setting: Setting) -> Setting {
    Setting {
        width: setting.width.min(80),
        height: setting.height.min(60),
        ..setting
    }
}

/// Matrices that turn and scale, that move whole and half pixels, that are singular, and huge ones.
fn matrix() -> impl Strategy<Value = [f64; 6]> {
    let shift = || -150.0..150.0f64;
    prop_oneof![
        6 => (-4.0..4.0f64, 0.2..4.0f64, shift(), shift()).prop_map(|(angle, scale, x, y)| {
            let (sin, cos) = angle.sin_cos();
            [scale * cos, -scale * sin, x, scale * sin, scale * cos, y]
        }),
        2 => prop::array::uniform6(-4..=4i32).prop_map(|halves| halves.map(|half| f64::from(half) / 2.0)),
        1 => prop::array::uniform6(-1e12..1e12f64),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn threshold_equals_reference(
        setting in setting(), channels in 1..=5usize, threshold: u8, maximum: u8,
    ) {
        let operator = Threshold::new(threshold).with_maximum(maximum);
        setting.check(&operator, channels, |image| {
            reference::threshold(image, threshold, maximum).data
        });
    }

    #[test]
    fn flip_equals_reference(setting in setting(), channels in channels(), index in 0..3usize) {
        let (along_x, along_y) = [(true, false), (false, true), (true, true)][index];
        setting.check(&Flip::new(FlipAxis::ALL[index]), channels, |image| {
            reference::flip(image, along_x, along_y).data
        });
    }

    #[test]
    fn crop_equals_reference(
        setting in setting(), channels in channels(), a: u16, b: u16, c: u16, d: u16,
    ) {
        let ((x, width), (y, height)) = (part(setting.width, a, b), part(setting.height, c, d));
        let crop = Crop::new(x as u32, y as u32, width as u32, height as u32);
        setting.check(&crop.expect("a possible part"), channels, |image| {
            reference::crop(image, x, y, width, height).data
        });
        let centre = CenterCrop::new(width as u32, height as u32).expect("a possible size");
        setting.check(&centre, channels, |image| {
            reference::center_crop(image, width, height).data
        });
    }

    #[test]
    fn pad_equals_reference(
        setting in setting(),
        channels in channels(),
        sides in prop::array::uniform4(prop_oneof![Just(0usize), 0..=90usize]),
        index in 0..3usize,
        value: [u8; 4],
    ) {
        let [left, top, right, bottom] = sides.map(|side| side as u32);
        let pad = Pad::new(left, top, right, bottom).mode(PadMode::ALL[index]).value(value);
        let border = [Border::Constant(value), Border::Replicate, Border::Reflect101][index];
        setting.check(&pad, channels, |image| reference::pad(image, sides, border).data);
    }

    #[test]
    fn letterbox_equals_reference(
        setting in setting(),
        channels in channels(),
        width in 1..=200usize,
        height in 1..=200usize,
        value: [u8; 4],
    ) {
        let letterbox = Letterbox::new(width as u32, height as u32).expect("a possible size");
        setting.check(&letterbox.value(value), channels, |image| {
            reference::letterbox(image, width, height, value).data
        });
    }

    #[test]
    fn warp_affine_equals_reference(
        setting in setting(),
        channels in channels(),
        width in 1..=200usize,
        height in 1..=120usize,
        matrix in matrix(),
        inverse: bool,
        value: [u8; 4],
    ) {
        let map = if inverse { Some(matrix) } else { reference::invert_affine(matrix) };
        let warp = WarpAffine::with_direction(matrix, inverse, width as u32, height as u32);
        prop_assert_eq!(warp.is_ok(), map.is_some(), "{:?}", warp);
        if let (Ok(warp), Some(map)) = (warp, map) {
            setting.check(&warp.value(value), channels, |image| {
                reference::warp_affine(image, map, width, height, value).data
            });
        }
    }

    #[test]
    fn windows_equal_reference(setting in setting(), channels in channels(), radius in 1..=15usize) {
        let setting = small(setting);
        let size = 2 * radius + 1;
        let blur = BoxBlur::new(size as u32).expect("an odd size");
        setting.check(&blur, channels, |image| reference::box_blur(image, size).data);
        let erode = Erode::new(size as u32).expect("an odd size");
        setting.check(&erode, channels, |image| reference::erode(image, size).data);
        let dilate = Dilate::new(size as u32).expect("an odd size");
        setting.check(&dilate, channels, |image| reference::dilate(image, size).data);
    }

    #[test]
    fn neighbourhoods_equal_reference(setting in setting(), channels in channels()) {
        let setting = small(setting);
        for size in [3, 5] {
            let median = MedianBlur::new(size as u32).expect("3 or 5");
            setting.check(&median, channels, |image| reference::median_blur(image, size).data);
        }
        setting.check(&Laplacian::new(LaplacianOutput::Signed), channels, |image| {
            bytes_of_i16(&reference::laplacian(image))
        });
        setting.check(&Laplacian::new(LaplacianOutput::Clamped), channels, |image| {
            reference::laplacian_clamped(image).data
        });
    }

    #[test]
    fn nv12_equals_reference(setting in setting()) {
        let setting = Setting {
            width: setting.width.next_multiple_of(2),
            height: setting.height.next_multiple_of(3),
            ..setting
        };
        setting.check(&Nv12ToRgb::new(), 1, |image| reference::nv12_to_rgb(image).data);
    }

    #[test]
    fn normalize_equals_reference(
        setting in setting(),
        channels in channels(),
        mean in prop::array::uniform4(-2.0..2.0f64),
        std in prop::array::uniform4(0.01..2.0f64),
        scale in prop_oneof![Just(1.0 / 255.0), Just(1.0), -2.0..2.0f64],
        half: bool,
        planar: bool,
    ) {
        let (mean, std) = (&mean[..channels], &std[..channels]);
        let layout = if planar { Layout::Planar } else { Layout::Interleaved };
        let sample = if half { SampleType::F16 } else { SampleType::F32 };
        let operator = Normalize::new(mean, std)
            .and_then(|normalize| normalize.scale(scale))
            .and_then(|normalize| normalize.sample(sample))
            .expect("possible numbers")
            .layout(layout);
        setting.check(&operator, channels, |image| {
            let expected = reference::normalize(image, mean, std, scale);
            let order: Vec<f32> = match layout {
                Layout::Interleaved => expected.data,
                Layout::Planar => (0..channels)
                    .flat_map(|c| expected.data.iter().copied().skip(c).step_by(channels))
                    .collect(),
            };
            let bytes = |value: f32| match half {
                true => f16::from_f32(value).to_ne_bytes().to_vec(),
                false => value.to_ne_bytes().to_vec(),
            };
            order.into_iter().flat_map(bytes).collect()
        });
    }
}

/// The formula as users know it, to within the rounding of f32.
#[test]
fn normalize_is_what_it_says() {
    let image = Image::new(256, 1, 1, (0..=255).collect());
    for (mean, std) in [(0.485, 0.229), (0.0, 1.0), (-1.0, 0.5)] {
        let normalized = reference::normalize(&image, &[mean], &[std], 1.0 / 255.0);
        for (sample, &got) in normalized.data.iter().enumerate() {
            let exact = (sample as f64 / 255.0 - mean) / std;
            let error = (f64::from(got) - exact).abs();
            assert!(error < 1e-6, "{sample}: {got}, not {exact}");
        }
    }
}

#[test]
fn letterbox_keeps_proportions_and_centres() {
    let letterbox = Letterbox::new(640, 640).expect("a possible size");
    assert_eq!(letterbox.place(1920, 1080), [0, 140, 640, 360]);
    assert_eq!(letterbox.place(1080, 1920), [140, 0, 360, 640]);
    assert_eq!(letterbox.place(640, 640), [0, 0, 640, 640]);
    assert_eq!(letterbox.place(65_536, 1), [0, 319, 640, 1]);
    assert_eq!(letterbox.place(641, 640), [0, 0, 640, 639]);
    let plan = |operator: &dyn Operator| {
        let shape = pixelflume_ops::ImageShape::u8(65_536, 1, 3);
        operator.plan(&[shape]).expect("a possible shape").output()
    };
    assert_eq!(
        (plan(&letterbox).width, plan(&letterbox).height),
        (640, 640)
    );
}
