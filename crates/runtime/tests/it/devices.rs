//! Several devices.

use crate::support::{alone, device, image, resized};
use pixelflume_device::{Device, DeviceError};
use pixelflume_ops::Image;
use pixelflume_runtime::{Batching, Images, Job, JobError, Order, StartError};
use std::collections::BTreeSet;

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
