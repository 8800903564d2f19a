//! Results that go into a sink.

use crate::support::{alone, device, ends, image, png, resized};
use pixelflume_ops::Image;
use pixelflume_pipeline::EngineConfig;
use pixelflume_runtime::{
    Batching, BoxError, Content, Encoded, Failure, Images, Item, ItemInfo, Job, JobError, Output,
    Sink,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

#[derive(Default)]
struct Collected {
    images: Mutex<BTreeMap<u64, Image>>,
    failed: Mutex<BTreeMap<u64, String>>,
}

impl Sink for Collected {
    fn write(&self, item: &ItemInfo, results: &[Output<'_>]) -> Result<(), BoxError> {
        assert_eq!(results.len(), 1);
        match item.index % 10 {
            1 => return Err("no room".into()),
            2 => panic!("on purpose"),
            _ => {}
        }
        let image = results[0].to_images().remove(0);
        self.images.lock().unwrap().insert(item.index, image);
        Ok(())
    }

    fn failed(&self, failure: &Failure) {
        let text = failure.error.to_string();
        self.failed.lock().unwrap().insert(failure.item.index, text);
    }
}

#[test]
fn every_item_goes_into_the_sink_or_fails() {
    let pipeline = resized();
    let images: Vec<Image> = (0..50).map(image).collect();
    let files = images.iter().enumerate().map(|(number, image)| {
        let file = if number % 10 == 3 {
            vec![7; 7]
        } else {
            png(image)
        };
        (number.to_string(), file)
    });
    let files = Encoded::new(files.collect::<Vec<_>>());
    let sink = Arc::new(Collected::default());
    let job = Job::builder(&pipeline, &device())
        .batching(Batching::count(6))
        .workers(3)
        .start(files)
        .unwrap();
    let report = job.for_each(Arc::clone(&sink)).unwrap();
    assert_eq!(
        (report.written, report.failed, report.failures.len()),
        (35, 15, 15)
    );
    assert_eq!(job.position().taken(), 50);
    assert!(job.next_batch().is_none());
    drop(job);
    let sink = Arc::into_inner(sink).unwrap();
    let failed = sink.failed.into_inner().unwrap();
    assert_eq!(failed.len(), 15);
    assert_eq!(failed[&21], "its results could not be written: no room");
    assert_eq!(failed[&2], "the sink panicked");
    let written = sink.images.into_inner().unwrap();
    assert_eq!(written.len(), 35);
    for (index, result) in written {
        assert_eq!(result, alone(&pipeline, index, 0, &images[index as usize]));
    }
}

#[test]
fn a_closure_is_a_sink_and_takes_what_is_left() {
    let images = Images::new((0..30).map(image));
    let job = Job::builder(&resized(), &device())
        .batching(Batching::count(5))
        .start(images)
        .unwrap();
    let first = job.next_batch().unwrap().unwrap();
    let written = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&written);
    let report = job.for_each(move |item: &ItemInfo, _: &[Output<'_>]| {
        list.lock().unwrap().push(item.index);
        Ok(())
    });
    assert_eq!(report.unwrap().written, 25);
    assert_eq!(first.len(), 5);
    let mut written = written.lock().unwrap().clone();
    written.sort_unstable();
    assert_eq!(written, (5..30).collect::<Vec<_>>());
}

#[test]
fn results_on_the_device_have_no_sink() {
    let config = EngineConfig::new().device_outputs(true);
    let job = Job::builder(&resized(), &device())
        .engine(config)
        .start(Images::default())
        .unwrap();
    let error = job
        .for_each(|_: &ItemInfo, _: &[Output<'_>]| Ok(()))
        .unwrap_err();
    assert!(matches!(error, JobError::DeviceOutputs));
}

#[test]
fn a_job_is_canceled_while_its_sink_runs() {
    let job = Job::builder(&resized(), &device())
        .epochs(u64::MAX)
        .workers(3);
    let job = job.start(Images::new((0..30).map(image))).unwrap();
    let (begun, seen) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let job = &job;
        let done = scope.spawn(move || {
            job.for_each(move |_: &ItemInfo, _: &[Output<'_>]| {
                let _ = begun.send(());
                Ok(())
            })
        });
        seen.recv().unwrap();
        job.cancel();
        assert!(done.join().unwrap().unwrap().written > 0);
    });
}

struct Flushed {
    done: Arc<AtomicBool>,
}

impl Sink for Flushed {
    fn write(&self, _: &ItemInfo, _: &[Output<'_>]) -> Result<(), BoxError> {
        Ok(())
    }
}

impl Drop for Flushed {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(5));
        self.done.store(true, Atomic::SeqCst);
    }
}

#[test]
fn a_sink_is_dropped_before_its_call_returns() {
    for _ in 0..20 {
        let done = Arc::new(AtomicBool::new(false));
        let sink = Flushed {
            done: Arc::clone(&done),
        };
        let job = Job::builder(&resized(), &device())
            .workers(4)
            .batching(Batching::count(1));
        let job = job.start(Images::new((0..6).map(image))).unwrap();
        ends(move || job.for_each(sink).unwrap());
        assert!(done.load(Atomic::SeqCst));
    }
}

/// A sink that has the job, calls it, and has its last reference.
#[test]
fn a_sink_cannot_take_results_of_its_own_job() {
    let errors = ends(|| {
        let job = Job::builder(&resized(), &device()).batching(Batching::count(2));
        let job = Arc::new(job.start(Images::new((0..6).map(image))).unwrap());
        let errors = Arc::new(Mutex::new(Vec::new()));
        let (own, told) = (Arc::clone(&job), Arc::clone(&errors));
        let report = job.for_each(move |_: &ItemInfo, _: &[Output<'_>]| {
            let taken = own.next_batch().unwrap().unwrap_err();
            let given = own
                .for_each(|_: &ItemInfo, _: &[Output<'_>]| Ok(()))
                .unwrap_err();
            told.lock().unwrap().extend([taken, given]);
            Ok(())
        });
        assert_eq!(report.unwrap().written, 6);
        Arc::into_inner(errors).unwrap().into_inner().unwrap()
    });
    assert_eq!(errors.len(), 12);
    let is_own = |error: &JobError| matches!(error, JobError::OwnThread);
    assert!(errors.iter().all(is_own));
}

struct ToldAtDrop {
    job: std::sync::Weak<Job>,
}

impl Sink for ToldAtDrop {
    fn write(&self, _: &ItemInfo, _: &[Output<'_>]) -> Result<(), BoxError> {
        Ok(())
    }
}

impl Drop for ToldAtDrop {
    fn drop(&mut self) {
        if let Some(job) = self.job.upgrade() {
            assert_eq!(job.report().failed, 0);
        }
    }
}

#[test]
fn a_second_sink_is_refused() {
    let written = ends(|| {
        let (send, receive) = mpsc::channel::<Item>();
        let job = Job::builder(&resized(), &device()).batching(Batching::count(1));
        let job = Arc::new(job.start_stream(receive.into_iter()).unwrap());
        let sink = |job| ToldAtDrop {
            job: Arc::downgrade(job),
        };
        std::thread::scope(|scope| {
            let first = scope.spawn(|| job.for_each(sink(&job)));
            send.send(Item::new("x", Content::Image(image(1)))).unwrap();
            while job.report().written == 0 {
                std::thread::yield_now();
            }
            let second = job.for_each(sink(&job)).unwrap_err();
            assert!(matches!(second, JobError::SinkTaken), "{second}");
            send.send(Item::new("x", Content::Image(image(2)))).unwrap();
            drop(send);
            first.join().unwrap().unwrap().written
        })
    });
    assert_eq!(written, 2);
}

/// What a sink has written before a cancellation in the middle of a batch is not written again.
#[test]
fn items_that_were_written_are_not_given_again() {
    let images = || Images::new((0..40).map(image));
    let builder = Job::builder(&resized(), &device()).batching(Batching::count(20));
    let job = Arc::new(builder.clone().workers(2).start(images()).unwrap());
    let written = Arc::new(Mutex::new(Vec::new()));
    let (own, list) = (Arc::clone(&job), Arc::clone(&written));
    let sink = move |item: &ItemInfo, _: &[Output<'_>]| {
        list.lock().unwrap().push(item.index);
        if item.index == 5 {
            own.cancel();
        }
        Ok(())
    };
    let report = job.for_each(sink).unwrap();
    let position = job.position();
    assert_eq!(position.taken(), report.written);
    let rest = builder.resume(position).start(images()).unwrap();
    let mut all = written.lock().unwrap().clone();
    assert!(all.len() < 20);
    for batch in &rest {
        all.extend(batch.unwrap().items().map(|item| item.index));
    }
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<_>>());
}
