//! Image files as inputs: the one place where the files of a batch become images.

use crate::error::files::FileFailure;
use crate::error::names::MemoryOwner;
use crate::error::{PipelineError, is_shortage};
use crate::image::device::DeviceImages;
use crate::image::tensor::DeviceTensor;
use crate::inputs::Input;
use crate::pipeline::Pipeline;
use pixelflume_codec::cuda::{
    BatchConfig, BatchDecoder, BatchError, BatchOptions, DecodedImage, takes,
};
use pixelflume_codec::{DecodeError, DecodeOptions, decode};
use pixelflume_device::DeviceKind;
use pixelflume_device::sync::Mutex;
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::owned::Image;

/// Decodes files on this thread and on the copy threads of the memory manager; gives the results in the order of the files.
pub(crate) fn decode_files(
    files: &[&[u8]],
    options: &DecodeOptions,
    memory: &MemoryManager,
) -> Vec<Result<Image, DecodeError>> {
    let results: Vec<_> = files.iter().map(|_| Mutex::new(None)).collect();
    memory.copy_threads().for_each(files.len(), &|index| {
        let decoded = decode(files[index], options);
        *results[index].lock() = Some(decoded);
    });
    let results = results.into_iter().map(Mutex::into_inner);
    results
        .map(|result| result.expect("each call has written its result"))
        .collect()
}

/// Whether an input is files.
pub(crate) fn has_files(inputs: &[Input<'_>]) -> bool {
    let is_files = |input: &Input<'_>| matches!(input, Input::Encoded(_));
    inputs.iter().any(is_files)
}

/// What decodes the files of a runner. A CUDA device decodes inputs that are JPEG files alone; the CPU decodes all others.
#[derive(Debug, Default)]
pub(crate) struct FileDecoder {
    /// Made when it is first needed.
    on_device: Option<BatchDecoder>,
}

impl FileDecoder {
    /// The images of files, in their order, or the reasons why one is missing.
    fn decode<'a>(
        &mut self,
        files: &[&[u8]],
        options: &DecodeOptions,
        memory: &MemoryManager,
    ) -> Result<Result<DecodedInput<'a>, Vec<FileFailure>>, BatchError> {
        let on_device = memory.device().kind() == DeviceKind::Cuda
            && files.iter().all(|file| takes(file, options));
        if on_device {
            match self.decode_on_device(files, options, memory) {
                // Images of the CPU go to the device in parts, which take less of its memory than all of them.
                Err(BatchError::Memory(error)) if is_shortage(&error) => {
                    tracing::info!("the CPU decodes {} files: {error}", files.len());
                }
                decoded => return decoded,
            }
        }
        let images = all_or_failures(decode_files(files, options, memory));
        Ok(images.map(DecodedInput::Images))
    }

    fn decode_on_device<'a>(
        &mut self,
        files: &[&[u8]],
        options: &DecodeOptions,
        memory: &MemoryManager,
    ) -> Result<Result<DecodedInput<'a>, Vec<FileFailure>>, BatchError> {
        let decoder = match self.on_device.take() {
            Some(decoder) => decoder,
            None => BatchDecoder::new(memory, BatchConfig::default())?,
        };
        let decoder = self.on_device.insert(decoder);
        let pending = decoder.submit(files, &batch_options(options))?;
        let images = all_or_failures(pending.wait()?);
        Ok(images.map(|images| {
            let tensors = images.into_iter().map(|image| tensor_of(image, memory));
            DecodedInput::Device(tensors.collect())
        }))
    }
}

/// All images; or the failures where there are any.
fn all_or_failures<T>(results: Vec<Result<T, DecodeError>>) -> Result<Vec<T>, Vec<FileFailure>> {
    let (mut images, mut failures) = (Vec::with_capacity(results.len()), Vec::new());
    for (frame, result) in results.into_iter().enumerate() {
        match result {
            Ok(image) => images.push(image),
            Err(error) => failures.push(FileFailure { frame, error }),
        }
    }
    match failures.is_empty() {
        true => Ok(images),
        false => Err(failures),
    }
}

/// The settings of a batch on CUDA.
fn batch_options(options: &DecodeOptions) -> BatchOptions {
    BatchOptions {
        decode: options.jpeg(),
        orientation: options.orientation,
        limits: options.limits,
    }
}

fn tensor_of(image: DecodedImage, memory: &MemoryManager) -> DeviceTensor {
    let (shape, pitch) = (image.shape(), image.row_pitch());
    let (buffer, pixels) = image.into_parts();
    let layout = BatchLayout::tight(shape, 1).with_row_pitch(pitch);
    let tensor = DeviceTensor::new(buffer, layout.at(pixels.start), memory);
    tensor.expect("the decoder wrote the image to this place")
}

/// The error of a batch whose files are those of the input `name`.
fn of_batch(error: BatchError, name: &str) -> PipelineError {
    let memory = |source: MemoryError| PipelineError::Memory {
        owner: Box::new(MemoryOwner::Input(name.to_owned())),
        purpose: "the images of its files".to_owned(),
        source,
    };
    match error {
        BatchError::Memory(source) => memory(source),
        BatchError::Device(source) => PipelineError::Device(source),
        error => PipelineError::DecodeBatch {
            input: name.to_owned(),
            reason: error.to_string(),
        },
    }
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

impl<'a> DecodedInputs<'a> {
    /// Decodes the files of all inputs as the pipeline says.
    ///
    /// # Errors
    /// The number of inputs or frames is wrong, before anything is decoded. Or [`PipelineError::Decode`], with all files of an input that
    /// cannot be decoded; or the device or its memory fails.
    pub(crate) fn new(
        pipeline: &Pipeline,
        inputs: &[Input<'a>],
        decoder: &mut FileDecoder,
        memory: &MemoryManager,
    ) -> Result<Self, PipelineError> {
        pipeline.check_counts(inputs)?;
        let decoded = pipeline.inputs().zip(inputs).map(|(name, input)| {
            let Input::Encoded(files) = *input else {
                return Ok(DecodedInput::Given(*input));
            };
            let decoded = decoder.decode(files, pipeline.decode_options(), memory);
            let decoded = decoded.map_err(|error| of_batch(error, name))?;
            decoded.map_err(|failures| PipelineError::Decode {
                input: name.to_owned(),
                failures,
            })
        });
        decoded.collect::<Result<_, _>>().map(DecodedInputs)
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
