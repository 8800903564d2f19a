//! Several devices.

use crate::support::{alone, device, ends, hold, image, resized};
use pixelflume_device::{Device, DeviceError};
use pixelflume_ops::{Custom, Image, Resize};
use pixelflume_pipeline::{EngineConfig, Pipeline, PipelineBuilder};
use pixelflume_runtime::{Batching, Content, Images, Item, Job, JobError, Order, StartError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

#[test]
fn batches_are_spread_and_come_in_order() {
    let pipeline = resized();
    let images: Vec<Image> = (0..80).map(image).collect();
    for order in [Order::Kept, Order::Unordered] {
        let devices = [device(), device()];
        let job = Job::builder(&pipeline, &devices[0])
            .devices(devices)
            .order(order)
            .batching(Batching::count(4));
        let job = job.start(Images::new(images.clone())).unwrap();
        let mut seen = Vec::new();
        for batch in &job {
            seen.extend(crate::support::results(&batch.unwrap()));
        }
        if order == Order::Unordered {
            seen.sort_by_key(|(key, _)| *key);
        }
        assert_eq!(seen.len(), 80);
        for (number, ((_, index), result)) in seen.into_iter().enumerate() {
            assert_eq!(index, number as u64);
            assert_eq!(result, alone(&pipeline, index, 0, &images[number]));
        }
    }
}

#[test]
fn a_job_needs_a_device() {
    let job = Job::builder(&resized(), &device())
        .devices([])
        .start(Images::default());
    assert!(matches!(job.unwrap_err(), StartError::NoDevice));
}

/// Has every call of the device fail after some, as those of a GPU that has fallen off its bus.
fn lose_after(device: &Device, calls: u64) {
    let mut made = 0;
    device.refusals().inject(move |_| {
        made += 1;
        (made > calls).then(|| DeviceError::Lost {
            device: "a device of a test".to_owned(),
            call: "a call",
            code: 719,
            name: "CUDA_ERROR_LAUNCH_FAILED",
        })
    });
}

#[test]
fn a_lost_device_fails_its_batches_and_the_others_go_on() {
    let pipeline = resized();
    let images: Vec<Image> = (0..200).map(image).collect();
    for calls in [0, 1, 7, 40, 100] {
        let devices = [device(), device()];
        lose_after(&devices[0], calls);
        let job = Job::builder(&pipeline, &devices[0])
            .devices(devices)
            .batching(Batching::count(4));
        let job = job.start(Images::new(images.clone())).unwrap();
        let (mut good, mut failed) = (BTreeSet::new(), BTreeSet::new());
        for batch in &job {
            let batch = batch.unwrap();
            for ((_, index), result) in crate::support::results(&batch) {
                assert_eq!(result, alone(&pipeline, index, 0, &images[index as usize]));
                assert!(good.insert(index));
            }
            failed.extend(batch.failures().iter().map(|failure| failure.item.index));
        }
        assert_eq!(good.len() + failed.len(), 200);
        assert!(good.is_disjoint(&failed));
        assert!(good.len() >= 100, "{calls}: {failed:?}");
    }
}

#[test]
fn a_job_without_a_device_left_ends() {
    let only = device();
    let images = Images::new((0..50).map(image));
    let job = Job::builder(&resized(), &only)
        .batching(Batching::count(4))
        .epochs(u64::MAX)
        .start(images)
        .unwrap();
    assert_eq!(job.next_batch().unwrap().unwrap().len(), 4);
    lose_after(&only, 0);
    let end = job.into_iter().find_map(|batch| batch.err()).unwrap();
    assert!(matches!(end, JobError::Stopped(_)), "{end}");
    assert!(job.next_batch().is_none());
}

/// Batches go to a device when it has room for them: one that hangs keeps the batch that it has, and no other.
#[test]
fn a_slow_device_keeps_no_batch_from_the_others() {
    let devices = [device(), device()];
    let (items, source) = mpsc::channel();
    let job = Job::builder(&resized(), &devices[0])
        .devices(devices.clone())
        .order(Order::Unordered)
        .batching(Batching::count(1))
        .start_stream(source.into_iter())
        .unwrap();
    let (release, _) = hold(&devices[1]);
    for number in 0..60 {
        let item = Item::new(number.to_string(), Content::Image(image(number)));
        items.send(item).unwrap();
    }
    drop(items);
    ends(move || {
        let take = || job.next_batch().map(|batch| batch.unwrap().len());
        let while_held: usize = (0..59).filter_map(|_| take()).sum();
        assert_eq!(while_held, 59);
        drop(release);
        assert_eq!(while_held + std::iter::from_fn(take).sum::<usize>(), 60);
    });
}

/// With results in order a device goes on until its lanes, the hands of its thread, and one place for a result that waits are full, while another device
/// has the next batch; and no further.
#[test]
fn a_device_is_ahead_of_a_slow_one_by_what_it_has_in_flight() {
    for (lanes, ahead) in [(1, 4), (3, 5), (6, 8)] {
        let devices = [device(), device()];
        let computed = Arc::new(AtomicU64::new(0));
        let (pipeline, counted) = (counted(&computed), Arc::clone(&computed));
        let (items, source) = mpsc::channel();
        let job = Job::builder(&pipeline, &devices[0])
            .devices(devices.clone())
            .engine(EngineConfig::new().in_flight(lanes))
            .batching(Batching::count(1))
            .start_stream(source.into_iter())
            .unwrap();
        let (release, is_held) = hold(&devices[1]);
        for number in 0..60 {
            let item = Item::new(number.to_string(), Content::Image(image(number)));
            items.send(item).unwrap();
        }
        drop(items);
        ends(move || {
            let (mut taken, mut quiet) = (0, 0);
            while quiet < 100 {
                let before = counted.load(Atomic::SeqCst) - taken;
                match job.next_batch_within(Duration::ZERO) {
                    Poll::Pending => std::thread::sleep(Duration::from_millis(1)),
                    Poll::Ready(batch) => {
                        assert_eq!(batch.unwrap().unwrap().number(), taken);
                        taken += 1;
                    }
                }
                let now = counted.load(Atomic::SeqCst) - taken;
                // Those behind the next one, and that.
                assert!(now <= ahead + 1, "{lanes} lanes: {now}");
                let is_still = is_held.load(Atomic::SeqCst) && before == ahead && now == ahead;
                quiet = if is_still { quiet + 1 } else { 0 };
            }
            drop(release);
            let rest = job.into_iter().map(|batch| batch.unwrap().number());
            assert!(rest.eq(taken..60));
        });
    }
}

/// Counts the images that are computed.
fn counted(computed: &Arc<AtomicU64>) -> Pipeline {
    let computed = Arc::clone(computed);
    let count = Custom::new("counted", 1)
        .unwrap()
        .host(usize::MAX, move |_| {
            computed.fetch_add(1, Atomic::SeqCst);
        });
    let mut builder = PipelineBuilder::new("counted");
    let input = builder.input("input").unwrap();
    let small = builder.then(input, "small", Resize::new(8, 6).unwrap());
    builder.then(small.unwrap(), "counted", count).unwrap();
    builder.build().unwrap()
}
