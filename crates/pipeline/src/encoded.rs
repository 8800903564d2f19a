//! Image files as inputs of a runner.

use crate::decoding::{DecodedImages, ImageDecoder};
use crate::error::PipelineError;
use crate::error::files::FileFailure;
use crate::image::device::DeviceImages;
use crate::image::tensor::DeviceTensor;
use crate::inputs::Input;
use crate::pipeline::Pipeline;
use pixelflume_codec::DecodeError;
use pixelflume_ops::image::owned::Image;

/// Whether an input is files.
pub(crate) fn has_files(inputs: &[Input<'_>]) -> bool {
    let is_files = |input: &Input<'_>| matches!(input, Input::Encoded(_));
    inputs.iter().any(is_files)
}

/// Decodes files to images that are all in one place.
fn decode(files: &[&[u8]], decoder: &ImageDecoder) -> DecodedImages {
    let decoding = decoder.begin(files.to_vec(), |_, _| true);
    decoding.wait_in_one_place()
}

/// The inputs of a batch whose files are decoded.
pub(crate) struct DecodedInputs<'a>(Vec<DecodedInput<'a>>);

enum DecodedInput<'a> {
    /// Images that were given as such.
    Given(Input<'a>),
    /// The images of files.
    Images(Vec<Image>),
    /// The images of files, in memory of the device.
    Device(Vec<DeviceTensor>),
}

impl<'a> DecodedInput<'a> {
    /// The images that there are, and the files without one.
    fn of(decoded: DecodedImages) -> (Self, Vec<FileFailure>) {
        fn divide<T>(results: Vec<Result<T, DecodeError>>) -> (Vec<T>, Vec<FileFailure>) {
            let (mut images, mut failures) = (Vec::with_capacity(results.len()), Vec::new());
            for (frame, result) in results.into_iter().enumerate() {
                match result {
                    Ok(image) => images.push(image),
                    Err(error) => failures.push(FileFailure { frame, error }),
                }
            }
            (images, failures)
        }
        match decoded {
            DecodedImages::Host(results) => {
                let (images, failures) = divide(results);
                (DecodedInput::Images(images), failures)
            }
            DecodedImages::Device(results) => {
                let (tensors, failures) = divide(results);
                (DecodedInput::Device(tensors), failures)
            }
        }
    }
}

impl<'a> DecodedInputs<'a> {
    /// Decodes the files of all inputs as the pipeline says.
    ///
    /// # Errors
    /// The number of inputs or frames is wrong, before anything is decoded. Or [`PipelineError::Decode`], with all files of an input that
    /// cannot be decoded.
    pub(crate) fn new(
        pipeline: &Pipeline,
        inputs: &[Input<'a>],
        decoder: &ImageDecoder,
    ) -> Result<Self, PipelineError> {
        pipeline.check_counts(inputs)?;
        let decoded = pipeline.inputs().zip(inputs).map(|(name, input)| {
            let Input::Encoded(files) = *input else {
                return Ok(DecodedInput::Given(*input));
            };
            match DecodedInput::of(decode(files, decoder)) {
                (images, failures) if failures.is_empty() => Ok(images),
                (_, failures) => Err(PipelineError::Decode {
                    input: name.to_owned(),
                    failures,
                }),
            }
        });
        decoded.collect::<Result<_, _>>().map(DecodedInputs)
    }

    /// Decodes the files of the one input of a pipeline, and leaves out those that cannot be decoded.
    ///
    /// # Errors
    /// The pipeline has several inputs, or there are no files.
    pub(crate) fn of_good_files(
        pipeline: &Pipeline,
        files: &[&[u8]],
        decoder: &ImageDecoder,
    ) -> Result<(Self, Vec<FileFailure>), PipelineError> {
        pipeline.check_counts(&[Input::Encoded(files)])?;
        let (images, failures) = DecodedInput::of(decode(files, decoder));
        Ok((DecodedInputs(vec![images]), failures))
    }

    /// Calls `act` with the inputs, none of which is files.
    pub(crate) fn with_inputs<R>(&self, act: impl FnOnce(&[Input<'_>]) -> R) -> R {
        enum List<'d> {
            None,
            Images(Vec<&'d Image>),
            Device(Vec<DeviceImages<'d>>),
        }
        let lists = self.0.iter().map(|input| match input {
            DecodedInput::Given(_) => List::None,
            DecodedInput::Images(images) => List::Images(images.iter().collect()),
            DecodedInput::Device(tensors) => {
                List::Device(tensors.iter().map(DeviceTensor::images).collect())
            }
        });
        let lists: Vec<List<'_>> = lists.collect();
        let inputs = self.0.iter().zip(&lists);
        let inputs = inputs.map(|(input, list)| match (input, list) {
            (DecodedInput::Given(input), _) => *input,
            // One image is a batch; a list, whose images could differ, takes more work.
            (_, List::Device(images)) => match images.as_slice() {
                [one] => Input::Device(*one),
                several => Input::DeviceList(several),
            },
            (_, List::Images(images)) => Input::Images(images),
            (_, List::None) => Input::Images(&[]),
        });
        act(&inputs.collect::<Vec<_>>())
    }
}
