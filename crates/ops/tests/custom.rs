//! Custom operators on the host.
#![expect(
    unsafe_code,
    reason = "a CUDA executor is promised to be right; here it is never launched"
)]

#[path = "host/harness.rs"]
mod harness;

use harness::{DEVICES, Place};
use pixelflume_device::{Address, Args, DeviceError, Grid, Images, KernelModule};
use pixelflume_ops::reference::Image;
use pixelflume_ops::spec::Samples;
use pixelflume_ops::{
    Binding, Custom, ImageBatch, ImageShape, Layout, Operator, OperatorError, SampleType,
};

const PADDED: Place = Place {
    offset: 1,
    padding: 3,
    gap: 5,
};

fn images(width: usize, height: usize, channels: usize, first: usize) -> Vec<Image<u8>> {
    (first..first + 3)
        .map(|i| {
            Image::from_fn(width, height, channels, |x, y, c| {
                (i + 7 * x + 31 * y + 101 * c) as u8
            })
        })
        .collect()
}

fn samples(images: &[Image<u8>]) -> Vec<Samples> {
    images.iter().cloned().map(Samples::from).collect()
}

fn invert(least_rows: usize) -> Custom {
    let custom = Custom::new("invert", 1).expect("one input");
    custom.host(least_rows, |strip| {
        for y in strip.rows() {
            let source = strip.input_row(0, y);
            for (target, source) in strip.output_row(y).iter_mut().zip(source) {
                *target = 255 - source;
            }
        }
    })
}

#[test]
fn a_closure_runs_on_strips_of_padded_batches() {
    let source = images(37, 90, 3, 0);
    for device in DEVICES.iter() {
        for least_rows in [1, 16, usize::MAX] {
            let custom = invert(least_rows);
            let (shape, outputs) =
                harness::run(device, &custom, &[(&samples(&source), PADDED)], PADDED);
            assert_eq!(shape, ImageShape::u8(37, 90, 3));
            for (image, output) in source.iter().zip(&outputs) {
                assert!(image.data.iter().zip(output).all(|(s, t)| *t == 255 - s));
            }
        }
    }
}

/// The difference along y of the first input minus the second one: an operator with two inputs that reads neighboring rows and
/// writes planar 16-bit samples.
#[test]
fn a_closure_sees_all_inputs_and_makes_other_shapes() {
    let planes = |inputs: &[ImageShape]| {
        Ok(ImageShape {
            sample: SampleType::I16,
            layout: Layout::Planar,
            ..inputs[0]
        })
    };
    let custom = Custom::new("planes", 2).expect("two inputs");
    let custom = custom.output(planes).host(4, |strip| {
        let (height, channels) = (strip.input_shape(0).height as usize, 3);
        assert_eq!(strip.output_shape().layout, Layout::Planar);
        for row in strip.rows() {
            let (channel, y) = (row / height, row % height);
            let (a, b) = (strip.input_row(0, y), strip.input_row_as::<u8>(1, y));
            let frame = strip.frame() as i16;
            for (x, target) in strip.output_row_as::<i16>(row).iter_mut().enumerate() {
                let at = x * channels + channel;
                *target = i16::from(a[at]) - i16::from(b[at]) + 1000 * frame;
            }
        }
    });
    let (a, b) = (images(11, 13, 3, 0), images(11, 13, 3, 9));
    for device in DEVICES.iter() {
        let inputs = [
            (&samples(&a)[..], PADDED),
            (&samples(&b)[..], Place::default()),
        ];
        let (shape, outputs) = harness::run(device, &custom, &inputs, PADDED);
        assert_eq!(
            (shape.sample, shape.layout),
            (SampleType::I16, Layout::Planar)
        );
        for (frame, output) in outputs.iter().enumerate() {
            let samples: &[i16] = bytemuck::cast_slice(output);
            let mut samples = samples.iter();
            for c in 0..3 {
                for y in 0..13 {
                    for x in 0..11 {
                        let sample = |of: &[Image<u8>]| i16::from(of[frame].at(x, y, c));
                        let expected = sample(&a) - sample(&b) + 1000 * frame as i16;
                        assert_eq!(samples.next(), Some(&expected));
                    }
                }
            }
        }
    }
}

#[test]
fn a_panic_fails_the_launch_with_its_message() {
    let custom = Custom::new("picky", 1).expect("one input");
    let custom = custom.host(1, |strip| {
        strip.input_row(1, 0);
    });
    let device = &DEVICES[0];
    let shape = ImageShape::u8(4, 4, 1);
    let (source, mut target) = ([0u8; 16], [0u8; 16]);
    let plan = custom.plan(&[shape]).expect("any shape");
    let code = plan.clone().code(device).expect("host code");
    let binding = Binding {
        inputs: &[ImageBatch::tight(
            shape,
            1,
            Address::from_ptr(source.as_ptr()),
        )],
        output: ImageBatch::tight(shape, 1, Address::from_ptr(target.as_mut_ptr())),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    let stream = device.stream().expect("a host stream");
    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
    unsafe { stream.enqueue(&launches[0], None) }.expect("a host launch");
    let error = stream.synchronize().expect_err("it panics").to_string();
    assert!(error.contains("there is no input 1, they are 1"), "{error}");
}

#[test]
fn what_cannot_be_is_refused() {
    let message = |error: OperatorError| error.to_string();
    for inputs in [0, 9] {
        let error = Custom::new("many", inputs).expect_err("1 to 8");
        assert_eq!(
            message(error),
            format!("many: inputs = {inputs} is not possible; a number of inputs from 1 to 8")
        );
    }
    let shape = ImageShape::u8(8, 8, 1);
    let refused = |custom: &Custom, shapes: &[ImageShape]| {
        message(
            custom
                .plan(shapes)
                .map(|_| ())
                .expect_err("impossible shapes"),
        )
    };
    assert_eq!(
        refused(&invert(1), &[shape, shape]),
        "invert takes 1 input(s), got 2"
    );
    assert!(refused(&invert(1), &[ImageShape { width: 0, ..shape }]).contains("no samples"));
    let empty = invert(1).output(|inputs| {
        Ok(ImageShape {
            width: 0,
            ..inputs[0]
        })
    });
    assert_eq!(
        refused(&empty, &[shape]),
        "invert cannot take 8x8x1 u8: its output would be 0x8x1 u8, which cannot be"
    );
    let gray = invert(1).output(|inputs| {
        Err(OperatorError::Shape {
            operator: "invert",
            got: inputs[0],
            reason: "never".to_owned(),
        })
    });
    assert_eq!(
        refused(&gray, &[shape]),
        "invert cannot take 8x8x1 u8: never"
    );
}

#[test]
fn a_missing_executor_is_named() {
    static MODULE: KernelModule = KernelModule {
        name: "nothing",
        images: Images::Ptx(&[]),
    };
    let custom = Custom::new("gpu_only", 1).expect("one input");
    let grid = Grid {
        blocks: [1; 3],
        threads: [1; 3],
        shared_bytes: 0,
    };
    // SAFETY: it is never launched.
    let custom = unsafe { custom.cuda(&MODULE, "nothing", |_| Args::EMPTY, move |_| grid) };
    assert_eq!(
        format!("{custom:?}"),
        "Custom { kind: \"gpu_only\", inputs: 1, host: false, cuda: Some(\"nothing\"), .. }"
    );
    let plan = custom.plan(&[ImageShape::u8(8, 8, 1)]).expect("any shape");
    let error = plan.code(&DEVICES[0]).expect_err("no host executor");
    assert!(matches!(error, DeviceError::WrongDevice { .. }));
    let text = error.to_string();
    assert!(
        text.contains("the custom operator gpu_only has no host executor")
            && text.contains(DEVICES[0].name()),
        "{text}"
    );
}
