//! A custom operator in a pipeline: a closure for the host, a kernel for CUDA.
//!
//!     cargo run --release -p pixelflume --example custom_operator [--features cuda]
//!
//! It runs on the best device, and checks the result.
#![expect(
    unsafe_code,
    reason = "a CUDA kernel can write anywhere; whoever adds one promises that it does not"
)]

use pixelflume::device::{Args, Grid, Images, KernelModule};
use pixelflume::ops::{Binding, Custom};
use pixelflume::prelude::*;
use std::error::Error;

/// The kernel as PTX text, made from `invert.cu`; the driver compiles it for the device at hand.
static INVERT: KernelModule = KernelModule {
    name: "example_invert",
    images: Images::Ptx(&[((7, 5), include_str!("invert.ptx"))]),
};

/// `255 - p` for each sample of interleaved 8-bit images.
pub(crate) fn invert() -> Result<Custom, OperatorError> {
    let operator = Custom::new("invert", 1)?
        // The accepted shapes, and the shape of the output.
        .output(|inputs| match inputs[0] {
            shape if shape == ImageShape::u8(shape.width, shape.height, shape.channels) => {
                Ok(shape)
            }
            got => Err(OperatorError::Sample {
                operator: "invert",
                expected: SampleType::U8,
                got,
            }),
        })
        // On the host: strips of at least 16 rows, on all workers.
        .host(16, |strip| {
            for y in strip.rows() {
                let source = strip.input_row(0, y);
                for (target, source) in strip.output_row(y).iter_mut().zip(source) {
                    *target = 255 - source;
                }
            }
        });
    // On CUDA: one launch for the whole batch.
    let args =
        |binding: &Binding<'_>| Args::of(&[binding.inputs[0].param(), binding.output.param()]);
    let grid = |binding: &Binding<'_>| {
        let shape = binding.output.shape;
        Grid {
            blocks: [
                (shape.width * shape.channels).div_ceil(256),
                shape.height.min(65_535),
                binding.output.batch.min(65_535),
            ],
            threads: [256, 1, 1],
            shared_bytes: 0,
        }
    };
    // SAFETY: `struct Args` of invert.cu is two images, as `args` makes it. `output` accepts interleaved 8-bit images only
    // and gives the same shape, and the kernel touches the `width * channels` bytes of each of the `height` rows of each
    // of the `batch` frames, at the pitch and stride that it is given: nothing but the rows of input and output.
    Ok(unsafe { operator.cuda(&INVERT, "invert", args, grid) })
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = PipelineBuilder::new("negative");
    let photo = builder.input("photo")?;
    let small = builder.then(photo, "small", Resize::new(160, 120)?)?;
    let negative = builder.then(small, "negative", invert()?)?;
    // Both are looked at below.
    builder.output(small)?;
    builder.output(negative)?;
    let pipeline = builder.build()?;

    let device = Device::best();
    let mut runner = Runner::new(pipeline, &device, ExecutionConfig::default())?;
    let photos = [0, 50, 100].map(|first| {
        Image::from_fn(320, 240, 3, |x, y, c| {
            (first + x / 2 + y / 3 + 40 * c) as u8
        })
    });
    let photos = photos.into_iter().collect::<Result<Vec<_>, _>>()?;
    let outputs = runner.run(&photos.iter().collect::<Vec<_>>())?;

    let (small, negative) = (outputs.images("small")?, outputs.images("negative")?);
    for (small, negative) in small.iter().zip(negative) {
        let inverted = small.data().iter().map(|sample| 255 - sample);
        if !inverted.eq(negative.data().iter().copied()) {
            return Err("the custom operator computed something else".into());
        }
    }
    println!(
        "{} images inverted on {}, as expected",
        negative.len(),
        device.name()
    );
    Ok(())
}
