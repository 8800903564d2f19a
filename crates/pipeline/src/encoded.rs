//! Image files as inputs: the one place where the files of a batch become images.

use crate::error::files::FileFailure;
use crate::error::names::MemoryOwner;
use crate::error::{PipelineError, is_shortage};
use crate::image::device::DeviceImages;
use crate::image::tensor::DeviceTensor;
use crate::inputs::Input;
use crate::pipeline::Pipeline;
use pixelflume_codec::cuda::{BatchConfig, BatchDecoder, BatchError, DecodedImage, takes};
use pixelflume_codec::{DecodeError, DecodeOptions, ImageFile, Limits, admit, decode_all};
use pixelflume_device::{DeviceKind, Stream};
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::owned::Image;

/// Whether an input is files.
pub(crate) fn has_files(inputs: &[Input<'_>]) -> bool {
    let is_files = |input: &Input<'_>| matches!(input, Input::Encoded(_));
    inputs.iter().any(is_files)
}

/// What decodes the files of a runner: a CUDA device the JPEG files, and the CPU all others.
#[derive(Debug, Default)]
pub(crate) struct FileDecoder {
    /// Made when it is first needed.
    on_device: Option<BatchDecoder>,
}

/// What became of files, in their order.
pub(crate) enum Decoded {
    /// Images in ordinary memory.
    Images(Vec<Result<Image, DecodeError>>),
    /// Images in memory of the device.
    Device(Vec<Result<DeviceTensor, DecodeError>>),
}

impl FileDecoder {
    /// The images of files, or the reasons why one is missing. Where the device decodes one, all are there: those of the CPU are
    /// uploaded.
    ///
    /// # Errors
    /// The device or its memory fails.
    pub(crate) fn decode(
        &mut self,
        files: &[&[u8]],
        options: &DecodeOptions,
        memory: &MemoryManager,
    ) -> Result<Decoded, BatchError> {
        let is_for_device = |file: &&[u8]| takes(file, options);
        if memory.device().kind() == DeviceKind::Cuda && files.iter().any(is_for_device) {
            match self.decode_on_device(files, options, memory) {
                // Images of the CPU go to the device in parts, which take less of its memory than all of them.
                Err(BatchError::Memory(error)) if is_shortage(&error) => {
                    tracing::info!("the CPU decodes {} files: {error}", files.len());
                }
                decoded => return decoded.map(Decoded::Device),
            }
        }
        Ok(Decoded::Images(decode_all(files, options)))
    }

    fn decode_on_device(
        &mut self,
        files: &[&[u8]],
        options: &DecodeOptions,
        memory: &MemoryManager,
    ) -> Result<Vec<Result<DeviceTensor, DecodeError>>, BatchError> {
        let decoder = match self.on_device.take() {
            Some(decoder) => decoder,
            None => BatchDecoder::new(memory, BatchConfig::default())?,
        };
        let decoder = self.on_device.insert(decoder);
        if files.iter().all(|file| takes(file, options)) {
            let images = decoder.submit(files, &(*options).into())?.wait()?;
            let tensors = images
                .into_iter()
                .map(|image| Ok(tensor_of(image?, memory)));
            return Ok(tensors.collect());
        }
        decode_mixed(decoder, files, options, memory)
    }
}

/// Decodes JPEG files on the device, and meanwhile the others on the CPU. Their images take room in the batch in the order of the
/// files, as they do where the CPU decodes all.
fn decode_mixed(
    decoder: &BatchDecoder,
    files: &[&[u8]],
    options: &DecodeOptions,
    memory: &MemoryManager,
) -> Result<Vec<Result<DeviceTensor, DecodeError>>, BatchError> {
    let sources: Vec<_> = files.iter().copied().map(ImageFile::Bytes).collect();
    let admitted = admit(&sources, options);
    let part = |on_device: bool| -> Vec<&[u8]> {
        let of_part = |(file, admitted): &(&&[u8], &Result<(), DecodeError>)| {
            admitted.is_ok() && takes(file, options) == on_device
        };
        let of_part = files.iter().zip(&admitted).filter(of_part);
        of_part.map(|(file, _)| *file).collect()
    };
    // They are counted.
    let options = DecodeOptions {
        limits: Limits {
            max_batch_bytes: u64::MAX,
            ..options.limits
        },
        ..*options
    };
    let pending = decoder.submit(&part(true), &options.into())?;
    let by_cpu = decode_all(&part(false), &options);
    let by_cpu = by_cpu.into_iter().map(|image| match image {
        Ok(image) => Ok(Ok(upload(&image, memory, decoder.stream())?)),
        Err(error) => Ok(Err(error)),
    });
    let by_cpu: Vec<_> = by_cpu.collect::<Result<_, MemoryError>>()?;
    let (mut by_cpu, mut by_device) = (by_cpu.into_iter(), pending.wait()?.into_iter());
    let results = files.iter().zip(admitted).map(|(file, admitted)| {
        admitted?;
        let result = match takes(file, &options) {
            true => by_device.next().map(|image| Ok(tensor_of(image?, memory))),
            false => by_cpu.next(),
        };
        result.expect("each file that was admitted has a result")
    });
    Ok(results.collect())
}

/// Copies an image to the device, in the order of a stream.
pub(crate) fn upload(
    image: &Image,
    memory: &MemoryManager,
    stream: &Stream,
) -> Result<DeviceTensor, MemoryError> {
    let (layout, bytes) = (BatchLayout::tight(image.shape(), 1), image.data().len());
    let mut staging = memory.pinned(bytes)?;
    staging.as_mut_slice()?.copy_from_slice(image.data());
    let mut buffer = memory.allocate(bytes, stream)?;
    buffer.upload(0, &mut staging, 0..bytes, stream)?;
    let tensor = DeviceTensor::new(buffer, layout, memory);
    Ok(tensor.expect("the buffer has the bytes of the image"))
}

pub(crate) fn tensor_of(image: DecodedImage, memory: &MemoryManager) -> DeviceTensor {
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

impl<'a> DecodedInput<'a> {
    /// The images that there are, and the files without one.
    fn of(decoded: Decoded) -> (Self, Vec<FileFailure>) {
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
            Decoded::Images(results) => {
                let (images, failures) = divide(results);
                (DecodedInput::Images(images), failures)
            }
            Decoded::Device(results) => {
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
            match DecodedInput::of(decoded) {
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
    /// The pipeline has several inputs, or there are no files; or the device or its memory fails.
    pub(crate) fn of_good_files(
        pipeline: &Pipeline,
        files: &[&[u8]],
        decoder: &mut FileDecoder,
        memory: &MemoryManager,
    ) -> Result<(Self, Vec<FileFailure>), PipelineError> {
        pipeline.check_counts(&[Input::Encoded(files)])?;
        let decoded = decoder.decode(files, pipeline.decode_options(), memory);
        let decoded = decoded.map_err(|error| {
            let name = pipeline.inputs().next().unwrap_or_default();
            of_batch(error, name)
        })?;
        let (images, failures) = DecodedInput::of(decoded);
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
