//! The check `job-soak`: jobs with random settings over images of many sizes, some damaged, that are taken quickly or slowly, held, written by
//! sinks, canceled and dropped. Each result is compared with that of a runner on the host for the image alone; nothing is lost or comes twice,
//! order is kept where it was asked for, and memory does not grow.

use crate::check::Context;
use anyhow::{Context as _, anyhow, bail, ensure};
use pixelflume::codec::{DecodeOptions, EncodeOptions, Format, decode, encode};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::testing::Random;
use pixelflume::pipeline::{ExecutionConfig, Pipeline, Runner};
use pixelflume::prelude::*;
use pixelflume::runtime::{
    Batch, Batching, Bytes, Encoded, Failure, Item, ItemError, ItemInfo, Job, JobBuilder, Order,
    Output, Shuffle, Sink,
};
use pixelflume_heap_counter::{live, peak};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// A chain for images of any sizes that draws by index and epoch, a node for images of one shape, and results that are larger than images.
const PIPELINES: [&str; 3] = [
    "[[node]]\nname = \"flip\"\nfrom = \"input\"\nop = \"random_flip\"\nseed = 7\nvertical = 0.5\n\
     [[node]]\nname = \"node\"\nfrom = \"flip\"\nop = \"resize\"\nwidth = 60\nheight = 40\n",
    "[[node]]\nname = \"node\"\nfrom = \"input\"\nop = \"gaussian_blur\"\nsize = 5\n",
    "[[node]]\nname = \"node\"\nfrom = \"input\"\nop = \"resize\"\nwidth = 300\nheight = 200\n",
];

/// Ways to take results.
const WAYS: u64 = 7;

/// Items of a data set.
const ITEMS: u64 = 150;

/// Seconds after which a job counts as one that hangs.
const HANGS: u64 = 180;

/// Bytes by which what is left behind the jobs of the last third of a soak may be more than behind those of the second. A job has some megabytes at
/// a time, so that one in a hundred that leaves them shows.
const GROWTH: i64 = 1 << 20;

/// What became of an item: the pixels of its result, or the text of its failure.
type Outcome = Result<Vec<u8>, String>;
type Key = (u64, u64);

struct Soak {
    files: Vec<Bytes>,
    /// The decoded images; `None` where a file is damaged.
    images: Vec<Option<Image>>,
    pipelines: Vec<Pipeline>,
    /// Results of runners, by pipeline, epoch and index.
    expected: Mutex<HashMap<(usize, Key), Vec<u8>>>,
    devices: Vec<Device>,
    memories: Vec<MemoryManager>,
}

#[derive(Default)]
struct Counts {
    jobs: u64,
    results: u64,
    failures: u64,
    broken_off: u64,
}

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let seconds = if context.quick { 3 } else { 20 };
    soak(&context.cuda, context.seed, seconds)
}

/// Runs for `--soak-jobs`, on either kind of device.
pub(crate) fn run_for(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<()> {
    println!("jobs on {device}: {}", soak(device, seed, seconds)?);
    Ok(())
}

fn soak(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<String> {
    peak(|| soak_counted(device, seed, seconds)).1
}

/// Runs jobs while allocations are counted.
fn soak_counted(device: &Device, seed: u64, seconds: u64) -> anyhow::Result<String> {
    let soak = Arc::new(Soak::new(device)?);
    let (begin, time) = (Instant::now(), Duration::from_secs(seconds));
    let mut counts = Counts::default();
    let mut left = Vec::new();
    while counts.jobs < WAYS || begin.elapsed() < time {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(counts.jobs);
        let (send, ended) = mpsc::channel();
        let way = counts.jobs % WAYS;
        let of_job = Arc::clone(&soak);
        let thread = thread::spawn(move || {
            let _ = send.send(of_job.one_job(seed, way));
        });
        let told = ended.recv_timeout(Duration::from_secs(HANGS));
        let one = match told {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(anyhow!("it hangs")),
            Err(_) => Err(anyhow!("it panicked")),
        };
        let one = one.with_context(|| format!("job {}, seed {seed}", counts.jobs))?;
        let _ = thread.join();
        counts.jobs += 1;
        counts.results += one.results;
        counts.failures += one.failures;
        counts.broken_off += one.broken_off;
        left.push(soak.left());
    }
    // At first the caches of drivers and engines are not full.
    let warm = &left[left.len() / 3..];
    let [first, second] = [true, false].map(|is_first| {
        let (first, second) = warm.split_at(warm.len() / 2);
        Left::median(if is_first { first } else { second })
    });
    if seconds >= 60 && counts.jobs >= 4 * WAYS {
        ensure!(
            second.heap - first.heap <= GROWTH && second.pools - first.pools <= GROWTH,
            "jobs leave memory behind: {second} in the last third, {first} in the second"
        );
    }
    ensure!(
        counts.results > 0 && counts.failures > 0 && counts.broken_off > 0,
        "nothing was compared, failed, or was broken off"
    );
    let Counts {
        jobs,
        results,
        failures,
        broken_off,
    } = counts;
    Ok(format!(
        "{jobs} jobs, {results} results equal, {failures} items failed as expected, {broken_off} jobs broken off, none lost; behind the jobs of the \
         second third {first}, of the last {second}, {} MiB resident at the end",
        resident() >> 20
    ))
}

/// What is left when a job is dropped.
#[derive(Clone, Copy, Debug)]
struct Left {
    /// Bytes on the heap, less the results of runners that are kept to compare with.
    heap: i64,
    /// Bytes in the pools of device memory and page-locked memory.
    pools: i64,
}

impl Left {
    /// What is left behind a job in the middle: the thread that reads a source may end after its job.
    fn median(left: &[Left]) -> Left {
        let middle = |of: fn(&Left) -> i64| {
            let mut all: Vec<i64> = left.iter().map(of).collect();
            all.sort_unstable();
            all[all.len() / 2]
        };
        Left {
            heap: middle(|left| left.heap),
            pools: middle(|left| left.pools),
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Left { heap, pools } = self;
        write!(
            f,
            "{} KiB on the heap and {} KiB in pools",
            heap >> 10,
            pools >> 10
        )
    }
}

/// Bytes of the process in memory; 0 where that is not known.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
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
    fn new(device: &Device) -> anyhow::Result<Self> {
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
    fn left(&self) -> Left {
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
    fn one_job(&self, seed: u64, way: u64) -> anyhow::Result<Counts> {
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

/// Outcomes of items, each with the number of its batch, in the order in which they came.
#[derive(Default)]
struct Taken(Mutex<Vec<(Key, u64, Outcome)>>);

impl Taken {
    fn push(&self, item: &ItemInfo, batch: u64, outcome: Outcome) {
        let mut taken = self.0.lock().expect("no thread panics");
        taken.push(((item.epoch, item.index), batch, outcome));
    }

    fn push_failure(&self, failure: &Failure, batch: u64) {
        let kind = match &failure.error {
            ItemError::Engine(_) | ItemError::Batch(_) | ItemError::Frame(_) => "memory: ",
            _ => "",
        };
        let text = format!("{kind}{}", failure.error);
        self.push(&failure.item, batch, Err(text));
    }

    /// Takes batches until `more` says no.
    fn take(
        &self,
        job: &Job,
        mut more: impl FnMut(Batch) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        while let Some(batch) = job.next_batch() {
            let batch = batch?;
            for (number, item) in batch.items().enumerate() {
                let outputs = batch.outputs();
                let image = outputs.first().and_then(|output| output.image(number));
                let image = image.context("an item without its image")?;
                self.push(item, batch.number(), Ok(image.to_vec()));
            }
            for failure in batch.failures() {
                self.push_failure(failure, batch.number());
            }
            if !more(batch)? {
                break;
            }
        }
        Ok(())
    }

    fn all(&self, job: &Job, each: impl Fn(&Batch) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.take(job, |batch| each(&batch).map(|()| true))
    }
}

impl Sink for Taken {
    fn write(
        &self,
        item: &ItemInfo,
        results: &[Output<'_>],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let image = results.first().ok_or("an item without its image")?;
        self.push(item, 0, Ok(image.bytes().to_vec()));
        Ok(())
    }

    fn failed(&self, failure: &Failure) {
        self.push_failure(failure, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two host devices. `PIXELFLUME_SOAK_SECONDS` makes it longer.
    #[test]
    fn jobs_on_the_host() {
        let seconds = std::env::var("PIXELFLUME_SOAK_SECONDS");
        let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
        let text = soak(&Device::host(), 1, seconds.unwrap_or(3));
        println!("{}", text.unwrap_or_else(|error| panic!("{error:#}")));
    }
}
