//! Pipelines and images of the tests, and what a runner makes of each image alone.

use pixelflume_codec::{EncodeOptions, Format, encode};
use pixelflume_device::{Device, HostConfig};
use pixelflume_ops::operators::{RandomCrop, RandomFlip, Resize, Sobel};
use pixelflume_ops::{Image, ImageView};
use pixelflume_pipeline::{ExecutionConfig, Pipeline, PipelineBuilder, Runner};
use pixelflume_runtime::{Batch, Job};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};

pub(crate) fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2))
}

pub(crate) fn device_of_one_thread() -> Device {
    Device::host_with(HostConfig::default().with_threads(1))
}

/// Takes images of any sizes in one batch.
pub(crate) fn resized() -> Pipeline {
    let mut builder = PipelineBuilder::new("resized");
    let input = builder.input("input").unwrap();
    builder
        .then(input, "small", Resize::new(8, 6).unwrap())
        .unwrap();
    builder.build().unwrap()
}

/// Takes images of one shape in a batch.
pub(crate) fn edges() -> Pipeline {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("input").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    builder.build().unwrap()
}

/// Does something else to each image.
pub(crate) fn random() -> Pipeline {
    let mut builder = PipelineBuilder::new("random");
    let input = builder.input("input").unwrap();
    let cropped = builder
        .then(input, "cropped", RandomCrop::new(5, 4).unwrap().seed(3))
        .unwrap();
    builder
        .then(
            cropped,
            "flipped",
            RandomFlip::new(0.5, 0.5).unwrap().seed(9),
        )
        .unwrap();
    builder.build().unwrap()
}

/// An image whose size and content follow from its number.
pub(crate) fn image(number: u64) -> Image {
    let (width, height) = (6 + (number * 7 % 23) as u32, 5 + (number * 5 % 17) as u32);
    sized(number, width, height)
}

pub(crate) fn sized(number: u64, width: u32, height: u32) -> Image {
    let value = move |x: u32, y: u32, c: u32| {
        (u64::from(x) * 31 + u64::from(y) * 17 + u64::from(c) * 71 + number * 13) as u8
    };
    Image::from_fn(width, height, 3, value).unwrap()
}

pub(crate) fn png(image: &Image) -> Vec<u8> {
    encode(
        ImageView::from(image),
        Format::Png,
        &EncodeOptions::default(),
    )
    .unwrap()
}

/// What a runner makes of the image of this number alone.
pub(crate) fn alone(pipeline: &Pipeline, index: u64, epoch: u64, image: &Image) -> Image {
    let mut runner = Runner::new(pipeline.clone(), &device(), ExecutionConfig::default()).unwrap();
    runner.set_index(index);
    runner.set_epoch(epoch);
    let name = pipeline.outputs().next().unwrap().to_owned();
    let outputs = runner.run(&[image]).unwrap();
    outputs.images(&name).unwrap()[0].clone()
}

/// The results of a batch by index and epoch.
pub(crate) fn results(batch: &Batch) -> Vec<((u64, u64), Image)> {
    let outputs = batch.outputs();
    let images = outputs
        .first()
        .map(|output| output.to_images())
        .unwrap_or_default();
    assert_eq!(images.len(), batch.len());
    let keys = batch.items().map(|item| (item.epoch, item.index));
    keys.zip(images).collect()
}

/// All results of a job by epoch and index, and the texts of its failures.
pub(crate) fn all(job: &Job) -> (BTreeMap<(u64, u64), Image>, BTreeMap<u64, String>) {
    let (mut images, mut failures) = (BTreeMap::new(), BTreeMap::new());
    for batch in job {
        let batch = batch.unwrap();
        for (key, image) in results(&batch) {
            assert!(images.insert(key, image).is_none(), "{key:?} came twice");
        }
        for failure in batch.failures() {
            let text = failure.error.to_string();
            assert!(failures.insert(failure.item.index, text).is_none());
        }
    }
    (images, failures)
}

/// Has every call of a device wait until the sender is dropped. The flag says whether one waits.
pub(crate) fn hold(device: &Device) -> (Sender<()>, Arc<AtomicBool>) {
    let (release, held) = mpsc::channel::<()>();
    let is_held = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_held);
    device.refusals().inject(move |_| {
        flag.store(true, Ordering::SeqCst);
        let _ = held.recv();
        None
    });
    (release, is_held)
}

/// Runs something that must not hang: fails after a minute, which it needs on no machine.
pub(crate) fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _ = send.send(work());
    });
    match receive.recv_timeout(std::time::Duration::from_secs(60)) {
        Ok(result) => result,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(_) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}
