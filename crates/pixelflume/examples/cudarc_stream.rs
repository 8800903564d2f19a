//! Results in the stream of a program that uses the crate `cudarc`, without a copy and without a wait of the host.
//!
//!     cargo run --release -p pixelflume --example cudarc_stream --features cudarc
//!
//! Batches are submitted on a stream of cudarc; its copies of the results come behind them in that stream, and only then the
//! host waits, once. The results are compared with the host device. Where there is no GPU it says so and succeeds.

#![expect(
    unsafe_code,
    reason = "memory goes from one library to the other by address"
)]

use door::cudarc::driver::{CudaContext, CudaSlice, CudaStream};
use pixelflume::device::{Device, Stream};
use pixelflume::memory::interop::cudarc as door;
use pixelflume::pipeline::{DeviceTensor, Pending};
use pixelflume::prelude::*;
use std::error::Error;
use std::sync::Arc;

const PHOTO: ImageShape = ImageShape::u8(640, 480, 3);
/// Images of a batch.
const FRAMES: u32 = 4;
/// Batches in flight.
const BATCHES: u32 = 6;

fn main() -> Result<(), Box<dyn Error>> {
    match Device::cuda(0) {
        Err(error) => println!("cudarc_stream: skipped, there is no GPU: {error}"),
        Ok(_) => println!("{}", on_gpu()?),
    }
    Ok(())
}

fn pipeline() -> Result<Pipeline, Box<dyn Error>> {
    let mut builder = PipelineBuilder::new("edges");
    let photo = builder.input("photo")?;
    let gray = builder.then(photo, "gray", Color::new(ColorConversion::RgbToGray))?;
    builder.then(gray, "edges", Sobel::magnitude())?;
    Ok(builder.build()?)
}

fn photos(batch: u32) -> Result<Vec<Image>, Box<dyn Error>> {
    let photo = |seed: u32| {
        Image::from_fn(PHOTO.width, PHOTO.height, 3, move |x, y, c| {
            (seed * 13 + x / 2 + y / 3 + 40 * c + (x * y) % 7) as u8
        })
    };
    let first = batch * FRAMES;
    Ok((first..first + FRAMES)
        .map(photo)
        .collect::<Result<_, _>>()?)
}

fn bytes(images: &[Image]) -> Vec<u8> {
    let bytes = images.iter().flat_map(|image| image.data());
    bytes.copied().collect()
}

fn on_gpu() -> Result<String, Box<dyn Error>> {
    // Their side: a context, a stream, and the photographs in buffers of theirs.
    let context = CudaContext::new(0)?;
    let theirs = context.new_stream()?;
    let mut inputs: Vec<CudaSlice<u8>> = Vec::new();
    for batch in 0..BATCHES {
        inputs.push(theirs.clone_htod(&bytes(&photos(batch)?))?);
    }

    // Our side: the same GPU in the same context, and their stream.
    let device = door::device(&context)?;
    let stream = door::stream(&device, &theirs)?;
    let config = ExecutionConfig::default()
        .with_execution(ExecutionMode::Replay)
        .with_in_flight(BATCHES as usize);
    let mut compiled = pipeline()?.compile(&device, &[PHOTO], config)?;
    let mut host = Runner::new(pipeline()?, &Device::host(), ExecutionConfig::default())?;

    // No call below waits for the GPU, until the loop is over.
    let mut in_flight = Vec::new();
    for input in inputs {
        let (pending, tensor) = submit(&mut compiled, &device, input, &stream)?;
        // The tensor belongs to their stream: their work on it is enqueued behind the batch, and its memory is reused behind that
        // work.
        let copied = copy(&theirs, &tensor)?;
        in_flight.push((pending, copied));
    }
    theirs.synchronize()?;
    for (batch, (pending, copied)) in (0..).zip(in_flight) {
        pending.wait()?.into_result()?;
        let photos = photos(batch)?;
        let expected = host.run(&photos.iter().collect::<Vec<_>>())?;
        if theirs.clone_dtoh(&copied)? != bytes(expected.images("edges")?) {
            return Err(format!("batch {batch} differs from the host's").into());
        }
    }
    Ok(format!(
        "cudarc_stream on {device}: {BATCHES} batches in flight in a stream of cudarc, its buffers in, tensors out, copied in its stream: all equal"
    ))
}

/// Submits a batch of photographs in a buffer of cudarc, which is kept until the batch is complete.
fn submit(
    compiled: &mut CompiledPipeline,
    device: &Device,
    input: CudaSlice<u8>,
    stream: &Stream,
) -> Result<(Pending, DeviceTensor), Box<dyn Error>> {
    let memory = door::borrow(device, input)?;
    let layout = BatchLayout::tight(PHOTO, FRAMES as usize);
    let images = DeviceImages::new(layout, &memory)?;
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor)];
    let pending = compiled.submit(&[Input::Device(images)], outputs, stream)?;
    let tensor = tensor.ok_or("the call has made no tensor")?;
    Ok((pending, tensor))
}

/// A copy of the tensor that cudarc makes in its stream, which is the tensor's as well.
fn copy(theirs: &Arc<CudaStream>, tensor: &DeviceTensor) -> Result<CudaSlice<u8>, Box<dyn Error>> {
    let bytes = tensor.layout().end()?;
    let mut target = theirs.alloc_zeros::<u8>(bytes)?;
    // SAFETY: the tensor has these bytes, and its memory is reused behind the present work of its stream, which this is. `leak`
    // keeps cudarc from freeing them.
    let view = unsafe { theirs.upgrade_device_ptr::<u8>(tensor.address().raw(), bytes) };
    let copied = theirs.memcpy_dtod(&view, &mut target);
    view.leak();
    copied?;
    Ok(target)
}
