//! Jobs over JPEG files on a driver without a GPU: files that the device was to decode and does not, which the CPU decodes part by part.
#![cfg(feature = "cuda")]

use pixelflume_codec::{DecodeOptions, EncodeOptions, Format, Limits, decode, encode};
use pixelflume_cuda_driver::testing::{DeviceMemory, Fake, FakeConfig, TestDriver};
use pixelflume_device::Device;
use pixelflume_ops::{Image, ImageView, Resize};
use pixelflume_pipeline::{EngineConfig, Pipeline, PipelineBuilder};
use pixelflume_runtime::{Batching, Content, Encoded, Item, Job};
use std::collections::BTreeMap;
use std::sync::mpsc;

const MIB: u64 = 1 << 20;

/// Bytes of an image as an argument of a kernel.
const IMAGE: usize = 40;

/// Tells the driver what stands for the kernel of mixed chains: every sample of an output is the sum of all bytes of its image.
fn tell(fake: &Fake) {
    fake.on_kernel("sample_mixed", 2 * IMAGE, |args, memory| {
        let [table, target] = [0, 1].map(|index| &args[index * IMAGE..][..IMAGE]);
        let [width, height, channels, frames] = [6, 7, 8, 9].map(|at| half(target, at));
        for frame in 0..u64::from(frames) {
            let sum = sum_of(word(table, 0) + frame * word(table, 2), memory);
            for row in 0..u64::from(height) {
                let at = word(target, 0) + frame * word(target, 2) + row * word(target, 1);
                memory.bytes(at, (width * channels) as usize).fill(sum);
            }
        }
    });
}

fn word(bytes: &[u8], index: usize) -> u64 {
    u64::from_le_bytes(bytes[8 * index..][..8].try_into().unwrap())
}

fn half(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(bytes[4 * index..][..4].try_into().unwrap())
}

/// The sum of all bytes of the gray image that a descriptor describes.
fn sum_of(entry: u64, memory: &mut DeviceMemory<'_>) -> u8 {
    let entry = memory.read(entry, 24);
    let (base, pitch) = (word(&entry, 0), word(&entry, 1));
    let (width, height) = (half(&entry, 4), half(&entry, 5));
    let rows = (0..u64::from(height)).map(|row| {
        let row = memory.bytes(base + row * pitch, width as usize);
        row.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte))
    });
    rows.fold(0, u8::wrapping_add)
}

fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("small");
    let input = builder.input("input").unwrap();
    builder
        .then(input, "small", Resize::new(8, 3).unwrap())
        .unwrap();
    builder.build().unwrap()
}

/// A gray file, of a size of its own.
fn file(number: u32) -> Vec<u8> {
    let (width, height) = (500 + number % 7, 400 + number % 5);
    let value = move |x: u32, y: u32, _| (x / 2 + y + number * 29) as u8;
    let image = Image::from_fn(width, height, 1, value).unwrap();
    encode(
        ImageView::from(&image),
        Format::Jpeg,
        &EncodeOptions::default(),
    )
    .unwrap()
}

#[test]
fn the_cpu_decodes_in_parts_what_the_device_does_not() {
    let files: Vec<Vec<u8>> = (0..40).map(file).collect();
    let sums = files.iter().map(|file| {
        let image = decode(file, &DecodeOptions::default()).unwrap();
        image
            .data()
            .iter()
            .fold(0u8, |sum, byte| sum.wrapping_add(*byte))
    });
    let sums: Vec<u8> = sums.collect();
    // The coefficients of a file take two bytes for each pixel on the device; the CPU takes few bytes beside the pixels.
    let limits = Limits {
        max_bytes: 350_000,
        ..Limits::default()
    };
    let too_large = pipeline().with_decode_options(DecodeOptions {
        limits,
        ..DecodeOptions::default()
    });
    let no_decoder = FakeConfig {
        lacks_kernels: vec!["jpeg_colors".to_owned()],
        ..FakeConfig::default()
    };
    for (name, pipeline, config) in [
        (
            "files too large for the device",
            too_large,
            FakeConfig::default(),
        ),
        ("a device that cannot decode", pipeline(), no_decoder),
    ] {
        let (driver, fake) = TestDriver::fake(config);
        tell(fake);
        let device = Device::cuda_on(driver.driver(), 0).unwrap();
        let names = (0..).map(|number: u32| number.to_string());
        let job = Job::builder(&pipeline, &device)
            .host_memory(MIB)
            .workers(2)
            .batching(Batching::count(12))
            .engine(EngineConfig::new().mixed_bytes(MIB as usize))
            .start(Encoded::new(
                names.zip(files.iter().cloned()).collect::<Vec<_>>(),
            ))
            .unwrap();
        let (mut next, mut parts) = (0, BTreeMap::<u64, usize>::new());
        for batch in &job {
            let batch = batch.unwrap();
            assert!(
                batch.failures().is_empty(),
                "{name}: {:?}",
                batch.failures()
            );
            *parts.entry(batch.number()).or_default() += 1;
            let output = batch.get("small").unwrap();
            for (number, item) in batch.items().enumerate() {
                assert_eq!(item.index, next, "{name}");
                let result = output.image(number).unwrap();
                assert_eq!(result, [sums[next as usize]; 24], "{name}: {next}");
                next += 1;
            }
        }
        assert_eq!(next, 40, "{name}");
        assert!(parts[&0] > 1, "{name}: {parts:?}");
        assert!(job.most_host_memory() <= MIB, "{name}");
        drop(job);
        let live = fake.live();
        assert_eq!((live.device_blocks, live.pinned_blocks), (0, 0), "{name}");
    }
}

/// The thread that reads the source may end when the driver is gone: it has no memory to give back.
#[test]
fn a_job_that_is_dropped_leaves_no_memory_to_its_source() {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    let (items, source) = mpsc::channel();
    let job = Job::builder(&pipeline(), &device)
        .batching(Batching::count(1))
        .engine(EngineConfig::new().mixed_bytes(MIB as usize))
        .start_stream(source.into_iter())
        .unwrap();
    let image = Image::from_fn(20, 10, 1, |x, y, _| (x + y) as u8).unwrap();
    items
        .send(Item::new("first", Content::Image(image)))
        .unwrap();
    assert_eq!(job.next_batch().unwrap().unwrap().len(), 1);
    let live = fake.live();
    assert!(live.device_blocks > 0 && live.pinned_blocks > 0);
    drop((job, device));
    let live = fake.live();
    assert_eq!((live.device_blocks, live.pinned_blocks), (0, 0));
    assert_eq!(fake.contexts(), 0);
    drop(items);
}
