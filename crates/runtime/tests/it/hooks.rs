//! What a job asks and tells its caller on its way, and memory that is given.

use crate::support::{all, alone, device, image, png, resized};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::{Image, ImageShape};
use pixelflume_pipeline::Engine;
use pixelflume_runtime::{
    Batching, BoxError, Content, Encoded, EngineObserver, Files, Images, Item, ItemInfo, Job,
    Output,
};
use pixelflume_scheduler::Trace;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

#[derive(Default)]
struct Counted {
    made: AtomicU64,
    ended: AtomicU64,
    frames: AtomicU64,
}

impl EngineObserver for Counted {
    fn made(&self, engine: &Engine) {
        assert_eq!(engine.statistics().frames, 0);
        self.made.fetch_add(1, Ordering::SeqCst);
    }

    fn ended(&self, engine: &Engine) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        let frames = engine.statistics().frames;
        self.frames.fetch_add(frames, Ordering::SeqCst);
    }
}

#[test]
fn engines_are_told_and_take_memory_of_the_manager_that_is_given() {
    let counted = Arc::new(Counted::default());
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let job = Job::builder(&resized(), &device)
        .memory(&memory)
        .batching(Batching::count(4))
        .observe_engines(Arc::clone(&counted))
        .start(Images::new((0..30).map(image)))
        .unwrap();
    assert_eq!(all(&job).0.len(), 30);
    drop(job);
    let read = |value: &AtomicU64| value.load(Ordering::SeqCst);
    assert!(read(&counted.made) > 0);
    assert_eq!(read(&counted.made), read(&counted.ended));
    assert_eq!(read(&counted.frames), 30);
    let statistics = memory.statistics();
    assert!(statistics.device.high_water > 0);
    assert_eq!((statistics.device.in_use, statistics.pinned.in_use), (0, 0));
}

/// Images that take several times the host memory go through it, beside small ones. Their files are small.
#[test]
fn large_items_go_through_little_memory() {
    const MIB: u64 = 1 << 20;
    let of = |number: u64| match number % 3 {
        0 => Image::from_fn(1000, 900 + number as u32, 3, move |_, _, c| {
            (number * 5 + u64::from(c)) as u8
        })
        .unwrap(),
        _ => image(number),
    };
    let files = (0..20).map(|number| (number.to_string(), png(&of(number))));
    let files = Encoded::new(files);
    let pipeline = resized();
    let builder = Job::builder(&pipeline, &device())
        .host_memory(MIB)
        .workers(3);
    let job = builder.clone().start(files.clone()).unwrap();
    assert_eq!(all(&job).1.len(), 7);
    let job = builder.item_memory(8 * MIB).start(files).unwrap();
    let (results, failures) = all(&job);
    assert!(failures.is_empty(), "{failures:?}");
    for ((_, index), result) in results {
        assert_eq!(result, alone(&pipeline, index, 0, &of(index)));
    }
    assert!(job.most_host_memory() <= MIB);
}

#[test]
fn an_item_that_is_not_accepted_fails_alone_and_its_shapes_are_known() {
    let files = (0..20).map(|number| (number.to_string(), png(&image(number))));
    let mut files: Vec<_> = files.collect();
    files.push(("damaged".to_owned(), vec![1, 2, 3]));
    let wide = |shapes: &[ImageShape]| -> Result<(), BoxError> {
        match shapes[0].width < 20 {
            true => Ok(()),
            false => Err(format!("{} is too wide", shapes[0]).into()),
        }
    };
    let job = Job::builder(&resized(), &device())
        .accept(wide)
        .start(Encoded::new(files))
        .unwrap();
    for batch in &job {
        let batch = batch.unwrap();
        for item in batch.items() {
            let shape = image(item.index).shape();
            assert_eq!(item.shapes(), [shape]);
            assert!(shape.width < 20);
        }
        for failure in batch.failures() {
            let (item, text) = (&failure.item, failure.error.to_string());
            match item.index {
                20 => assert_eq!(item.shapes(), []),
                index => {
                    let shape = image(index).shape();
                    assert_eq!(text, format!("{shape} is too wide"));
                    assert_eq!(item.shapes(), [shape]);
                }
            }
        }
    }
}

/// Every kind of work has its rows, and the rows of the engines are there, too.
#[test]
fn a_trace_has_a_lane_for_each_kind_of_work() {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..12u64)
        .map(|number| {
            let path = folder.path().join(format!("{number:02}.png"));
            std::fs::write(&path, png(&image(number))).unwrap();
            path
        })
        .collect();
    let trace = Trace::new();
    let job = Job::builder(&resized(), &device())
        .batching(Batching::count(4))
        .trace(&trace)
        .start(Files::new(paths))
        .unwrap();
    let sink = |_: &ItemInfo, _: &[Output<'_>]| Ok(());
    assert_eq!(job.for_each(sink).unwrap().written, 12);
    drop(job);
    let mut text = Vec::new();
    trace.write_chrome(&mut text).unwrap();
    let trace: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let count = |name: &str| {
        let named = |event: &&serde_json::Value| event["name"] == name && event["cat"] == "task";
        events.iter().filter(named).count()
    };
    for name in ["headers", "read", "decode", "write"] {
        assert_eq!(count(name), 12, "{name}");
    }
    assert_eq!((count("run"), count("deliver")), (3, 3));
    assert!(count("compute") > 0);
    let titles = events.iter().filter(|event| event["ph"] == "M");
    let titles: Vec<&str> = titles
        .filter_map(|event| event["args"]["name"].as_str())
        .collect();
    assert!(titles.contains(&"job: decode") && titles.contains(&"decode 1"));
}

#[test]
fn a_job_tells_its_settings() {
    let builder = Job::builder(&resized(), &device())
        .workers(3)
        .host_memory(1 << 20)
        .batching(Batching::count(4).within(std::time::Duration::from_millis(5)));
    let job = builder.clone().start(Images::default()).unwrap();
    let settings = job.effective();
    assert_eq!(*settings, builder.effective().unwrap());
    assert_eq!(settings.workers.to_string(), "3 (builder)");
    assert_eq!(settings.batch_age.to_string(), "5ms (builder)");
    assert_eq!(settings.engine.max_batch.value, 4);
    let text = settings.to_string();
    assert!(
        text.starts_with("job: PIXELFLUME_HOST_MEMORY=1048576 (builder)"),
        "{text}"
    );
    assert!(text.contains("engine: "), "{text}");
}

/// Learns nothing: it lives as long as what makes engines, which has the memory of a device.
struct Token;

impl EngineObserver for Token {}

/// The thread that reads the source may end much later, at the end of the process maybe, when there is no driver anymore.
#[test]
fn a_job_that_is_dropped_lets_go_of_its_devices_while_its_source_waits() {
    let token = Arc::new(Token);
    let alive = Arc::downgrade(&token);
    let (items, source) = mpsc::channel();
    let job = Job::builder(&resized(), &device())
        .batching(Batching::count(1))
        .observe_engines(token)
        .start_stream(source.into_iter())
        .unwrap();
    let item = Item::new("first", Content::Image(image(0)));
    items.send(item).unwrap();
    assert_eq!(job.next_batch().unwrap().unwrap().len(), 1);
    assert!(alive.upgrade().is_some());
    drop(job);
    assert!(alive.upgrade().is_none());
    drop(items);
}
