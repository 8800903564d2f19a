//! Batches that are closed by their age.

use crate::support::{device, ends, hold, image, resized};
use pixelflume_runtime::{Batching, Content, Item, Job, Order};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

/// Batches of up to 64 images, of those that are there, from a source that stays open. The counter has the items that were read.
fn start(order: Order, device: &pixelflume_device::Device) -> (Job, Sender<u64>, Arc<AtomicU64>) {
    let (items, source) = mpsc::channel();
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let item = move |number: u64| {
        counted.fetch_add(1, Atomic::SeqCst);
        Item::new(number.to_string(), Content::Image(image(number)))
    };
    let job = Job::builder(&resized(), device)
        .order(order)
        .workers(1)
        .batching(Batching::count(64).within(Duration::ZERO))
        .start_stream(source.into_iter().map(item))
        .unwrap();
    (job, items, read)
}

#[test]
fn with_an_age_of_zero_an_image_waits_for_no_other() {
    let (job, items, _) = start(Order::Kept, &device());
    ends(move || {
        for number in 0..50 {
            items.send(number).unwrap();
            let batch = job.next_batch().unwrap().unwrap();
            assert_eq!(
                batch.items().map(|item| item.index).collect::<Vec<_>>(),
                [number]
            );
        }
    });
}

/// While the device is busy, what comes goes into one batch; when it is free, that goes at once, without an image that completes it.
#[test]
fn with_an_age_of_zero_images_go_together_under_load() {
    for order in [Order::Kept, Order::Unordered] {
        let slow = device();
        let (job, items, read) = start(order, &slow);
        let (release, _) = hold(&slow);
        (0..200).for_each(|number| items.send(number).unwrap());
        ends(move || {
            while read.load(Atomic::SeqCst) < 200 {
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(release);
            let (mut images, mut batches) = (0, 0);
            while images < 200 {
                images += job.next_batch().unwrap().unwrap().len();
                batches += 1;
            }
            // One that the device had, one that waited for it, the others by 64, and a few that were on their way.
            assert!(batches <= 16, "{batches} batches");
            drop(items);
            assert!(job.next_batch().is_none());
        });
    }
}
