//! One job with random settings, and what must come of it.

use super::left::Left;
use super::taken::{Key, Outcome, Taken};
use anyhow::{anyhow, bail, ensure};
use pixelflume::codec::{DecodeOptions, EncodeOptions, Format, decode, encode};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::testing::Random;
use pixelflume::pipeline::{ExecutionConfig, Pipeline, Runner};
use pixelflume::prelude::*;
use pixelflume::runtime::{Batching, Bytes, Encoded, Item, Job, JobBuilder, Order, Shuffle};
use pixelflume_heap_counter::live;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A chain for images of any sizes that draws by index and epoch, a node for images of one shape, and results that are larger than images.
const PIPELINES: [&str; 3] = [
    "[[node]]\nname = \"flip\"\nfrom = \"input\"\nop = \"random_flip\"\nseed = 7\nvertical = 0.5\n\
     [[node]]\nname = \"node\"\nfrom = \"flip\"\nop = \"resize\"\nwidth = 60\nheight = 40\n",
    "[[node]]\nname = \"node\"\nfrom = \"input\"\nop = \"gaussian_blur\"\nsize = 5\n",
    "[[node]]\nname = \"node\"\nfrom = \"input\"\nop = \"resize\"\nwidth = 300\nheight = 200\n",
];

/// Ways to take results.
pub(super) const WAYS: u64 = 7;

/// Items of a data set.
const ITEMS: u64 = 150;

/// Files, pipelines and devices of all jobs.
pub(super) struct Soak {
    files: Vec<Bytes>,
    /// The decoded images; `None` where a file is damaged.
    images: Vec<Option<Image>>,
    pipelines: Vec<Pipeline>,
    /// Results of runners, by pipeline, epoch and index.
    expected: Mutex<HashMap<(usize, Key), Vec<u8>>>,
    devices: Vec<Device>,
    memories: Vec<MemoryManager>,
}

/// How many jobs there were, and what came of their items.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) jobs: u64,
    pub(super) results: u64,
    pub(super) failures: u64,
    pub(super) broken_off: u64,
}

/// Files of many sizes and formats, some of them damaged.
fn files() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    let formats = [Format::Jpeg, Format::Png, Format::Jpeg];
    for number in 0..30u32 {
        let (width, height) = match number % 10 {
            0 => (900 + number, 650),
            1..4 => (320, 200),
            _ => (17 + 13 * number, 9 + 11 * (number % 7)),
        };
        let image = Image::from_fn(width, height, 3, |x, y, c| {
            (x * 3 + y * (2 + number) + c * 70 + (x * 7919 + y * 104_729 + number) % 13) as u8
        })?;
        let format = formats[number as usize % formats.len()];
        let mut file = encode(ImageView::from(&image), format, &EncodeOptions::default())?;
        if number % 11 == 5 {
            file.truncate(file.len() / 2);
        }
        files.push(file);
    }
    files.push(b"no image".to_vec());
    Ok(files)
}

impl Soak {
    pub(super) fn new(device: &Device) -> anyhow::Result<Self> {
        let files = files()?;
        let decoded = files
            .iter()
            .map(|file| decode(file, &DecodeOptions::default()).ok());
        let pipelines = PIPELINES
            .iter()
            .map(|text| Ok(Pipeline::from_toml(text, "soak.toml")?));
        let mut devices = vec![device.clone(), Device::host()];
        devices.extend(
            Device::all()
                .into_iter()
                .filter(|other| other.id() != device.id()),
        );
        let memory = |device: &Device| MemoryManager::new(device, MemoryConfig::default());
        Ok(Soak {
            images: decoded.collect(),
            files: files.into_iter().map(Bytes::new).collect(),
            pipelines: pipelines.collect::<anyhow::Result<_>>()?,
            expected: Mutex::default(),
            memories: devices.iter().map(memory).collect(),
            devices,
        })
    }

    /// What the jobs so far have left behind.
    pub(super) fn left(&self) -> Left {
        let expected = self.expected.lock().expect("no thread panics");
        let kept: usize = expected.values().map(Vec::capacity).sum();
        let pools = self.memories.iter().map(|memory| {
            let statistics = memory.statistics();
            statistics.device.reserved + statistics.pinned.reserved
        });
        Left {
            heap: live() - kept as i64,
            pools: pools.sum::<usize>() as i64,
        }
    }

    fn file(&self, index: u64) -> usize {
        (index * 7 % self.files.len() as u64) as usize
    }

    /// What a runner on the host makes of an item; `None` where its file is damaged.
    fn expected(&self, pipeline: usize, key: Key) -> anyhow::Result<Option<Vec<u8>>> {
        let (epoch, index) = key;
        let Some(image) = &self.images[self.file(index)] else {
            return Ok(None);
        };
        if let Some(known) = self
            .expected
            .lock()
            .expect("no thread panics")
            .get(&(pipeline, key))
        {
            return Ok(Some(known.clone()));
        }
        let of = &self.pipelines[pipeline];
        let mut runner = Runner::new(of.clone(), &Device::host(), ExecutionConfig::default())?;
        runner.set_index(index);
        runner.set_epoch(epoch);
        let outputs = runner.run(&[image])?;
        let result = outputs.images("node")?[0].data().to_vec();
        let mut expected = self.expected.lock().expect("no thread panics");
        expected.insert((pipeline, key), result.clone());
        Ok(Some(result))
    }

    /// Starts one job with settings that follow from the seed, takes its results in one of the ways, and compares them.
    pub(super) fn one_job(&self, seed: u64, way: u64) -> anyhow::Result<Counts> {
        let mut random = Random::new(seed);
        let mut draw = |below: u64| random.next() % below;
        let pipeline = draw(PIPELINES.len() as u64) as usize;
        let order = [Order::Kept, Order::Unordered][draw(2) as usize];
        let mut batching = Batching::count(1 + draw(40) as u32);
        if draw(3) == 0 {
            batching = batching.within(Duration::from_micros(draw(3000)));
        }
        // The memory is shared by all jobs of the soak, or has a limit, with which images may leave the device or fail.
        let limit = (draw(4) == 0).then(|| (4 + draw(60) as usize) << 20);
        let count = 1 + draw(self.devices.len() as u64) as usize;
        let memories: Vec<MemoryManager> = match limit {
            None => self.memories[..count].to_vec(),
            Some(bytes) => self.devices[..count]
                .iter()
                .map(|device| MemoryManager::new(device, MemoryConfig::default().with_limit(bytes)))
                .collect(),
        };
        let host_memory = [1 << 20, 4 << 20, 32 << 20, 256 << 20][draw(4) as usize];
        let epochs = 1 + draw(2);
        let is_stream = draw(4) == 0;
        let after = draw(30);
        let mut job = Job::builder(&self.pipelines[pipeline], &self.devices[0])
            .devices(self.devices[..count].iter().cloned())
            .batching(batching)
            .order(order)
            .workers(1 + draw(4) as usize)
            .host_memory(host_memory)
            .item_memory(64 << 20);
        for memory in &memories {
            job = job.memory(memory);
        }
        let (job, epochs) = self.started(job, is_stream, epochs, draw(2) == 0)?;
        let all = epochs * ITEMS;
        let taken = Taken::default();
        let is_whole = way < 5;
        match way {
            0 => taken.all(&job, |_| Ok(()))?,
            // Slowly, with batches held.
            1 => {
                let mut held = Vec::new();
                taken.take(&job, |batch| {
                    held.push(batch);
                    if held.len() > 2 {
                        drop(held.remove(0));
                    }
                    thread::sleep(Duration::from_micros(500 * (after % 4)));
                    Ok(true)
                })?;
            }
            // Two threads.
            2 => thread::scope(|scope| {
                let other = scope.spawn(|| taken.all(&job, |_| Ok(())));
                taken.all(&job, |_| Ok(()))?;
                other.join().map_err(|_| anyhow!("a thread panicked"))?
            })?,
            3 | 4 => {
                let sink = Arc::new(Taken::default());
                let report = job.for_each(Arc::clone(&sink))?;
                let outcomes = std::mem::take(&mut *sink.0.lock().expect("no thread panics"));
                ensure!(
                    report.written + report.failed == all,
                    "the report has {report:?}"
                );
                *taken.0.lock().expect("no thread panics") = outcomes;
            }
            // Broken off: dropped, or canceled while a thread waits.
            _ => {
                let mut left = after;
                taken.take(&job, |batch| {
                    drop(batch);
                    left = left.saturating_sub(1);
                    Ok(left > 0)
                })?;
                if way == 5 {
                    job.cancel();
                    ensure!(job.next_batch().is_none(), "a canceled job gives a batch");
                }
            }
        }
        let most = job.most_host_memory();
        drop(job);
        // A single item may take more by `item_memory`, and counts as all.
        ensure!(
            most <= host_memory,
            "{most} of {host_memory} bytes were counted"
        );
        for memory in &memories {
            let statistics = memory.statistics();
            let in_use = (statistics.device.in_use, statistics.pinned.in_use);
            ensure!(
                in_use == (0, 0),
                "{in_use:?} bytes are in use behind the job"
            );
            // What the pools keep for the next job is no growth.
            memory.trim()?;
        }
        let outcomes = taken.0.into_inner().expect("no thread panics");
        if order == Order::Kept && matches!(way, 0 | 1 | 5 | 6) {
            let numbers = outcomes.iter().map(|(_, number, _)| *number);
            ensure!(numbers.is_sorted(), "batches are out of order");
        }
        let mut seen = HashMap::new();
        for (key, _, outcome) in outcomes {
            let before = seen.insert(key, outcome);
            ensure!(before.is_none(), "item {key:?} came twice");
        }
        ensure!(
            !is_whole || seen.len() as u64 == all,
            "{} of {all} items came",
            seen.len()
        );
        self.compared(pipeline, limit.is_some(), host_memory / 8, !is_whole, seen)
    }

    fn started(
        &self,
        job: JobBuilder,
        is_stream: bool,
        epochs: u64,
        shuffled: bool,
    ) -> anyhow::Result<(Job, u64)> {
        let items = (0..ITEMS).map(|index| {
            let file = self.file(index);
            (index.to_string(), self.files[file].clone())
        });
        if is_stream {
            let items: Vec<_> = items.zip(0..).collect();
            let images = self.images.clone();
            let places: Vec<usize> = (0..ITEMS).map(|index| self.file(index)).collect();
            // Some are given as decoded images.
            let stream = items
                .into_iter()
                .map(
                    move |((name, bytes), number): (_, usize)| match &images[places[number]] {
                        Some(image) if number % 3 == 0 && image.data().len() < 100_000 => {
                            Item::new(name, pixelflume::runtime::Content::Image(image.clone()))
                        }
                        _ => Item::new(name, pixelflume::runtime::Content::Bytes(bytes)),
                    },
                );
            return Ok((job.start_stream(stream)?, 1));
        }
        let job = match shuffled {
            true => job.shuffle(Shuffle::all(5)),
            false => job,
        };
        Ok((job.epochs(epochs).start(Encoded::new(items))?, epochs))
    }

    fn compared(
        &self,
        pipeline: usize,
        is_limited: bool,
        most_brought: u64,
        is_broken_off: bool,
        seen: HashMap<Key, Outcome>,
    ) -> anyhow::Result<Counts> {
        let mut counts = Counts {
            broken_off: is_broken_off.into(),
            ..Counts::default()
        };
        for (key, outcome) in seen {
            match (outcome, self.expected(pipeline, key)?) {
                (Ok(got), Some(expected)) => {
                    ensure!(
                        got == expected,
                        "item {key:?} has other pixels than a runner's"
                    );
                    counts.results += 1;
                }
                (Ok(_), None) => bail!("item {key:?} is damaged and has a result"),
                (Err(_), None) => counts.failures += 1,
                // One that finds no memory within the limit.
                (Err(text), Some(_)) if is_limited && text.starts_with("memory: ") => {
                    counts.failures += 1;
                }
                // Its file is larger than what an item may bring along.
                (Err(_), Some(_))
                    if self.files[self.file(key.1)].as_ref().len() as u64 >= most_brought =>
                {
                    counts.failures += 1;
                }
                (Err(text), Some(_)) => bail!("item {key:?} failed: {text}"),
            }
        }
        Ok(counts)
    }
}
