//! The host executors against the references: random operators, shapes, memory layouts, batches and workers.
#![expect(unsafe_code, reason = "runs launches")]

#[path = "host/harness.rs"]
mod harness;
#[path = "host/setting.rs"]
mod setting;

use harness::{DEVICES, Place};
use pixelflume_device::Address;
use pixelflume_ops::reference::{self, Image};
use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::{OperatorSpec, Samples, Value};
use pixelflume_ops::testing::Random;
use pixelflume_ops::{
    AbsDiff, Binding, Color, ColorConversion, ImageBatch, ImageShape, Layout, Letterbox,
    NormalizeLike, Operator, Resize,
};
use proptest::prelude::*;
use setting::{Setting, channels, equal, place, setting};

/// The most samples that the reference visits in one case: a debug build then takes seconds.
const MOST_VISITS: usize = 4_000_000;

/// A setting small enough for a reference that visits whole windows of `size` x `size` samples.
fn small(setting: &Setting, size: usize) -> Setting {
    let visits = setting.width * setting.height * setting.batch * size * size;
    let batch = setting.batch.min(2);
    let side = (2 * MOST_VISITS / (size * size * batch)).isqrt().max(1);
    match visits > MOST_VISITS {
        true => Setting {
            width: setting.width.min(side),
            height: setting.height.min(side),
            batch,
            ..setting.clone()
        },
        false => setting.clone(),
    }
}

/// Runs a random operator of this kind, and compares with its reference.
fn check(spec: &'static OperatorSpec, setting: &Setting, seed: u64, others: [Place; 2]) {
    let mut random = Random::new(seed);
    let channels = random.pick(&[1, 3, 4]);
    let mut shape = ImageShape::u8(setting.width as u32, setting.height as u32, channels);
    let operator = (spec.testing.sample)(&mut random, &mut shape).expect("a possible operator");
    let values = registry::values_of(&*operator).expect("a built-in operator");
    let size = values.iter().find_map(|(parameter, value)| match *value {
        Value::Integer(size) if ["size", "aperture"].contains(&parameter.name) => {
            Some(size as usize)
        }
        _ => None,
    });
    let setting = match size {
        // Windows are drawn for any shape.
        Some(size) => small(setting, size),
        None => Setting {
            width: shape.width as usize,
            height: shape.height as usize,
            ..setting.clone()
        },
    };
    let (width, height) = (setting.width as u32, setting.height as u32);
    let mut shape = ImageShape {
        width,
        height,
        ..shape
    };
    // Operators to which channels do not matter take any number of them.
    let other = ImageShape {
        channels: random.within(2, 7),
        ..shape
    };
    if random.within(0, 1) == 0 && operator.plan(&vec![other; spec.inputs]).is_ok() {
        shape = other;
    }
    let images: Vec<Vec<Samples>> = (0..spec.inputs as u64)
        .map(|input| {
            let seed = setting.seed ^ input.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            Setting {
                seed,
                ..setting.clone()
            }
            .images(shape)
        })
        .collect();
    let places = [setting.from].into_iter().chain(others);
    let inputs: Vec<_> = images
        .iter()
        .map(|images| &images[..])
        .zip(places)
        .collect();
    let device = &DEVICES[setting.device];
    let (output, got) = harness::run(device, &*operator, &inputs, setting.to);
    let expected: Vec<_> = (0..setting.batch)
        .map(|frame| {
            let frame: Vec<_> = images.iter().map(|images| images[frame].clone()).collect();
            let samples = (spec.testing.reference)(&values, &frame);
            assert_eq!(samples.shape, output, "{operator:?} on {shape}");
            samples.bytes
        })
        .collect();
    equal(&*operator, output, &got, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn operators_equal_their_references(
        setting in setting(),
        seed: u64,
        second in place(),
        third in place(),
    ) {
        for spec in OPERATORS {
            check(spec, &setting, seed, [second, third]);
        }
    }

    /// A resize to exactly half, which has a path of its own and which random sizes rarely are.
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

fn color(conversion: ColorConversion, image: &Image<u8>) -> Vec<u8> {
    let spec = registry::find("color").expect("the conversions");
    let values = spec.values([("conversion", conversion.into())]);
    let values = values.expect("a conversion");
    (spec.testing.reference)(&values, &[image.clone().into()]).bytes
}

/// Elementwise operators take planar images as well.
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

/// Every color through every conversion that reads three or four channels.
#[test]
fn all_colors() {
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
        let images = [image.clone().into()];
        let place = Place::default();
        let (_, outputs) = harness::run(
            &DEVICES[1],
            &Color::new(conversion),
            &[(&images, place)],
            place,
        );
        assert!(
            outputs[0] == color(conversion, image),
            "{conversion} differs"
        );
    }
}

/// The formula in f64, to within the rounding of f32.
#[test]
fn normalize_is_what_it_says() {
    let image = Image::new(256, 1, 1, (0..=255).collect());
    for (mean, std) in [(0.485, 0.229), (0.0, 1.0), (-1.0, 0.5)] {
        for like in NormalizeLike::ALL {
            let normalized = reference::normalize(&image, &[mean], &[std], 1.0 / 255.0, like);
            for (sample, &got) in normalized.data.iter().enumerate() {
                let exact = (sample as f64 / 255.0 - mean) / std;
                let error = (f64::from(got) - exact).abs();
                assert!(error < 1e-6, "{like}, {sample}: {got}, not {exact}");
            }
        }
    }
}

#[test]
fn letterbox_keeps_proportions_and_centers() {
    let letterbox = Letterbox::new(640, 640).expect("a possible size");
    let place = |letterbox: Letterbox, width, height| {
        let place = letterbox.place(width, height);
        (
            [place.left, place.top, place.width, place.height],
            [place.output_width, place.output_height],
        )
    };
    let whole = [640, 640];
    assert_eq!(place(letterbox, 1920, 1080), ([0, 140, 640, 360], whole));
    assert_eq!(place(letterbox, 1080, 1920), ([140, 0, 360, 640], whole));
    assert_eq!(place(letterbox, 640, 640), ([0, 0, 640, 640], whole));
    assert_eq!(place(letterbox, 65_536, 1), ([0, 319, 640, 1], whole));
    assert_eq!(place(letterbox, 641, 640), ([0, 0, 640, 639], whole));
    let corner = letterbox.center(false);
    assert_eq!(place(corner, 1920, 1080), ([0, 0, 640, 360], whole));
    let small = letterbox.scaleup(false);
    assert_eq!(place(small, 101, 60), ([269, 290, 101, 60], whole));
    // 280 rows are missing, of which 24 lead to the next multiple of 32.
    let auto = letterbox.auto(true);
    assert_eq!(place(auto, 1920, 1080), ([0, 12, 640, 360], [640, 384]));
    let auto = auto.center(false).stride(100).expect("a possible stride");
    assert_eq!(place(auto, 1920, 1080), ([0, 0, 640, 360], [640, 440]));
    let plan = |operator: &dyn Operator| {
        let shape = ImageShape::u8(65_536, 1, 3);
        operator.plan(&[shape]).expect("a possible shape").output()
    };
    assert_eq!(
        (plan(&letterbox).width, plan(&letterbox).height),
        (640, 640)
    );
}
