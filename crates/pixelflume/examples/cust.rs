//! A pipeline between buffers of a program that uses the crate `cust`, without copies.
//!
//!     cargo run --release -p pixelflume --example cust --features cust
//!
//! `cust` needs a CUDA toolkit to build. The example needs a GPU, and checks the result against the host device.
#![expect(
    unsafe_code,
    reason = "lends a buffer to cust, whose slices can be copied"
)]

use door::cust::memory::{CopyDestination, DeviceBuffer};
use door::cust::stream::{Stream, StreamFlags};
use pixelflume::device::Device;
use pixelflume::memory::interop::cust as door;
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

fn main() -> Result<(), Box<dyn Error>> {
    // Their side: a context, and buffers with a photograph and room for the result.
    let context = door::cust::quick_init()?;
    // Our side: the same GPU in the same context, and a compiled pipeline.
    let device = door::device(&context)?;
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let mut compiled = pipeline()?.compile(&device, &[PHOTO], config)?;
    let mut host = Runner::new(pipeline()?, &Device::host(), ExecutionConfig::default())?;
    let [from, to] = [PHOTO, ImageShape::u8(PHOTO.width, PHOTO.height, 1)]
        .map(|shape| BatchLayout::tight(shape, 1));
    let mut edges = DeviceBuffer::<u8>::zeroed(to.shape().bytes())?;
    for round in 0..8 {
        let photo = Image::from_fn(PHOTO.width, PHOTO.height, 3, |x, y, c| {
            (round * 5 + x / 2 + y / 3 + 40 * c + (x * y) % 7) as u8
        })?;
        let input = DeviceBuffer::from_slice(photo.data())?;
        let read = door::read(&device, &input)?;
        let mut write = door::write(&device, &mut edges)?;
        compiled
            .execute(
                &[Input::Device(DeviceImages::new(from, read.slice())?)],
                &mut [Output::Device(DeviceImagesMut::new(to, write.slice())?)],
            )?
            .into_result()?;
        let mut got = vec![0; edges.len()];
        edges.copy_to(&mut got)?;
        let outputs = host.run(&[&photo])?;
        check(
            "a buffer of theirs",
            outputs.images("edges")?[0].data(),
            &got,
        )?;
    }

    // Buffers that are moved in, which work may use that nobody waits for; the second one comes back.
    let photo = Image::from_fn(PHOTO.width, PHOTO.height, 3, |x, y, c| {
        (x + 2 * y + c) as u8
    })?;
    let input = door::borrow(&device, DeviceBuffer::from_slice(photo.data())?)?;
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
    let edges =
        door::give_back(output).map_err(|memory| format!("{memory:?} is in use or not theirs"))?;
    let mut got = vec![0; edges.len()];
    edges.copy_to(&mut got)?;
    let outputs = host.run(&[&photo])?;
    let images = outputs.images("edges")?;
    check("a buffer that was moved in", images[0].data(), &got)?;

    // A buffer of pixelflume on a stream of theirs, filled and read by their calls.
    let stream = Arc::new(Stream::new(StreamFlags::NON_BLOCKING, None)?);
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut ours = memory.allocate(1000, &door::stream(&device, &stream)?)?;
    let pattern: Vec<u8> = (0..1000_u32).map(|i| (i * 7) as u8).collect();
    let mut got = vec![0; 1000];
    // SAFETY: no copy of the slice is made, and it is used by calls that wait for themselves.
    unsafe {
        door::lend(&mut ours, |slice| slice.copy_from(&pattern))??;
        door::lend(&mut ours, |slice| slice.copy_to(&mut got))??;
    }
    check("a buffer of ours", &pattern, &got)?;
    drop((compiled, input, edges, ours, memory, stream));
    println!(
        "cust on {device}: 9 images from and to its buffers, and a buffer lent to it, all equal"
    );
    Ok(())
}

fn check(what: &str, expected: &[u8], got: &[u8]) -> Result<(), Box<dyn Error>> {
    match expected == got {
        true => Ok(()),
        false => Err(format!("{what}: the results differ").into()),
    }
}
