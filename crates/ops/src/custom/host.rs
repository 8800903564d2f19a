//! The host executor of custom operators: strips of rows for a closure.

use crate::contract::Binding;
use crate::contract::checks::MAX_INPUTS;
use crate::custom::HostClosure;
use crate::host::view::{Source, Strip, check_memory, for_each_strip};
use crate::image::{ImageParam, ImageShape};
use bytemuck::{AnyBitPattern, NoUninit, Pod, Zeroable};
use pixelflume_device::{Args, HostKernel, TaskFailure, Workers};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The images of a launch as rows of bytes.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct CustomArgs {
    /// The inputs of the operator; the rest is zero.
    inputs: [ImageParam; MAX_INPUTS],
    output: ImageParam,
}

/// The arguments of [`CustomHost`] for this memory.
pub(crate) fn custom_args(binding: &Binding<'_>) -> CustomArgs {
    let mut inputs = [ImageParam::zeroed(); MAX_INPUTS];
    for (param, image) in inputs.iter_mut().zip(binding.inputs) {
        *param = image.byte_param();
    }
    CustomArgs {
        inputs,
        output: binding.output.byte_param(),
    }
}

/// The host executor of [`Custom`](crate::Custom).
pub(crate) struct CustomHost {
    pub(crate) code: Arc<HostClosure>,
    pub(crate) inputs: Box<[ImageShape]>,
    pub(crate) output: ImageShape,
    pub(crate) least_rows: usize,
}

impl HostKernel for CustomHost {
    #[expect(unsafe_code, reason = "hands the promise of a launch on to the views")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        let args = args.get::<CustomArgs>();
        let mut read = [(ImageParam::zeroed(), 1); MAX_INPUTS];
        for (read, input) in read.iter_mut().zip(&args.inputs) {
            read.0 = *input;
        }
        check_memory(&read[..self.inputs.len()], (args.output, 1)).map_err(TaskFailure::new)?;
        let count = self.inputs.len();
        let sources: [_; MAX_INPUTS] = std::array::from_fn(|input| {
            // SAFETY: `count` inputs were checked above; the caller promises that the images are good until this call returns,
            // and `args` live no longer.
            (input < count).then(|| unsafe { Source::of(&args.inputs[input]) })
        });
        let failure = OnceLock::new();
        let each = |strip: &mut Strip<'_, u8>| {
            // Otherwise rows that the closure does not write would show older images.
            for y in strip.rows() {
                strip.row(y).fill(0);
            }
            // The results of a node that failed are not looked at.
            if failure.get().is_some() {
                return;
            }
            let result = (self.code)(&mut CustomFrame {
                sources: &sources,
                shapes: (&self.inputs, self.output),
                strip: strip.reborrow(),
            });
            if let Err(error) = result {
                // Of several failures the first one is told.
                let _ = failure.set(error);
            }
        };
        // SAFETY: as above, and no source overlaps it.
        unsafe { for_each_strip(workers, &args.output, self.least_rows, each) };
        failure.into_inner().map_or(Ok(()), Err)
    }
}

/// The images that the host closure of a [`Custom`](crate::Custom) operator works on: the inputs, and some rows of one output
/// image, to which it has exclusive access.
///
/// In planar images, rows are numbered through all planes: row `y` of channel `c` is row `c * height + y`.
pub struct CustomFrame<'a> {
    /// The inputs of the operator.
    sources: &'a [Option<Source<'a, u8>>; MAX_INPUTS],
    shapes: (&'a [ImageShape], ImageShape),
    strip: Strip<'a, u8>,
}

impl<'a> CustomFrame<'a> {
    /// The number of the image in the batch, from 0.
    pub fn frame(&self) -> usize {
        self.strip.frame()
    }

    /// The rows of the output that the closure writes.
    pub fn rows(&self) -> Range<usize> {
        self.strip.rows()
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.shapes.0.len()
    }

    /// The shape of the images of input `input`, counted from 0.
    ///
    /// # Panics
    /// When there is no such input.
    pub fn input_shape(&self, input: usize) -> ImageShape {
        self.shapes.0[input]
    }

    /// The shape of the output images.
    pub fn output_shape(&self) -> ImageShape {
        self.shapes.1
    }

    /// The bytes of row `y` of input `input`, without padding. Every row of the image can be read.
    ///
    /// # Panics
    /// When there is no such input or row.
    pub fn input_row(&self, input: usize, y: usize) -> &'a [u8] {
        match self.sources.get(input) {
            Some(Some(source)) => source.row(self.strip.frame(), y),
            _ => panic!(
                "there is no input {input}, they are {}",
                self.shapes.0.len()
            ),
        }
    }

    /// The samples of row `y` of input `input`. `T` has the size of a sample (`i16` for `i16`, `half::bf16` for `bf16`).
    ///
    /// # Panics
    /// When there is no such input or row, or the samples have another size.
    pub fn input_row_as<T: AnyBitPattern + NoUninit>(&self, input: usize, y: usize) -> &'a [T] {
        samples_of::<T>(self.shapes.0[input]);
        bytemuck::cast_slice(self.input_row(input, y))
    }

    /// The bytes of row `y` of the output, one of [`CustomFrame::rows`], without padding. They are zero before the closure writes
    /// them.
    ///
    /// # Panics
    /// When the row is not one of this strip.
    pub fn output_row(&mut self, y: usize) -> &mut [u8] {
        self.strip.row(y)
    }

    /// The samples of row `y` of the output. `T` has the size of a sample.
    ///
    /// # Panics
    /// When the row is not one of this strip, or the samples have another size.
    pub fn output_row_as<T: Pod>(&mut self, y: usize) -> &mut [T] {
        samples_of::<T>(self.shapes.1);
        bytemuck::cast_slice_mut(self.output_row(y))
    }
}

/// Checks that `T` has the size of a sample. Rows begin at multiples of the sample size, as binding checks, so that a cast can
/// fail only for another size.
fn samples_of<T>(shape: ImageShape) {
    assert!(
        size_of::<T>() == shape.sample.bytes(),
        "samples of {shape} have {} byte(s), not {}",
        shape.sample.bytes(),
        size_of::<T>()
    );
}
