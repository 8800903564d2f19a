//! Real forks of a process with several threads: what a child may do with the devices of its parent, and with its own.
//!
//! Each child has to end by itself within a time that only a hang needs.

#![expect(unsafe_code, reason = "frees memory by address")]

mod support;

use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Fault, TestDriver, When};
use pixelflume_cuda_driver::{CuResult, Function as Call};
use pixelflume_device::testing::in_forked_child;
use pixelflume_device::{
    Access, Address, Args, Device, DeviceError, DeviceRequest, Event, Function, Grid, HostConfig,
    HostKernel, Images, KernelModule, Launch, LazyDevice, Severity, Stream, StreamOrderedPool,
    TaskFailure, Unavailable, Workers,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{begin_capture, launch_graph, put};

/// The time after which a child counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

static MODULE: KernelModule = KernelModule {
    name: "some",
    images: Images::Ptx(&[((7, 5), "any image")]),
};

fn main() {
    // The first two in this order: CUDA is started once for the whole process.
    let cases: [(&str, fn()); 8] = [
        (
            "a child of a parent without CUDA opens it",
            child_opens_cuda,
        ),
        (
            "an error of a parent's CUDA names the fork",
            only_the_driver_knows,
        ),
        (
            "CUDA of the parent is refused and not called",
            cuda_of_the_parent,
        ),
        (
            "a child of a parent with CUDA opens the host",
            child_opens_the_host,
        ),
        ("a host device of the parent is refused", host_of_the_parent),
        ("lazy devices open anew", lazy_devices),
        (
            "a lazy device that is being opened",
            lazy_device_in_the_opening,
        ),
        (
            "host devices of children of a busy parent",
            children_of_a_busy_parent,
        ),
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
fn forked<T>(result: Result<T, DeviceError>) {
    match result.err() {
        Some(error @ DeviceError::Forked { .. }) => {
            assert_eq!(error.severity(), Severity::DeviceLost);
        }
        other => panic!("{other:?}"),
    }
}

fn fake() -> (TestDriver, &'static Fake) {
    TestDriver::fake(FakeConfig::default())
}

/// Number of calls of all functions of a driver.
fn calls(driver: TestDriver) -> u64 {
    let count = |function: &Call| driver.faults().calls(*function);
    Call::ALL.iter().map(count).sum()
}

fn child_opens_cuda() {
    let (driver, fake) = fake();
    let lazy = LazyDevice::with(move || Device::cuda_on(driver.driver(), 0));
    assert!(!lazy.is_open());
    assert_eq!(calls(driver), 0, "making a lazy device called the driver");
    child(|| {
        let stream = lazy.get().unwrap().stream().unwrap();
        stream.synchronize().unwrap();
        assert_eq!(fake.contexts(), 1);
        // A child of the child is refused again.
        child(|| {
            forked(stream.synchronize());
            forked(lazy.get());
        });
        stream.synchronize().unwrap();
    });
    assert_eq!(calls(driver), 0);
    assert_eq!(Device::cuda_count_on(driver.driver()).unwrap(), 1);
    assert_eq!(fake.contexts(), 0, "counting devices made a context");
    child(|| {
        let counted = Device::cuda_count_on(driver.driver());
        assert_eq!(counted.unwrap_err(), Unavailable::Forked);
        forked(lazy.get());
    });
    lazy.get().unwrap();
    assert_eq!(fake.contexts(), 1);
}

/// Another library of the parent may have started CUDA.
fn only_the_driver_knows() {
    let (driver, _) = fake();
    let refused = Fault::Refused(CuResult::NOT_INITIALIZED);
    let _armed = driver.faults().fail(Call::cuInit, When::Always, refused);
    let error = Device::cuda_on(driver.driver(), 0).unwrap_err();
    assert!(matches!(
        error,
        DeviceError::Forked {
            device: DeviceRequest::Cuda(0)
        }
    ));
    let text = error.to_string();
    for part in ["cuda:0", "forked", "spawn", "forkserver", "host"] {
        assert!(text.contains(part), "{text}");
    }
}

/// All that a device makes.
struct Objects {
    device: Device,
    stream: Stream,
    event: Event,
    times: [Event; 2],
    function: Function,
    pool: StreamOrderedPool,
    graph: pixelflume_device::Graph,
    exec: pixelflume_device::GraphExec,
    memory: Address,
}

fn launch(function: Function) -> Launch {
    let grid = Grid {
        blocks: [1; 3],
        threads: [1; 3],
        shared_bytes: 0,
    };
    Launch::kernel(function, grid, Args::of(&7u64))
}

impl Objects {
    fn new(driver: TestDriver) -> Self {
        let device = Device::cuda_on(driver.driver(), 0).unwrap();
        let stream = device.stream().unwrap();
        let function = device.kernel(&MODULE, "some_kernel").unwrap();
        let graph = || {
            begin_capture(&stream).unwrap();
            put(&stream, &launch(function.clone()), None).unwrap();
            stream.end_capture().unwrap()
        };
        Objects {
            event: device.event().unwrap(),
            times: [(); 2].map(|()| device.timing_event().unwrap()),
            pool: StreamOrderedPool::new(&device, 0).unwrap(),
            memory: device.allocate_raw(512).unwrap(),
            graph: graph(),
            exec: graph().instantiate().unwrap(),
            function,
            stream,
            device,
        }
    }

    /// Makes every call that would enter the driver.
    fn use_all(mut self) {
        let Objects { device, stream, .. } = &self;
        assert!(device.is_inherited());
        forked(device.check_process());
        forked(device.synchronize());
        forked(device.stream());
        forked(device.event());
        forked(device.timing_event());
        forked(device.kernel(&MODULE, "some_kernel"));
        forked(device.allocate_raw(512));
        forked(device.allocate_pinned_raw(512));
        forked(device.default_stream());
        forked(device.check_memory(self.memory, 512));
        forked(device.host_access(&Access::read(self.memory, 1), "a read"));
        assert_eq!(device.free_memory(), None);
        // SAFETY: the memory is one of the device's, and nothing uses it.
        forked(unsafe { device.free_raw(self.memory, 512) });
        forked(put(stream, &launch(self.function.clone()), None));
        forked(stream.record(&self.event));
        forked(stream.record_time(&self.times[0]));
        forked(stream.wait(&self.event));
        forked(stream.synchronize());
        forked(stream.is_idle());
        forked(stream.is_capturing());
        forked(begin_capture(stream));
        forked(stream.end_capture());
        // SAFETY: both sides are valid, and nothing else uses them.
        forked(unsafe { stream.copy(self.memory, self.memory.offset(256), 256) });
        // SAFETY: as above.
        forked(unsafe { stream.fill(self.memory, 0, 512) });
        forked(self.event.is_complete());
        forked(self.event.synchronize());
        forked(self.times[1].seconds_since(&self.times[0]));
        forked(self.pool.allocate(512, stream));
        forked(self.pool.trim(0));
        forked(self.pool.reserved());
        forked(StreamOrderedPool::new(device, 0));
        forked(launch_graph(&self.exec, stream));
        forked(self.exec.update(&self.graph));
        let launch = launch(self.function.clone());
        forked(self.exec.set_launch(0, &launch, None));
        forked(self.graph.instantiate());
    }
}

fn cuda_of_the_parent() {
    let (driver, fake) = fake();
    let mut objects = Some(Objects::new(driver));
    let mut dropped = Some(Objects::new(driver));
    let (before, live) = (calls(driver), fake.live());
    busy(|| {
        child(|| {
            drop(dropped.take());
            objects.take().unwrap().use_all();
            forked(Device::cuda_on(driver.driver(), 0));
            assert_eq!(calls(driver), before, "the driver was called");
        });
    });
    // Here all is as before, and works.
    assert_eq!(fake.live(), live);
    let objects = objects.unwrap();
    put(&objects.stream, &launch(objects.function.clone()), None).unwrap();
    objects.stream.synchronize().unwrap();
    // SAFETY: the memory is the device's, and nothing uses it.
    unsafe { objects.device.free_raw(objects.memory, 512) }.unwrap();
    assert_eq!(fake.violations(), Vec::<String>::new());
}

fn child_opens_the_host() {
    child(|| {
        for device in [Device::best(), Device::open(&DeviceRequest::Auto).unwrap()] {
            work_on(&device);
        }
    });
}

/// A kernel that adds on all workers.
struct Add(AtomicUsize);

impl HostKernel for Add {
    unsafe fn run(&self, _: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        workers.for_each(16, &|_| {
            self.0.fetch_add(1, Ordering::Relaxed);
        });
        Ok(())
    }
}

/// Runs work on a host device, in two streams of which one waits for the other.
fn work_on(device: &Device) {
    let add = Arc::new(Add(AtomicUsize::new(0)));
    let launch = Launch::host(add.clone(), Args::EMPTY);
    let streams = [(); 2].map(|()| device.stream().unwrap());
    let event = device.event().unwrap();
    for round in 1..=20 {
        for stream in &streams {
            put(stream, &launch, None).unwrap();
        }
        streams[0].record(&event).unwrap();
        streams[1].wait(&event).unwrap();
        put(&streams[1], &launch, None).unwrap();
        streams[1].synchronize().unwrap();
        assert_eq!(add.0.load(Ordering::Relaxed), 48 * round);
    }
}

/// Calls `work` while threads use a host device and a CUDA device of their own.
fn busy(work: impl FnOnce()) {
    let (done, device) = (AtomicBool::new(false), Device::host());
    let (driver, _) = fake();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    work_on(&device);
                }
            });
        }
        scope.spawn(|| {
            let cuda = Device::cuda_on(driver.driver(), 0).unwrap();
            while !done.load(Ordering::Relaxed) {
                cuda.stream()
                    .unwrap()
                    .record(&cuda.event().unwrap())
                    .unwrap();
            }
        });
        let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        if let Err(panic) = worked {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A kernel that waits until the test lets it go on.
struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let gate = self.0.lock().map_err(TaskFailure::new)?;
        gate.recv().map_err(TaskFailure::new)
    }
}

fn host_of_the_parent() {
    for checked in [false, true] {
        let config = HostConfig::default().with_threads(3).with_checked(checked);
        let mut device = Some(Device::host_with(config));
        let opened = device.as_ref().unwrap();
        let mut stream = Some(opened.stream().unwrap());
        let mut event = Some(opened.event().unwrap());
        let mut pool = Some(StreamOrderedPool::new(opened, 0).unwrap());
        let (open, gate) = channel();
        let blocked = Launch::host(Arc::new(Gate(gate.into())), Args::EMPTY);
        put(stream.as_ref().unwrap(), &blocked, None).unwrap();
        stream
            .as_ref()
            .unwrap()
            .record(event.as_ref().unwrap())
            .unwrap();
        busy(|| {
            child(|| {
                let (device, stream) = (device.take().unwrap(), stream.take().unwrap());
                let (event, pool) = (event.take().unwrap(), pool.take().unwrap());
                forked(put(&stream, &blocked, None));
                forked(stream.synchronize());
                forked(stream.is_idle());
                forked(stream.wait(&event));
                forked(event.synchronize());
                forked(event.is_complete());
                forked(device.synchronize());
                forked(device.stream());
                forked(device.allocate_raw(512));
                forked(pool.allocate(512, &stream));
                forked(device.host_access(&Access::read(Address::new(512), 1), "a read"));
                let text = device.check_process().unwrap_err().to_string();
                assert!(
                    text.contains("worker threads") && text.contains("after the fork"),
                    "{text}"
                );
                drop((event, pool, stream, device));
                work_on(&Device::host());
            });
        });
        open.send(()).unwrap();
        stream.as_ref().unwrap().synchronize().unwrap();
        work_on(device.as_ref().unwrap());
    }
}

fn lazy_devices() {
    let host = LazyDevice::new(DeviceRequest::Host);
    let other = host.clone();
    work_on(&host.get().unwrap());
    let of_parent = host.get().unwrap();
    let (mut host, mut other) = (Some(host), Some(other));
    child(|| {
        let host = host.take().unwrap();
        assert!(!host.is_open());
        work_on(&host.get().unwrap());
        assert!(host.is_open());
        assert_ne!(host.get().unwrap().id(), of_parent.id());
        assert_eq!(
            host.get().unwrap().id(),
            other.as_ref().unwrap().get().unwrap().id()
        );
        child(|| work_on(&host.get().unwrap()));
        drop((host, other.take()));
    });
    let host = host.unwrap();
    assert_eq!(host.get().unwrap().id(), of_parent.id());
    work_on(&of_parent);
}

/// The lock of the opening thread stays locked in the child.
fn lazy_device_in_the_opening() {
    let (open, gate) = channel::<()>();
    let (began, begun) = channel();
    let gate = Mutex::new(Some(gate));
    let lazy = LazyDevice::with(move || {
        let first = gate.lock().ok().and_then(|mut gate| gate.take());
        if let Some(gate) = first {
            let _ = began.send(());
            let _ = gate.recv();
        }
        Ok(Device::host())
    });
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| lazy.get().unwrap().id());
        begun.recv().unwrap();
        child(|| work_on(&lazy.get().unwrap()));
        drop(open);
        assert_eq!(opening.join().unwrap(), lazy.get().unwrap().id());
    });
}

/// What the threads of a busy parent hold at the moment of a fork must not matter to a new device.
fn children_of_a_busy_parent() {
    busy(|| {
        for _ in 0..100 {
            child(|| work_on(&Device::host_with(HostConfig::default().with_threads(3))));
        }
    });
}
