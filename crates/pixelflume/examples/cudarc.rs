//! A pipeline between buffers of a program that uses the crate `cudarc`, without copies.
//!
//!     cargo run --release -p pixelflume --example cudarc --features cudarc
//!
//! It needs a GPU, and checks the result against the host device.

use door::cudarc::driver::{CudaContext, CudaSlice, CudaStream};
use pixelflume::device::Device;
use pixelflume::memory::interop::cudarc as door;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::prelude::*;
use std::error::Error;
use std::sync::Arc;

const PHOTO: ImageShape = ImageShape::u8(640, 480, 3);

fn pipeline() -> Result<Pipeline, Box<dyn Error>> {
    let mut builder = PipelineBuilder::new("edges");
    let photo = builder.input("photo")?;
    let gray = builder.then(photo, "gray", Color::new(ColorConversion::RgbToGray))?;
    let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
    builder.then(smooth, "edges", Sobel::magnitude())?;
    Ok(builder.build()?)
}

/// Photographs that depend on `first`.
fn photos(first: u32) -> Result<Vec<Image>, Box<dyn Error>> {
    let photo = |seed: u32| {
        Image::from_fn(PHOTO.width, PHOTO.height, 3, move |x, y, c| {
            (seed + x / 2 + y / 3 + 40 * c + (x * y) % 7) as u8
        })
    };
    Ok((first..first + 4).map(photo).collect::<Result<_, _>>()?)
}

fn bytes(images: &[Image]) -> Vec<u8> {
    images
        .iter()
        .flat_map(|image| image.data().to_vec())
        .collect()
}

/// The results of the host device for the photographs.
fn expected(photos: &[Image]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut runner = Runner::new(pipeline()?, &Device::host(), ExecutionConfig::default())?;
    let outputs = runner.run(&photos.iter().collect::<Vec<_>>())?;
    Ok(bytes(outputs.images("edges")?))
}

fn main() -> Result<(), Box<dyn Error>> {
    // Their side: a context, two streams, and buffers with a batch of photographs and room for the results.
    let context = CudaContext::new(0)?;
    let [stream, other] = [context.new_stream()?, context.new_stream()?];
    let room = (PHOTO.width * PHOTO.height) as usize * 4;
    let mut edges: CudaSlice<u8> = stream.alloc_zeros(room)?;

    // Our side: the same GPU in the same context, and a compiled pipeline.
    let device = door::device(&context)?;
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let mut compiled = pipeline()?.compile(&device, &[PHOTO], config)?;
    let [from, to] = [PHOTO, ImageShape::u8(PHOTO.width, PHOTO.height, 1)]
        .map(|shape| BatchLayout::tight(shape, 4));
    for round in 0..8 {
        let photos = photos(round * 5)?;
        // The input is ordered behind one of their streams, the results before the other.
        let input = stream.clone_htod(&bytes(&photos))?;
        let (on, to_stream): (&Arc<CudaStream>, &Arc<CudaStream>) = match round % 2 {
            0 => (&stream, &other),
            _ => (&other, &stream),
        };
        let read = door::read(&device, &input, on)?;
        let mut write = door::write(&device, &mut edges, to_stream)?;
        compiled
            .execute(
                &[Input::Device(DeviceImages::new(from, read.slice())?)],
                &mut [Output::Device(DeviceImagesMut::new(to, write.slice())?)],
            )?
            .into_result()?;
        drop((read, write));
        let got = other.clone_dtoh(&edges)?;
        check("a buffer of theirs", &expected(&photos)?, &got)?;
    }

    // Buffers that are moved in, which work may use that nobody waits for; the second one comes back.
    let photos = photos(40)?;
    let input = Arc::new(stream.clone_htod(&bytes(&photos))?);
    let input = door::borrow_shared(&device, input)?;
    let mut output = door::borrow(&device, edges)?;
    let all = 0..output.len();
    compiled
        .execute(
            &[Input::Device(DeviceImages::new(from, &input)?)],
            &mut [Output::Device(DeviceImagesMut::new(
                to,
                output.slice_mut(all)?,
            )?)],
        )?
        .into_result()?;
    let edges: CudaSlice<u8> = output
        .into_owner()
        .map_err(|memory| format!("{memory:?} is in use"))?;
    let got = other.clone_dtoh(&edges)?;
    check("a buffer that was moved in", &expected(&photos)?, &got)?;

    // The other way round: a buffer of pixelflume, filled and read by their calls.
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut ours = memory.allocate(1000, &device.stream()?)?;
    let pattern: Vec<u8> = (0..1000_u32).map(|i| (i * 7) as u8).collect();
    door::lend_mut(&mut ours, &stream, |mut view| {
        stream.memcpy_htod(&pattern, &mut view)
    })??;
    let got = door::lend(&ours, &other, |view| other.clone_dtoh(&view))??;
    check("a buffer of ours", &pattern, &got)?;
    println!(
        "cudarc on {device}: 9 batches from and to its buffers, and a buffer lent to it, all equal"
    );
    Ok(())
}

fn check(what: &str, expected: &[u8], got: &[u8]) -> Result<(), Box<dyn Error>> {
    match expected == got {
        true => Ok(()),
        false => Err(format!("{what}: the results differ").into()),
    }
}
