//! Settings and code of the caller at which a job could wait forever.

use crate::support::{device, ends, image, png, resized, sized};
use pixelflume_ops::Image;
use pixelflume_runtime::{
    Batching, BoxError, Bytes, Content, Dataset, Encoded, Files, Images, Item, ItemError, Job,
    JobError,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering as Atomic};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

/// Headers are read of more items than there is memory for.
#[test]
fn many_workers_and_little_memory_go_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("._00.ppm"), "metadata").unwrap();
    assert!(Files::of_folder(folder.path()).unwrap().is_empty());
    let paths: Vec<_> = (0..40u64)
        .map(|number| {
            let path = folder.path().join(format!("{number:02}.ppm"));
            let image = sized(number, 250, 170);
            let mut file = b"P6\n250 170\n255\n".to_vec();
            file.extend_from_slice(image.data());
            std::fs::write(&path, file).unwrap();
            path
        })
        .collect();
    let builder = Job::builder(&resized(), &device())
        .host_memory(1 << 20)
        .workers(8)
        .batching(Batching::count(4));
    let encoded = png(&sized(3, 200, 150));
    let large: Vec<Image> = (0..40).map(|number| sized(number, 200, 150)).collect();
    for _ in 0..5 {
        let (builder, paths) = (builder.clone(), paths.clone());
        let (encoded, large) = (encoded.clone(), large.clone());
        let counts = ends(move || {
            let files = builder.clone().start(Files::new(paths)).unwrap();
            let bytes = (0..40).map(|number| (number.to_string(), encoded.clone()));
            let bytes = builder.clone().start(Encoded::new(bytes)).unwrap();
            let images = builder.start(Images::new(large)).unwrap();
            [files, bytes, images].map(|job| {
                let all = job.into_iter().map(|batch| batch.unwrap().len());
                let count: usize = all.sum();
                assert!(job.most_host_memory() <= 1 << 20);
                count
            })
        });
        assert_eq!(counts, [40; 3]);
    }
}

/// More headers are read ahead than the rings have places for.
#[test]
fn very_many_workers_go_on() {
    let count = ends(|| {
        let builder = Job::builder(&resized(), &device()).workers(128);
        let file = png(&image(1));
        let files = (0..1500).map(|number| (number.to_string(), file.clone()));
        let job = builder
            .batching(Batching::count(1))
            .start(Encoded::new(files))
            .unwrap();
        let all = job.into_iter().map(|batch| batch.unwrap().len());
        all.sum::<usize>()
    });
    assert_eq!(count, 1500);
}

#[test]
fn an_age_that_no_clock_reaches_is_none() {
    let count = ends(|| {
        let batching = Batching::count(4).within(Duration::MAX);
        let builder = Job::builder(&resized(), &device())
            .batching(batching)
            .host_memory(1 << 20);
        let images = Images::new((0..60).map(|number| sized(number, 150, 150)));
        let job = builder.start(images).unwrap();
        let all = job.into_iter().map(|batch| batch.unwrap().len());
        all.sum::<usize>()
    });
    assert_eq!(count, 60);
}

/// Panics at every look but the first `looks`, or when it is dropped.
struct Owner {
    file: Vec<u8>,
    looks: u64,
    seen: AtomicU64,
    drop: bool,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        assert!(
            self.seen.fetch_add(1, Atomic::SeqCst) < self.looks,
            "on purpose"
        );
        &self.file
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        assert!(!self.drop || std::thread::panicking(), "on purpose");
    }
}

#[test]
fn memory_that_panics_fails_its_item_alone() {
    for (looks, drop) in [
        (0, false),
        (1, false),
        (2, false),
        (u64::MAX, true),
        (0, true),
    ] {
        let (items, failed) = ends(move || {
            let items = (0..9u64).map(move |number| {
                let owner = Owner {
                    file: png(&image(number)),
                    looks: if number == 4 { looks } else { u64::MAX },
                    seen: AtomicU64::new(0),
                    drop: drop && number == 4,
                };
                // One item has too many images, and is dropped at once.
                let mut item = Item::new("x", Content::Bytes(Bytes::new(owner)));
                if number == 7 {
                    let owner = Owner {
                        file: Vec::new(),
                        looks: 9,
                        seen: AtomicU64::new(0),
                        drop,
                    };
                    item.inputs.push(Content::Bytes(Bytes::new(owner)));
                }
                item
            });
            let job = Job::builder(&resized(), &device())
                .start_stream(items)
                .unwrap();
            let (mut items, mut failed) = (0, Vec::new());
            for batch in &job {
                let batch = batch.unwrap();
                items += batch.len();
                for failure in batch.failures() {
                    let is_panic = matches!(failure.error, ItemError::Panicked(_));
                    failed.push((failure.item.index, is_panic));
                }
            }
            failed.sort_unstable();
            (items, failed)
        });
        match looks {
            u64::MAX => assert_eq!((items, failed), (8, vec![(7, false)])),
            _ => assert_eq!((items, failed), (7, vec![(4, true), (7, false)])),
        }
    }
}

/// An error of the source whose drop panics, and tells on which thread.
#[derive(Debug)]
struct Bad(Arc<Mutex<Vec<String>>>);

impl std::fmt::Display for Bad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("bad")
    }
}

impl std::error::Error for Bad {}

impl Drop for Bad {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or_default().to_owned();
            self.0.lock().unwrap().push(name);
            panic!("on purpose");
        }
    }
}

struct Fails {
    given: Arc<AtomicU64>,
    dropped: Arc<Mutex<Vec<String>>>,
}

impl pixelflume_runtime::Source for Fails {
    fn next_item(&mut self) -> Option<Result<Item, BoxError>> {
        self.given.fetch_add(1, Atomic::SeqCst);
        Some(Err(Box::new(Bad(Arc::clone(&self.dropped)))))
    }
}

/// Failures that nobody takes fill the rings. What is not admitted is dropped by the thread that admits, which panics there and
/// leaves its work undone: the others must not wait for it.
#[test]
fn a_panic_on_a_thread_of_the_job_ends_it() {
    for canceled in [false, true] {
        let given = Arc::new(AtomicU64::new(0));
        let dropped = Arc::new(Mutex::new(Vec::new()));
        let source = Fails {
            given: Arc::clone(&given),
            dropped: Arc::clone(&dropped),
        };
        ends(move || {
            let job = Job::builder(&resized(), &device()).start_stream(source);
            let job = job.unwrap();
            // Until nothing moves anymore.
            let mut before = 0;
            loop {
                std::thread::sleep(Duration::from_millis(100));
                let now = given.load(Atomic::SeqCst);
                if now == before && now > 0 {
                    break;
                }
                before = now;
            }
            if canceled {
                job.cancel();
                assert!(job.next_batch().is_none_or(|batch| batch.is_err()));
            }
            // What is left in it is dropped here.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(job)));
        });
        let dropped = dropped.lock().unwrap();
        let of_job = dropped.iter().any(|thread| thread == "pixelflume batches");
        assert!(of_job, "it did not panic there, but on {dropped:?}");
    }
}

#[test]
fn a_source_that_blocks_does_not_hold_up_the_drop() {
    for _ in 0..20 {
        ends(|| {
            let (send, receive) = mpsc::channel::<Item>();
            let job = Job::builder(&resized(), &device())
                .start_stream(receive.into_iter())
                .unwrap();
            send.send(Item::new("x", Content::Image(image(1)))).unwrap();
            drop(job);
            drop(send);
        });
    }
}

/// A source that has the last reference to its job drops it on its own thread.
#[test]
fn a_job_can_be_dropped_by_its_source() {
    for _ in 0..20 {
        ends(|| {
            let own = Arc::new(OnceLock::<Mutex<Option<Job>>>::new());
            let (gone, seen) = mpsc::channel();
            let of_source = Arc::clone(&own);
            let items = (0..50u64).map(move |number| {
                let job = of_source.get().and_then(|job| job.lock().unwrap().take());
                if let Some(job) = job {
                    assert!(matches!(job.next_batch(), Some(Err(JobError::OwnThread))));
                    drop(job);
                    gone.send(()).unwrap();
                }
                std::thread::sleep(Duration::from_micros(200));
                Item::new("x", Content::Image(image(number)))
            });
            let job = Job::builder(&resized(), &device())
                .start_stream(items)
                .unwrap();
            assert!(own.set(Mutex::new(Some(job))).is_ok());
            let _ = seen.recv();
        });
    }
}
