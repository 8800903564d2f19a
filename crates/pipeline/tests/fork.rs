//! Real forks of a process with compiled pipelines, runners, engines and memory, while other threads use them: a child gets
//! errors, drops what it inherits without a wait, and works with a device of its own. The parent goes on.
//!
//! Each child has to end by itself within a time that only a hang needs.

#[path = "driver_faults/kernels.rs"]
mod kernels;

use kernels::{expected, frame, pipeline, tell};
use pixelflume_cuda_driver::Function as Call;
use pixelflume_cuda_driver::testing::{FakeConfig, TestDriver};
use pixelflume_device::testing::in_forked_child;
use pixelflume_device::{Device, DeviceError, DeviceRequest, HostConfig, LazyDevice};
use pixelflume_memory::{
    AllocatorMode, MemoryConfig, MemoryError, MemoryManager, PinnedArena, PinnedBuffer,
};
use pixelflume_ops::Sobel;
use pixelflume_pipeline::engine::{EngineCache, EngineConfig, EngineFactory, Shutdown};
use pixelflume_pipeline::{
    CompiledPipeline, Engine, ExecutionConfig, Image, Input, Output, Pipeline, PipelineBuilder,
    PipelineError, Runner, SubmitError,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The time after which a child counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// A library that no program loads by itself, and that is no CUDA driver.
const ODD_LIBRARY: &str = "libanl.so.1";

/// The argument with which this program is the one of [`nothing_is_loaded_before_get`].
const LOADS_NOTHING: &str = "loads-nothing";

fn main() {
    if std::env::args().any(|argument| argument == LOADS_NOTHING) {
        return nothing_is_loaded_before_get();
    }
    let cases: [(&str, fn()); 6] = [
        (
            "a pipeline and a lazy device load no driver",
            without_a_driver,
        ),
        ("a lazy device calls no driver", no_call_before_get),
        ("pipelines and engines on the host", on_the_host),
        ("pipelines and engines on CUDA", on_cuda),
        ("memory on the host and on CUDA", memory),
        ("children of a busy parent", children_of_a_busy_parent),
    ];
    for (name, case) in cases {
        case();
        println!("{name}: ok");
    }
}

fn child(work: impl FnOnce()) {
    if let Err(failure) = in_forked_child(LIMIT, work) {
        panic!("{failure}");
    }
}

#[track_caller]
fn forked<T>(result: Result<T, PipelineError>) {
    let error = result.err().expect("a call that is refused");
    assert!(error.is_fatal(), "{error}");
    of_fork(&error);
}

/// That an error says that the process was forked.
#[track_caller]
fn of_fork(error: &dyn std::error::Error) {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.to_string().contains("forked") {
            return;
        }
        source = error.source();
    }
    panic!("{error}");
}

/// Runs this program again, with a library as the driver whose loading can be seen.
fn without_a_driver() {
    let program = std::env::current_exe().unwrap();
    let ended = std::process::Command::new(program)
        .arg(LOADS_NOTHING)
        .env("PIXELFLUME_CUDA_DRIVER", ODD_LIBRARY)
        .status();
    assert!(ended.unwrap().success());
}

fn nothing_is_loaded_before_get() {
    let is_loaded = || {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.contains(ODD_LIBRARY)
    };
    let lazy = LazyDevice::new(DeviceRequest::Cuda(0));
    let file = edges().clone();
    let engine = EngineConfig::new().max_batch(2);
    assert!(!is_loaded());
    assert!(matches!(lazy.get(), Err(DeviceError::Unavailable(_))));
    assert!(is_loaded(), "the check sees what is loaded");
    drop((file, engine));
}

fn no_call_before_get() {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    let lazy = LazyDevice::with(move || Device::cuda_on(driver.driver(), 0));
    let calls = || -> u64 {
        let calls = |function: &Call| driver.faults().calls(*function);
        Call::ALL.iter().map(calls).sum()
    };
    let other = std::thread::spawn({
        let (pipeline, lazy) = (pipeline(), lazy.clone());
        move || (pipeline.clone(), lazy)
    });
    drop(other.join());
    assert_eq!(calls(), 0);
    assert_eq!(fake.contexts(), 0);
    let device = lazy.get().unwrap();
    assert!(calls() > 0);
    assert_eq!(fake.contexts(), 1);
    assert_eq!(lazy.get().unwrap().id(), device.id());
}

fn edges() -> Pipeline {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("input").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    builder.build().unwrap()
}

fn run(runner: &mut Runner, image: &Image) -> Vec<u8> {
    let outputs = runner.run(&[image, image]).unwrap();
    let name = runner.pipeline().outputs().next().unwrap().to_owned();
    outputs.images(&name).unwrap()[1].data().to_vec()
}

/// All that executes a pipeline, with batches in flight, a writer that is open, and a result that is held.
struct Executors {
    compiled: CompiledPipeline,
    runner: Runner,
    engine: Engine,
    held: pixelflume_pipeline::engine::OutputLease,
    writer: pixelflume_pipeline::engine::BatchWriter,
    pending: pixelflume_pipeline::Pending,
}

impl Executors {
    fn new(pipeline: &Pipeline, device: &Device, image: &Image) -> Self {
        let config = ExecutionConfig::default;
        let shapes = [image.shape()];
        let engine = EngineConfig::new().max_batch(2).in_flight(3);
        let engine = Engine::new(pipeline.clone(), device, &shapes, engine).unwrap();
        engine.submit(&[image]).unwrap();
        let held = engine.next().unwrap().unwrap();
        engine.submit(&[image]).unwrap();
        let mut writer = engine.begin_batch().unwrap();
        writer.push(image).unwrap();
        let mut runner = Runner::new(pipeline.clone(), device, config()).unwrap();
        run(&mut runner, image);
        let mut compiled = pipeline.compile(device, &shapes, config()).unwrap();
        let mut tensor = None;
        let images = [image];
        let inputs = [Input::Images(&images)];
        let on = device.stream().unwrap();
        let pending = compiled.submit(&inputs, &mut [Output::Tensor(&mut tensor)], &on);
        Executors {
            pending: pending.unwrap(),
            compiled,
            runner,
            engine,
            held,
            writer,
        }
    }

    /// Makes calls that would wait, lock, or use the device, and drops all.
    fn refuse_all(self, image: &Image) {
        let Executors {
            mut compiled,
            mut runner,
            engine,
            held,
            writer,
            pending,
        } = self;
        forked(compiled.run(&[image]));
        forked(runner.run(&[image]));
        let larger = frame(9, 9, 0);
        forked(runner.run(&[&larger]));
        assert!(pending.is_ready().is_err());
        of_fork(&pending.wait().unwrap_err());
        match engine.submit(&[image]) {
            Err(SubmitError::Stopped(error)) => of_fork(&*error),
            other => panic!("{other:?}"),
        }
        match writer.submit() {
            Err(SubmitError::Stopped(error)) => of_fork(&*error),
            other => panic!("{other:?}"),
        }
        assert!(engine.begin_batch().is_err());
        assert!(engine.next().is_none());
        assert!(engine.next_submitted().is_none());
        assert!(engine.try_next().is_none());
        of_fork(&*engine.stopped().unwrap());
        assert_eq!(engine.statistics().submitted, 0);
        assert_eq!(engine.ring_statistics().submitted, 0);
        engine.set_trace(None);
        engine.on_failure(|_| {});
        engine.close();
        assert_eq!(engine.shutdown(Shutdown::Drain).completed, 0);
        assert!(!format!("{engine:?}").is_empty());
        assert_eq!(held.outputs().count(), 0);
        let held = held.detach();
        drop((engine, held, compiled, runner));
    }

    /// That all goes on as if there had been no fork.
    fn go_on(self, image: &Image, expected: &[u8]) {
        let Executors {
            mut compiled,
            mut runner,
            engine,
            held,
            writer,
            pending,
        } = self;
        assert_eq!(pending.wait().unwrap().batches(), 1);
        assert_eq!(held.output(0).unwrap().bytes(), expected);
        writer.submit().unwrap();
        for _ in 0..2 {
            let lease = engine.next().unwrap().unwrap();
            assert_eq!(lease.output(0).unwrap().bytes(), expected);
        }
        assert_eq!(engine.shutdown(Shutdown::Drain).completed, 3);
        assert_eq!(run(&mut runner, image), expected);
        let outputs = compiled.run(&[image]).unwrap();
        let name = compiled.pipeline().outputs().next().unwrap();
        assert_eq!(outputs.images(name).unwrap()[0].data(), expected);
    }
}

/// Calls `work` while other threads run pipelines and engines on `device`.
fn busy(pipeline: &Pipeline, device: &Device, image: &Image, work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut runner =
                    Runner::new(pipeline.clone(), device, ExecutionConfig::default()).unwrap();
                while !done.load(Ordering::Relaxed) {
                    run(&mut runner, image);
                }
            });
        }
        scope.spawn(|| {
            let config = EngineConfig::new().max_batch(1);
            let engine = Engine::new(pipeline.clone(), device, &[image.shape()], config).unwrap();
            while !done.load(Ordering::Relaxed) {
                engine.submit(&[image]).unwrap();
                drop(engine.next().unwrap().unwrap());
            }
        });
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = worked {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Works on a host device of this process.
fn work_on_the_host(pipeline: &Pipeline, image: &Image, expected: &[u8]) {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    Executors::new(pipeline, &device, image).go_on(image, expected);
}

fn on_the_host() {
    let (pipeline, image) = (edges(), frame(20, 6, 3));
    for checked in [false, true] {
        let config = HostConfig::default().with_threads(2).with_checked(checked);
        let device = Device::host_with(config);
        let mut runner =
            Runner::new(pipeline.clone(), &device, ExecutionConfig::default()).unwrap();
        let expected = run(&mut runner, &image);
        let mut used = Some(Executors::new(&pipeline, &device, &image));
        let mut dropped = Some(Executors::new(&pipeline, &device, &image));
        let factory = EngineFactory::new(
            pipeline.clone(),
            &MemoryManager::new(&device, MemoryConfig::default()),
            EngineConfig::new().max_batch(1),
        );
        let factory = factory.unwrap();
        let (mut cache, mut results) = EngineCache::new(&factory);
        let mut batch = cache.begin(&[image.shape()], 1, true).unwrap();
        batch.push(&[&image]).unwrap();
        batch.submit(()).unwrap();
        let mut ends = Some((cache, results));
        busy(&pipeline, &device, &image, || {
            child(|| {
                // A result is outstanding, for which the drop of the cache would wait.
                let (cache, mut results) = ends.take().unwrap();
                assert!(results.next().is_none());
                drop(cache);
                drop(results);
                drop(dropped.take());
                used.take().unwrap().refuse_all(&image);
                work_on_the_host(&pipeline, &image, &expected);
            });
        });
        (cache, results) = ends.unwrap();
        let result = results.next().unwrap();
        drop(result);
        drop(cache);
        used.unwrap().go_on(&image, &expected);
        dropped.unwrap().go_on(&image, &expected);
    }
}

fn on_cuda() {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let image = frame(20, 6, 3);
    let expected = expected(&image, 1);
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    let mut used = Some(Executors::new(&pipeline(), &device, &image));
    let mut dropped = Some(Executors::new(&pipeline(), &device, &image));
    let host_image = image.clone();
    busy(&edges(), &Device::host(), &host_image, || {
        child(|| {
            drop(dropped.take());
            used.take().unwrap().refuse_all(&image);
            let again = Device::cuda_on(driver.driver(), 0).unwrap_err();
            of_fork(&again);
            let device = Device::best();
            let runner = Runner::new(edges(), &device, ExecutionConfig::default());
            run(&mut runner.unwrap(), &host_image);
        });
    });
    used.unwrap().go_on(&image, &expected);
    dropped.unwrap().go_on(&image, &expected);
    drop(device);
    assert_eq!(fake.violations(), Vec::<String>::new());
    assert!(fake.leaks().is_empty());
    assert_eq!(fake.contexts(), 0);
}

#[track_caller]
fn of_memory<T>(result: Result<T, MemoryError>) {
    match result.err() {
        Some(MemoryError::Device(DeviceError::Forked { .. })) => {}
        other => panic!("{other:?}"),
    }
}

fn memory() {
    let (driver, _) = TestDriver::fake(FakeConfig::default());
    for device in [Device::host(), Device::cuda_on(driver.driver(), 0).unwrap()] {
        for mode in [AllocatorMode::Pooled, AllocatorMode::StreamOrdered] {
            let config = MemoryConfig::default().with_mode(mode);
            let memory = MemoryManager::new(&device, config);
            let [stream, other] = [(); 2].map(|()| device.stream().unwrap());
            let buffer = memory.allocate(1000, &stream).unwrap();
            let pinned = memory.pinned(1000).unwrap();
            let arena = PinnedArena::new(&memory, 4096).unwrap();
            let lent = arena.lend(0..512).unwrap();
            drop(memory.allocate(5000, &stream).unwrap());
            let mut all = Some((memory, buffer, pinned, arena, lent));
            child(|| {
                let (memory, mut buffer, mut pinned, arena, lent) = all.take().unwrap();
                of_memory(memory.allocate(1000, &stream));
                of_memory(memory.pinned(1000));
                of_memory(memory.trim().map_err(MemoryError::from));
                of_memory(memory.shutdown().map_err(MemoryError::from));
                of_memory(buffer.upload(0, &mut pinned, 0..10, &stream));
                of_memory(buffer.order_after(&other).map_err(MemoryError::from));
                of_memory(buffer.order_before(&other).map_err(MemoryError::from));
                buffer.mark_unordered();
                of_memory(pinned.as_slice().map(<[u8]>::len));
                of_memory(pinned.as_mut_slice().map(|bytes| bytes.len()));
                of_memory(arena.lend(512..1024));
                assert_eq!(arena.lent(), 0);
                assert_eq!(memory.statistics().device.buffers, 1);
                drop::<(_, PinnedBuffer, _, _, _)>((buffer, pinned, lent, arena, memory));
            });
            let (memory, buffer, pinned, arena, lent) = all.unwrap();
            assert_eq!(pinned.as_slice().unwrap().len(), 1000);
            drop((buffer, pinned, lent, arena));
            assert!(memory.shutdown().unwrap().is_empty());
        }
    }
}

fn children_of_a_busy_parent() {
    let (pipeline, image) = (edges(), frame(20, 6, 3));
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut runner = Runner::new(pipeline.clone(), &device, ExecutionConfig::default()).unwrap();
    let expected = run(&mut runner, &image);
    busy(&pipeline, &device, &image, || {
        for _ in 0..40 {
            child(|| work_on_the_host(&pipeline, &image, &expected));
        }
    });
}
