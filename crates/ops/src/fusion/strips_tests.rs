//! A chain in strips must write what its operators write one after the other.
#![expect(unsafe_code, reason = "runs launches")]

use super::*;
use crate::fusion::{Refusal, fuse};
use crate::*;
use pixelflume_device::{Address, DeviceKind, HostConfig};
use proptest::prelude::*;
use std::sync::LazyLock;

static DEVICES: LazyLock<[Device; 2]> = LazyLock::new(|| {
    [1, 3].map(|threads| Device::host_with(HostConfig::default().with_threads(threads)))
});

/// An operator that takes images of this shape, chosen by numbers; `None` for floating-point images, which end the chain.
pub(crate) fn operator(shape: ImageShape, kind: u32, a: u32, b: u32) -> Option<Box<dyn Operator>> {
    let side = |number: u32| 1 + number % 90;
    let odd = |number: u32, most: u32| 3 + 2 * (number % most);
    let gray = shape.channels == 1;
    if shape.sample != SampleType::U8 {
        return None;
    }
    Some(match kind % 19 {
        0 => {
            let fits = ColorConversion::ALL.into_iter();
            let mut fits = fits.filter(|c| c.source_channels() == shape.channels);
            let count = fits.clone().count();
            Box::new(Color::new(fits.nth(a as usize % count).unwrap()))
        }
        1 => Box::new(Resize::new(side(a), side(b)).unwrap()),
        2 => {
            let interpolation = Interpolation::ALL[(a / 90) as usize % Interpolation::ALL.len()];
            let resize = Resize::new(side(a), side(b)).unwrap();
            Box::new(resize.interpolation(interpolation))
        }
        3 if shape.width > 1 && shape.height > 1 => {
            Box::new(Resize::new(shape.width / 2, shape.height / 2).unwrap())
        }
        4 => Box::new(GaussianBlur::new(odd(a, 15)).unwrap()),
        5 => Box::new(Sobel::new(SobelOutput::ALL[a as usize % 3])),
        6 => Box::new(Laplacian::new(LaplacianOutput::ALL[a as usize % 2])),
        7 => Box::new(BoxBlur::new(odd(a, 15)).unwrap()),
        8 => Box::new(Erode::new(odd(a, 5)).unwrap()),
        9 => Box::new(Dilate::new(odd(a, 5)).unwrap()),
        10 => Box::new(MedianBlur::new(odd(a, 2)).unwrap()),
        11 => Box::new(Threshold::new(a as u8).with_maximum(b as u8)),
        12 => Box::new(Flip::new(
            [FlipAxis::Horizontal, FlipAxis::Vertical, FlipAxis::Both][a as usize % 3],
        )),
        13 => {
            let crop = CenterCrop::new(1 + a % shape.width, 1 + b % shape.height).unwrap();
            Box::new(crop.like(CenterCropLike::ALL[a as usize % 4]))
        }
        14 => {
            let mode = PadMode::ALL[a as usize % PadMode::ALL.len()];
            Box::new(
                Pad::new(a % 9, b % 9, b % 40, a % 7)
                    .mode(mode)
                    .value(&[f64::from(a as u8)])
                    .unwrap(),
            )
        }
        15 => Box::new(Letterbox::new(side(a), side(b)).unwrap()),
        16 if gray && shape.width.is_multiple_of(2) && shape.height.is_multiple_of(3) => {
            Box::new(Nv12ToRgb::new())
        }
        17 | 18 => {
            let sample = crate::float_table::FloatOutput::SAMPLES[a as usize % 3];
            let layout = [Layout::Interleaved, Layout::Planar][b as usize % 2];
            let normalize = Normalize::new(&[0.4], &[0.2]).unwrap();
            Box::new(normalize.sample(sample).unwrap().layout(layout))
        }
        _ => Box::new(Sobel::magnitude()),
    })
}

/// Runs a plan over `images`, with `padding` samples behind each row of input and output. Returns the rows of the outputs.
fn run(
    plan: Arc<dyn Plan>,
    device: &Device,
    input: ImageShape,
    images: &[u8],
    padding: usize,
) -> Vec<u8> {
    let output = plan.output();
    let batch = images.len() / input.bytes();
    let place = |shape: ImageShape, memory: &mut Vec<u64>| {
        let row_pitch = shape.row_bytes() + padding * shape.sample.bytes();
        let batch_stride = row_pitch * shape.rows();
        *memory = vec![0x5a5a_5a5a_5a5a_5a5a; (batch * batch_stride).div_ceil(8)];
        ImageBatch {
            shape,
            batch: batch as u32,
            base: Address::from_ptr(memory.as_mut_ptr()),
            row_pitch,
            batch_stride,
        }
    };
    let (mut source, mut target) = (Vec::new(), Vec::new());
    let (src, dst) = (place(input, &mut source), place(output, &mut target));
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut source);
    for (row, data) in bytes
        .chunks_mut(src.row_pitch)
        .zip(images.chunks(input.row_bytes()))
    {
        row[..data.len()].copy_from_slice(data);
    }
    let code = Arc::clone(&plan).code(device).unwrap();
    let mut launches = Vec::new();
    let binding = Binding {
        inputs: &[src],
        output: dst,
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    plan.bind(&code, &binding, &mut launches);
    let stream = device.stream().unwrap();
    for launch in &launches {
        // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
        unsafe { stream.enqueue(launch, None) }.unwrap();
    }
    stream.synchronize().unwrap();
    let bytes: &[u8] = bytemuck::cast_slice(&target);
    let rows = bytes.chunks(dst.row_pitch).take(batch * output.rows());
    rows.flat_map(|row| &row[..output.row_bytes()])
        .copied()
        .collect()
}

fn noise(count: usize, mut state: u64) -> Vec<u8> {
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn strips_of_any_height_are_what_the_operators_make(
        (width, height) in prop_oneof![(1u32..70, 1u32..90), (1u32..6, 1u32..9)],
        channels in prop_oneof![Just(1u32), Just(3), Just(4)],
        batch in 1usize..4,
        picks in prop::collection::vec((0u32..19, any::<u16>(), any::<u16>()), 2..7),
        rows in prop_oneof![1usize..12, Just(16), Just(64)],
        padding in 0usize..5,
        seed in any::<u64>(),
    ) {
        let input = ImageShape::u8(width, height, channels);
        let images = noise(input.bytes() * batch, seed);
        let (mut shape, mut stages) = (input, Vec::new());
        let mut expected = images.clone();
        for &(kind, a, b) in &picks {
            let Some(operator) = operator(shape, kind, a.into(), b.into()) else { break };
            let plan = operator.plan(&[shape]).unwrap();
            stages.push(plan.stage().unwrap());
            let output = plan.output();
            expected = run(plan, &DEVICES[0], shape, &expected, 0);
            shape = output;
        }
        let executors = executors(&stages).unwrap();
        for device in &*DEVICES {
            let plan = Arc::new(StripsPlan::new(&stages, &executors, rows));
            prop_assert_eq!(plan.output(), shape);
            let got = run(plan, device, input, &images, padding);
            prop_assert!(got == expected, "{:?} differs in strips of {} rows", stages, rows);
        }
    }
}

pub(super) fn stages(input: ImageShape, operators: &[&dyn Operator]) -> Vec<Stage> {
    let mut shape = input;
    let stage = |operator: &&dyn Operator| {
        let plan = operator.plan(&[shape]).unwrap();
        shape = plan.output();
        plan.stage().unwrap()
    };
    operators.iter().map(stage).collect()
}

fn refusal(stages: &[Stage]) -> String {
    match fuse(stages, DeviceKind::Host) {
        Err(refusal @ Refusal::Rule("strips", _)) => refusal.to_string(),
        other => panic!("{:?}", other.map(|(rule, _)| rule.name)),
    }
}

#[test]
fn what_does_not_stay_in_a_cache_is_refused() {
    let flip = Flip::new(FlipAxis::Vertical);
    let blur = GaussianBlur::new(31).unwrap();
    let wide = ImageShape::u8(60_000, 400, 1);
    assert!(
        fuse(
            &stages(wide, &[&flip, &Threshold::new(3)]),
            DeviceKind::Host
        )
        .is_ok()
    );
    let text = refusal(&stages(wide, &[&blur, &Flip::new(FlipAxis::Both), &blur]));
    assert!(
        text.starts_with("rule strips: for 16 rows of the output there are"),
        "{text}"
    );
    let nv12 = ImageShape::u8(3000, 3000, 1);
    let text = refusal(&stages(nv12, &[&Threshold::new(3), &Nv12ToRgb::new()]));
    assert!(
        text.contains("more than the 2097152 that stay in a cache"),
        "{text}"
    );
    assert!(
        fuse(
            &stages(nv12, &[&Nv12ToRgb::new(), &Threshold::new(3)]),
            DeviceKind::Host
        )
        .is_ok()
    );
}

#[test]
fn large_windows_in_low_strips_are_refused() {
    let (small, large) = (blur3(), GaussianBlur::new(31).unwrap());
    // Strips of 64 rows are what fits the cache in this width, and each would sum up 30 rows again.
    let wide = ImageShape::u8(5_000, 400, 1);
    let text = refusal(&stages(wide, &[&small, &large]));
    assert_eq!(
        text,
        "rule strips: gaussian_blur would prepare 30 rows again for each 64 that it makes"
    );
    assert!(fuse(&stages(wide, &[&small, &small]), DeviceKind::Host).is_ok());
    // Here strips of 128 rows fit, and there all is one strip.
    for shape in [ImageShape::u8(1_900, 400, 1), ImageShape::u8(5_000, 60, 1)] {
        assert!(fuse(&stages(shape, &[&small, &large]), DeviceKind::Host).is_ok());
    }
}

#[test]
fn planes_are_written_but_not_read() {
    let planar = Normalize::new(&[0.0], &[1.0])
        .unwrap()
        .layout(Layout::Planar);
    let color = ImageShape::u8(10, 10, 3);
    assert!(fuse(&stages(color, &[&blur3(), &planar]), DeviceKind::Host).is_ok());
    let planes = ImageShape {
        layout: Layout::Planar,
        ..color
    };
    let text = refusal(&stages(planes, &[&Threshold::new(1), &Threshold::new(2)]));
    assert_eq!(
        text,
        "rule strips: threshold reads planes (10x10x3 u8 planar)"
    );
}

pub(super) fn blur3() -> GaussianBlur {
    GaussianBlur::new(3).unwrap()
}
