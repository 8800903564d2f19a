//! Memory is bounded, whoever is slow.

use crate::support::{all, alone, device, edges, ends, image, png, resized, results, sized};
use pixelflume_ops::{Custom, Image, Resize};
use pixelflume_pipeline::PipelineBuilder;
use pixelflume_runtime::{Batching, Content, Encoded, Images, Item, Job, JobError, Order};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// Images of 48 to 300 KiB, as files and decoded, in 4 MiB: batches are closed early, and all images come.
#[test]
fn a_small_bound_is_kept() {
    let images: Vec<Image> = (0..60)
        .map(|number| match number % 9 {
            0 => sized(number, 320, 300),
            _ => sized(number, 160, 100 + number as u32),
        })
        .collect();
    let files = || {
        let files = images.iter().enumerate();
        Encoded::new(
            files
                .map(|(number, image)| (number.to_string(), png(image)))
                .collect::<Vec<_>>(),
        )
    };
    for pipeline in [resized(), edges()] {
        for order in [Order::Kept, Order::Unordered] {
            let builder = Job::builder(&pipeline, &device())
                .order(order)
                .host_memory(4 * MIB);
            let builder = builder.batching(Batching::count(32)).workers(3);
            for in_memory in [false, true] {
                let job = match in_memory {
                    false => builder.clone().start(files()).unwrap(),
                    true => builder.clone().start(Images::new(images.clone())).unwrap(),
                };
                let (results, failures) = all(&job);
                let most = job.most_host_memory();
                assert!(most <= 4 * MIB && most > 0, "{most}");
                assert!(failures.is_empty(), "{failures:?}");
                assert_eq!(results.len(), 60);
                for (key, result) in results.iter().step_by(7) {
                    assert_eq!(*result, alone(&pipeline, key.1, 0, &images[key.1 as usize]));
                }
            }
        }
    }
}

#[test]
fn an_item_that_is_too_large_fails_alone() {
    // Its file is small.
    let large = Image::from_fn(1000, 900, 3, |_, _, _| 7).unwrap();
    let files = [
        ("a", png(&image(0))),
        ("b", png(&large)),
        ("c", png(&image(2))),
    ];
    let job = Job::builder(&resized(), &device())
        .host_memory(MIB)
        .start(Encoded::new(files))
        .unwrap();
    let (results, failures) = all(&job);
    assert_eq!(results.len(), 2);
    assert!(failures[&1].contains("786432"), "{failures:?}");
    let job = Job::builder(&resized(), &device()).host_memory(MIB);
    let (results, failures) = all(&job.start(Images::new([image(0), large, image(2)])).unwrap());
    assert_eq!(results.len(), 2);
    assert!(
        failures[&1].contains("one item may take 786432"),
        "{failures:?}"
    );
}

/// Results of batches that are not full are copied, and count: what is computed ahead of a caller who takes nothing fits into the memory.
#[test]
fn copied_results_are_within_the_bound() {
    const RESULT: u64 = 230 * 230 * 3;
    for order in [Order::Kept, Order::Unordered] {
        let computed = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&computed);
        let custom = Custom::new("counted", 1)
            .unwrap()
            .host(usize::MAX, move |_| {
                counted.fetch_add(1, Atomic::SeqCst);
            });
        let mut builder = PipelineBuilder::new("large");
        let input = builder.input("input").unwrap();
        let large = builder
            .then(input, "large", Resize::new(230, 230).unwrap())
            .unwrap();
        builder.then(large, "counted", custom).unwrap();
        let pipeline = builder.build().unwrap();
        // No batch is full: none waits for a further image.
        let batching = Batching::count(3).within(Duration::ZERO);
        let items = (0..60).map(|number| {
            std::thread::sleep(Duration::from_millis(2));
            Item::new("x", Content::Image(image(number)))
        });
        let job = Job::builder(&pipeline, &device())
            .order(order)
            .host_memory(MIB / 2)
            .batching(batching)
            .start_stream(items)
            .unwrap();
        let mut before = 0;
        loop {
            std::thread::sleep(Duration::from_millis(200));
            let now = computed.load(Atomic::SeqCst);
            if now == before && now > 0 {
                break;
            }
            before = now;
        }
        assert!(before * RESULT <= MIB / 2, "{before} results are ready");
        let count: usize = job.into_iter().map(|batch| batch.unwrap().len()).sum();
        assert_eq!(count, 60);
        assert!(job.most_host_memory() <= MIB / 2);
    }
}

/// An image that takes more than half of the memory goes through it alone, between small ones, held results and batches of several kinds.
#[test]
fn an_item_may_take_most_of_the_memory() {
    let of = |number: u64| match number % 5 {
        // Its file is small.
        2 => Image::from_fn(500, 440, 3, move |_, _, c| {
            (number * 5 + u64::from(c)) as u8
        })
        .unwrap(),
        _ => image(number),
    };
    let files: Vec<_> = (0..25)
        .map(|number| (number.to_string(), png(&of(number))))
        .collect();
    for pipeline in [resized(), edges()] {
        for order in [Order::Kept, Order::Unordered] {
            let (files, pipeline) = (files.clone(), pipeline.clone());
            ends(move || {
                let job = Job::builder(&pipeline, &device())
                    .order(order)
                    .host_memory(MIB)
                    .workers(3)
                    .start(Encoded::new(files))
                    .unwrap();
                let mut held = Vec::new();
                let mut count = 0;
                for batch in &job {
                    let batch = batch.unwrap();
                    assert!(batch.failures().is_empty(), "{:?}", batch.failures());
                    for ((_, index), result) in results(&batch) {
                        assert_eq!(result, alone(&pipeline, index, 0, &of(index)));
                        count += 1;
                    }
                    held.push(batch);
                    if held.len() > 2 {
                        drop(held.remove(0));
                    }
                }
                assert_eq!(count, 25);
                assert!(job.most_host_memory() <= MIB);
            });
        }
    }
}

/// Sizes that are not multiples of what the rings count in, in the least memory.
#[test]
fn the_least_memory_takes_images_of_odd_sizes() {
    let files: Vec<_> = (0..40u64)
        .map(|number| {
            let width = 1 + (number * 37 % 150) as u32;
            (
                number.to_string(),
                png(&sized(number, width, 1 + (number * 11 % 120) as u32)),
            )
        })
        .collect();
    let (count, failures) = ends(move || {
        let job = Job::builder(&edges(), &device())
            .host_memory(MIB / 2)
            .start(Encoded::new(files))
            .unwrap();
        let (results, failures) = all(&job);
        assert!(job.most_host_memory() <= MIB / 2);
        (results.len(), failures)
    });
    assert_eq!((count, failures.len()), (40, 0), "{failures:?}");
}

/// What the caller does not take stops the source.
#[test]
fn a_slow_consumer_stops_the_source() {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let items = (0..100_000).map(move |number| {
        counted.fetch_add(1, Atomic::SeqCst);
        Item::new("x", Content::Image(sized(number, 64, 64)))
    });
    let job = Job::builder(&resized(), &device())
        .host_memory(MIB)
        .batching(Batching::count(4))
        .workers(2);
    let job = job.start_stream(items).unwrap();
    let held = job.next_batch().unwrap().unwrap();
    // Until nothing moves anymore.
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let now = read.load(Atomic::SeqCst);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(before < 500, "{before} items were read");
    for _ in 0..200 {
        drop(job.next_batch().unwrap().unwrap());
    }
    assert!(read.load(Atomic::SeqCst) >= 800);
    assert_eq!(results(&held).len(), 4);
}

/// Corrupt files have no results, and are bounded all the same.
#[test]
fn failures_that_are_not_taken_stop_the_source() {
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let items = std::iter::repeat_with(move || {
        counted.fetch_add(1, Atomic::SeqCst);
        Item::new("x", Content::Bytes(vec![1, 2, 3].into()))
    });
    let job = Job::builder(&resized(), &device())
        .start_stream(items)
        .unwrap();
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let now = read.load(Atomic::SeqCst);
        if now == before && now > 0 {
            break;
        }
        before = now;
    }
    assert!(before < 3000, "{before} items were read");
    for _ in 0..5000 {
        assert_eq!(job.next_batch().unwrap().unwrap().failures().len(), 1);
    }
}

/// Two threads that hold all results between them wait for each other, and at least one is told.
#[test]
fn threads_that_hold_all_results_together_are_told() {
    for _ in 0..20 {
        let (told, given) = ends(|| {
            let images = Images::new((0..200).map(image));
            let job = Job::builder(&resized(), &device()).batching(Batching::count(4));
            let job = job.start(images).unwrap();
            let (told, given) = (AtomicU64::new(0), AtomicU64::new(0));
            let take = || {
                let mut held = Vec::new();
                while let Some(batch) = job.next_batch() {
                    match batch {
                        Ok(batch) => {
                            given.fetch_add(batch.len() as u64, Atomic::SeqCst);
                            held.push(batch);
                        }
                        Err(JobError::Held { batches }) => {
                            assert_eq!(batches, held.len());
                            told.fetch_add(1, Atomic::SeqCst);
                            held.clear();
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
            };
            std::thread::scope(|scope| {
                scope.spawn(take);
                scope.spawn(take);
                scope.spawn(take);
            });
            (told.into_inner(), given.into_inner())
        });
        assert!(told > 0);
        assert_eq!(given, 200);
    }
}

#[test]
fn who_holds_all_results_is_told() {
    for order in [Order::Kept, Order::Unordered] {
        let images = Images::new((0..100).map(image));
        let job = Job::builder(&resized(), &device())
            .order(order)
            .batching(Batching::count(4))
            .start(images)
            .unwrap();
        let mut held = Vec::new();
        let error = loop {
            match job.next_batch().unwrap() {
                Ok(batch) => held.push(batch),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, JobError::Held { batches } if batches == held.len()),
            "{error}"
        );
        // Another thread drops them while this one waits.
        let count = held.len();
        let held: Vec<_> = held.into_iter().map(|batch| batch.detach()).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(20));
                drop(held);
            });
            let rest = job.into_iter().map(|batch| batch.unwrap().len());
            assert_eq!(rest.sum::<usize>() + 4 * count, 100);
        });
    }
}

/// A label of 64 KiB that is counted while it lives.
struct Label {
    live: Arc<AtomicU64>,
    _bytes: Vec<u8>,
}

impl Label {
    const BYTES: u64 = 64 << 10;
}

impl Drop for Label {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Atomic::Relaxed);
    }
}

/// What comes with failed items counts until it is taken: a caller who takes nothing has no more of it than the memory of the job.
#[test]
fn what_comes_with_failures_is_bounded() {
    const ITEMS: u64 = 1500;
    let file = png(&sized(0, 40, 30));
    // No image; one that breaks off behind its header; too few images; more than an item may take.
    for kind in 0..4 {
        let (live, most) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (of_source, most_of_source) = (Arc::clone(&live), Arc::clone(&most));
        let file = file.clone();
        let source = (0..ITEMS).map(move |number| {
            let bytes = match kind {
                0 => b"no image".to_vec(),
                1 => file[..file.len() / 2].to_vec(),
                _ => file.clone(),
            };
            let now = of_source.fetch_add(1, Atomic::Relaxed) + 1;
            most_of_source.fetch_max(now, Atomic::Relaxed);
            let label = Label {
                live: Arc::clone(&of_source),
                _bytes: vec![1; Label::BYTES as usize],
            };
            let told = if kind == 3 { 1 << 40 } else { Label::BYTES };
            let content = Content::Bytes(bytes.into());
            let mut item = Item::new(number.to_string(), content).attach(label, told);
            if kind == 2 {
                item.inputs.clear();
            }
            item
        });
        let job = Job::builder(&resized(), &device())
            .host_memory(4 * MIB)
            .batching(Batching::count(3));
        let job = job.workers(2).start_stream(source).unwrap();
        // The job runs ahead as far as it may.
        std::thread::sleep(Duration::from_millis(400));
        let (taken, most_memory) = ends(move || {
            let (results, failures) = all(&job);
            assert!(results.is_empty());
            (failures.len() as u64, job.most_host_memory())
        });
        assert_eq!(taken, ITEMS);
        assert!(most_memory <= 4 * MIB, "{most_memory}");
        // Beside what is counted, the source has one in its hands, and the caller a batch.
        let most = most.load(Atomic::Relaxed);
        assert!(most <= 4 * MIB / Label::BYTES + 4, "kind {kind}: {most}");
    }
}
