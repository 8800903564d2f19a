//! The order of results, shuffles and epochs.

use crate::support::{device, edges, ends, image, resized, sized};
use pixelflume_ops::Image;
use pixelflume_runtime::{Batching, Content, Images, Item, Job, Order, Shuffle};
use std::sync::mpsc;

fn indices(job: &Job) -> Vec<Vec<(u64, u64)>> {
    let batches = job.into_iter().map(|batch| {
        let batch = batch.unwrap();
        assert!(batch.failures().is_empty());
        batch.items().map(|item| (item.epoch, item.index)).collect()
    });
    batches.collect()
}

#[test]
fn images_of_one_kind_come_in_their_order() {
    let images: Vec<Image> = (0..50).map(image).collect();
    for workers in [1, 4] {
        let job = Job::builder(&resized(), &device())
            .batching(Batching::count(8))
            .workers(workers);
        let batches = indices(&job.start(Images::new(images.clone())).unwrap());
        assert_eq!(batches.len(), 7);
        let flat: Vec<_> = batches.into_iter().flatten().collect();
        assert_eq!(flat, (0..50).map(|index| (0, index)).collect::<Vec<_>>());
    }
}

/// Batches of different kinds are filled at the same time; each comes in the order of its first item.
#[test]
fn batches_of_several_kinds_come_by_their_first_items() {
    let kinds = [(8, 6), (9, 6), (10, 6)];
    let images: Vec<Image> = (0..90)
        .map(|number| {
            let (width, height) = kinds[(number * number % 7 % 3) as usize];
            sized(number, width, height)
        })
        .collect();
    let mut seen = None;
    for workers in [1, 3] {
        let job = Job::builder(&edges(), &device())
            .batching(Batching::count(5))
            .workers(workers);
        let batches = indices(&job.start(Images::new(images.clone())).unwrap());
        assert!(batches.iter().map(|batch| batch[0]).is_sorted());
        assert!(batches.iter().all(|batch| batch.is_sorted()));
        let mut flat: Vec<_> = batches.iter().flatten().copied().collect();
        flat.sort_unstable();
        assert_eq!(flat, (0..90).map(|index| (0, index)).collect::<Vec<_>>());
        assert_eq!(
            *seen.get_or_insert(batches.clone()),
            batches,
            "{workers} workers"
        );
    }
}

/// A kind of which there is one image does not hold back all others until the end.
#[test]
fn a_rare_kind_does_not_stop_the_others() {
    let images: Vec<Image> = (0..200)
        .map(|number| sized(number, if number == 3 { 20 } else { 8 }, 6))
        .collect();
    let job = Job::builder(&edges(), &device()).batching(Batching::count(4));
    let batches = indices(&job.start(Images::new(images)).unwrap());
    let rare = batches.iter().position(|batch| batch[0].1 == 3).unwrap();
    assert_eq!((rare, batches[rare].len()), (1, 1));
}

#[test]
fn epochs_follow_each_other_and_share_no_batch() {
    let images: Vec<Image> = (0..10).map(image).collect();
    let job = Job::builder(&resized(), &device())
        .batching(Batching::count(4))
        .epochs(3);
    let batches = indices(&job.start(Images::new(images)).unwrap());
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 4, 2, 4, 4, 2, 4, 4, 2]);
    assert!(batches.iter().flatten().is_sorted());
}

#[test]
fn a_shuffle_is_the_same_for_every_number_of_workers() {
    let images: Vec<Image> = (0..40).map(image).collect();
    let mut seen = None;
    for workers in [1, 2, 5] {
        let job = Job::builder(&resized(), &device())
            .workers(workers)
            .epochs(2)
            .shuffle(Shuffle::windows(5, 16));
        let batches = indices(&job.start(Images::new(images.clone())).unwrap());
        let flat: Vec<_> = batches.into_iter().flatten().collect();
        let (first, second) = flat.split_at(40);
        let order = |epoch: &[(u64, u64)]| epoch.iter().map(|item| item.1).collect::<Vec<_>>();
        assert_ne!(order(first), order(second));
        let mut sorted = order(first);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..40).collect::<Vec<_>>());
        assert_eq!(*seen.get_or_insert(flat.clone()), flat);
    }
}

#[test]
fn unordered_results_are_all_there() {
    let images: Vec<Image> = (0..60)
        .map(|number| sized(number, 6 + number as u32 % 20, 6))
        .collect();
    let job = Job::builder(&edges(), &device())
        .order(Order::Unordered)
        .batching(Batching::count(3))
        .workers(3);
    let mut flat: Vec<_> = indices(&job.start(Images::new(images)).unwrap())
        .into_iter()
        .flatten()
        .collect();
    flat.sort_unstable();
    assert_eq!(flat, (0..60).map(|index| (0, index)).collect::<Vec<_>>());
}

/// Results wait neither for a full batch nor for the end where only failures come behind them.
#[test]
fn failures_behind_an_open_batch_close_it() {
    let (send, taken) = mpsc::channel::<()>();
    let source = (0..7).map(move |number: u64| {
        let content = match number {
            0 => Content::Image(image(0)),
            _ => Content::Bytes(b"no image".to_vec().into()),
        };
        if number == 6 {
            let _ = taken.recv();
        }
        Item::new(number.to_string(), content)
    });
    let job = Job::builder(&resized(), &device()).batching(Batching::count(100));
    let job = job.start_stream(source).unwrap();
    ends(move || {
        let first = job.next_batch().unwrap().unwrap();
        assert_eq!((first.number(), first.len()), (0, 1));
        send.send(()).unwrap();
        let rest = (&job)
            .into_iter()
            .map(|batch| batch.unwrap().failures().len());
        assert_eq!(rest.sum::<usize>(), 6);
    });
}
