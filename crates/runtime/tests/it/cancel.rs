//! Jobs that are given up, and code of the caller that panics.

use crate::support::{all, device, edges, image, resized, sized};
use pixelflume_ops::Custom;
use pixelflume_pipeline::PipelineBuilder;
use pixelflume_runtime::{
    Batching, BoxError, Content, Dataset, Images, Item, ItemInfo, Job, JobError, Order, Output,
    Source,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};

/// Whenever it comes, all threads end: the drop would wait for them forever.
#[test]
fn a_job_can_be_dropped_at_any_time() {
    for round in 0..60u64 {
        let images = Images::new((0..80).map(|number| sized(number, 8 + (number % 5) as u32, 8)));
        let pipeline = if round % 2 == 0 { resized() } else { edges() };
        let order = if round % 3 == 0 {
            Order::Kept
        } else {
            Order::Unordered
        };
        let job = Job::builder(&pipeline, &device())
            .order(order)
            .workers(1 + round as usize % 3);
        let job = job
            .batching(Batching::count(1 + round as u32 % 6))
            .epochs(u64::MAX)
            .start(images)
            .unwrap();
        let mut held = Vec::new();
        for _ in 0..round % 7 {
            held.extend(job.next_batch().unwrap().ok());
            if held.len() > 2 {
                drop(held.remove(0));
            }
        }
        for _ in 0..round * 300 {
            std::hint::spin_loop();
        }
        if round % 4 == 0 {
            job.cancel();
            assert!(job.next_batch().is_none());
        }
        drop(job);
        assert!(
            held.iter()
                .all(|batch| !batch.outputs()[0].bytes().is_empty())
        );
    }
}

#[test]
fn a_canceled_job_wakes_the_threads_that_wait_for_it() {
    let (send, receive) = std::sync::mpsc::channel::<Item>();
    let job = Job::builder(&resized(), &device())
        .start_stream(receive.into_iter())
        .unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| job.next_batch().is_none());
        std::thread::sleep(std::time::Duration::from_millis(10));
        job.cancel();
        assert!(waiting.join().unwrap());
    });
    drop(send);
}

struct Panics {
    given: u64,
}

impl Source for Panics {
    fn next_item(&mut self) -> Option<Result<Item, BoxError>> {
        self.given += 1;
        match self.given {
            4 => Some(Err("no fourth".into())),
            8 => panic!("on purpose"),
            number => Some(Ok(Item::new("x", Content::Image(image(number))))),
        }
    }
}

#[test]
fn a_source_that_fails_or_panics_loses_what_it_did_not_give() {
    let job = Job::builder(&resized(), &device())
        .batching(Batching::count(3))
        .start_stream(Panics { given: 0 });
    let job = job.unwrap();
    let (mut items, mut failures, mut end) = (0, Vec::new(), None);
    for batch in &job {
        match batch {
            Ok(batch) => {
                items += batch.len();
                failures.extend(batch.failures().iter().map(|failure| failure.to_string()));
            }
            Err(error) => end = Some(error),
        }
    }
    assert_eq!(items, 6);
    assert_eq!(failures, ["#3: the source could not give it: no fourth"]);
    assert!(matches!(end, Some(JobError::SourcePanicked)));
    assert!(job.next_batch().is_none());
}

/// Both threads that take results, and a sink's.
#[test]
fn the_error_at_the_end_is_for_each_thread() {
    let job = Job::builder(&resized(), &device()).start_stream(Panics { given: 0 });
    let job = job.unwrap();
    std::thread::scope(|scope| {
        let take = || {
            let ends = job.into_iter().filter_map(Result::err);
            let ends: Vec<JobError> = ends.collect();
            assert!(matches!(ends[..], [JobError::SourcePanicked]), "{ends:?}");
        };
        let takers = [scope.spawn(take), scope.spawn(take)];
        takers.into_iter().for_each(|taker| taker.join().unwrap());
    });
    let sink = |_: &ItemInfo, _: &[Output<'_>]| Ok(());
    for _ in 0..2 {
        let error = job.for_each(sink).unwrap_err();
        assert!(matches!(error, JobError::SourcePanicked));
    }
    assert!(job.next_batch().is_none());
}

struct PanicsAt(u64);

impl Dataset for PanicsAt {
    fn len(&self) -> u64 {
        10
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        assert_ne!(index, self.0, "on purpose");
        Ok(Item::new("x", Content::Image(image(index))))
    }
}

#[test]
fn a_data_set_that_panics_loses_one_item() {
    let job = Job::builder(&resized(), &device())
        .start(PanicsAt(6))
        .unwrap();
    let (results, failures) = all(&job);
    assert_eq!(results.len(), 9);
    assert_eq!(
        failures[&6],
        "the source could not give it: the data set panicked"
    );
}

#[test]
fn an_operator_that_panics_fails_its_batches_alone() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let custom = Custom::new("odd", 1).unwrap().host(usize::MAX, move |_| {
        assert_ne!(counted.fetch_add(1, Atomic::SeqCst) % 5, 2, "on purpose");
    });
    let mut builder = PipelineBuilder::new("odd");
    let input = builder.input("input").unwrap();
    builder.then(input, "odd", custom).unwrap();
    let job = Job::builder(&builder.build().unwrap(), &device()).batching(Batching::count(1));
    let job = job
        .start(Images::new((0..20).map(|number| sized(number, 6, 6))))
        .unwrap();
    let (results, failures) = all(&job);
    assert_eq!(results.len() + failures.len(), 20);
    assert!(!failures.is_empty() && !results.is_empty());
}
