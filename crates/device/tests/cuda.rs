//! CUDA devices, on a driver without a GPU: who keeps whom alive, what is refused, and what is left.

#![expect(unsafe_code, reason = "frees memory of pools, and borrows streams")]

mod support;

use pixelflume_cuda_driver::testing::{Fake, FakeConfig, Fault, Faults, Live, TestDriver, When};
use pixelflume_cuda_driver::{CuResult, Function as Call};
use pixelflume_device::{
    Args, Device, DeviceError, Function, Graph, Grid, Images, KernelModule, Launch, Stream,
    StreamOrderedPool, Unavailable,
};
use std::sync::Arc;
use support::{begin_capture, launch_graph, put};

static MODULE: KernelModule = KernelModule {
    name: "some",
    images: Images::Ptx(&[((7, 5), "any image")]),
};

const GRID: Grid = Grid {
    blocks: [1; 3],
    threads: [1; 3],
    shared_bytes: 0,
};

fn driver(config: FakeConfig) -> (TestDriver, &'static Faults, &'static Fake) {
    let (driver, fake) = TestDriver::fake(config);
    (driver, driver.faults(), fake)
}

fn open(driver: TestDriver) -> Device {
    Device::cuda_on(driver.driver(), 0).unwrap()
}

fn kernel(device: &Device) -> Function {
    device.kernel(&MODULE, "some_kernel").unwrap()
}

fn launch(function: Function) -> Launch {
    Launch::kernel(function, GRID, Args::of(&7u64))
}

fn graph(stream: &Stream, launch: &Launch) -> Graph {
    begin_capture(stream).unwrap();
    put(stream, launch, None).unwrap();
    stream.end_capture().unwrap()
}

/// That a call was refused because what it was given is of another device.
#[track_caller]
fn refused<T>(what: &str, result: Result<T, DeviceError>) {
    match result.err() {
        Some(DeviceError::WrongDevice { expected, .. }) => {
            assert!(
                expected.contains(what) && expected.contains("another opening of cuda:0"),
                "{expected}"
            );
        }
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn a_function_keeps_its_device_and_is_good_for_no_other_opening_of_it() {
    let (driver, _, fake) = driver(FakeConfig::default());
    let first = open(driver);
    let launch = launch(kernel(&first));
    drop(first);
    assert_eq!(
        fake.live().modules,
        1,
        "the module of a function was unloaded"
    );
    // The same GPU again, and so the same context.
    let second = open(driver);
    let stream = second.stream().unwrap();
    refused("kernel some_kernel", put(&stream, &launch, None));
    drop(launch);
    assert_eq!(fake.live().modules, 0);
    drop((stream, second));
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!((fake.leaks(), fake.live()), (Vec::new(), Live::default()));
    assert_eq!(fake.contexts(), 0);
}

#[test]
fn nothing_of_one_opening_of_a_device_is_taken_by_another() {
    let (driver, _, fake) = driver(FakeConfig::default());
    let [a, b] = [open(driver), open(driver)];
    let [on_a, on_b] = [&a, &b].map(|device| device.stream().unwrap());
    let [of_a, of_b] = [&a, &b].map(|device| launch(kernel(device)));
    let event = b.event().unwrap();
    refused("event", on_a.record(&event));
    refused("event", on_a.wait(&event));
    let [early, late] = [&a, &b].map(|device| device.timing_event().unwrap());
    refused("event", on_a.record_time(&late));
    refused("earlier event", late.seconds_since(&early));

    let mut exec = graph(&on_a, &of_a).instantiate().unwrap();
    refused("executable graph", launch_graph(&exec, &on_b));
    refused("kernel", exec.set_launch(0, &of_b, None));
    refused("graph", exec.update(&graph(&on_b, &of_b)));
    exec.set_launch(0, &of_a, None).unwrap();
    assert!(exec.update(&graph(&on_a, &of_a)).unwrap());
    launch_graph(&exec, &on_a).unwrap();

    let pool = StreamOrderedPool::new(&a, 0).unwrap();
    refused("memory pool", pool.allocate(16, &on_b));
    let address = pool.allocate(16, &on_a).unwrap();
    // SAFETY: freed once, and nothing uses it; the first call is refused.
    unsafe {
        refused("memory of a pool", pool.free(address, 16, &on_b));
        pool.free(address, 16, &on_a).unwrap();
    }
    on_a.synchronize().unwrap();
    drop((on_a, on_b, of_a, of_b, event, early, late, exec, pool));
    drop((a, b));
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!((fake.leaks(), fake.live()), (Vec::new(), Live::default()));
}

#[test]
fn launches_of_two_openings_are_of_different_work() {
    let (driver, ..) = driver(FakeConfig::default());
    let [a, b] = [open(driver), open(driver)];
    let (first, again, other) = (kernel(&a), kernel(&a), kernel(&b));
    use pixelflume_device::Change;
    assert_eq!(
        launch(again).change_from(&launch(first.clone())),
        Change::None
    );
    assert_eq!(launch(other).change_from(&launch(first)), Change::Kernel);
}

#[test]
fn an_executable_graph_keeps_the_modules_of_its_kernels() {
    let (driver, _, fake) = driver(FakeConfig::default());
    let device = open(driver);
    let stream = device.stream().unwrap();
    let exec = graph(&stream, &launch(kernel(&device)))
        .instantiate()
        .unwrap();
    drop((device, stream));
    assert_eq!(fake.live().modules, 1);
    drop(exec);
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!((fake.leaks(), fake.live()), (Vec::new(), Live::default()));
}

#[test]
fn a_failed_capture_leaves_nothing_that_later_launches_ask_for() {
    let (driver, faults, fake) = driver(FakeConfig::default());
    let device = open(driver);
    let launch = launch(kernel(&device));
    let stream = device.stream().unwrap();
    let questions = |of: &Stream| {
        faults.forget_calls();
        put(of, &launch, None).unwrap();
        of.synchronize().unwrap();
        faults.calls(Call::cuStreamGetCaptureInfo_v2)
    };
    assert_eq!(questions(&stream), 0);

    // Invalidated by a call that a capture does not allow.
    begin_capture(&stream).unwrap();
    put(&stream, &launch, None).unwrap();
    stream.synchronize().unwrap_err();
    stream.end_capture().unwrap_err();
    assert_eq!(questions(&stream), 0);

    // Another stream took part, and was not joined.
    let other = device.stream().unwrap();
    let fork = device.event().unwrap();
    begin_capture(&stream).unwrap();
    stream.record(&fork).unwrap();
    other.wait(&fork).unwrap();
    put(&other, &launch, None).unwrap();
    stream.end_capture().unwrap_err();
    assert_eq!((questions(&stream), questions(&other)), (0, 0));

    // Never ended.
    let third = device.stream().unwrap();
    begin_capture(&third).unwrap();
    put(&third, &launch, None).unwrap();
    drop(third);
    assert_eq!(questions(&stream), 0);

    // While one is open launches have to ask, and after it they do not.
    begin_capture(&other).unwrap();
    assert_eq!(questions(&stream), 1);
    assert_eq!(other.end_capture().unwrap().launch_count(), 0);
    assert_eq!(questions(&stream), 0);
    assert_eq!(fake.live().captures, 0);
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn without_the_functions_of_pools_a_device_has_none() {
    let (driver, _, fake) = driver(FakeConfig {
        lacks: vec![Call::cuMemPoolTrimTo],
        ..FakeConfig::default()
    });
    let device = open(driver);
    assert!(!device.capabilities().memory_pools);
    let error = StreamOrderedPool::new(&device, 0).unwrap_err();
    assert!(matches!(error, DeviceError::Unsupported { .. }), "{error}");
    assert_eq!(fake.live().pools, 0);
}

#[test]
fn drivers_and_devices_that_will_not_do_are_refused_with_what_they_are() {
    let reason = |config: FakeConfig, index| {
        let (driver, _, fake) = driver(config);
        let error = Device::cuda_on(driver.driver(), index).unwrap_err();
        assert_eq!(fake.contexts(), 0);
        match error {
            DeviceError::Unavailable(reason) => reason,
            other => panic!("{other}"),
        }
    };
    let config = FakeConfig::default;
    let old = FakeConfig {
        version: 11040,
        ..config()
    };
    assert!(matches!(
        reason(old, 0),
        Unavailable::DriverTooOld { found: (11, 4), .. }
    ));
    let none = FakeConfig {
        devices: 0,
        ..config()
    };
    assert_eq!(reason(none, 0), Unavailable::NoDevice);
    let (asked, count) = (1, 1);
    assert_eq!(
        reason(config(), 1),
        Unavailable::NoSuchDevice { asked, count }
    );
    let old = FakeConfig {
        compute_capability: (6, 1),
        ..config()
    };
    assert!(matches!(
        reason(old, 0),
        Unavailable::DeviceTooOld { found: (6, 1), .. }
    ));
}

#[test]
fn two_devices_of_a_driver_are_apart() {
    let (driver, _, fake) = driver(FakeConfig {
        devices: 2,
        ..FakeConfig::default()
    });
    let [a, b] = [0, 1].map(|index| Device::cuda_on(driver.driver(), index).unwrap());
    let (stream, event) = (a.stream().unwrap(), b.event().unwrap());
    let error = stream.record(&event).unwrap_err().to_string();
    assert!(
        error.contains("cuda:1 (event) is needed, and cuda:0 was given"),
        "{error}"
    );
    drop((stream, event, a, b));
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!((fake.leaks(), fake.live()), (Vec::new(), Live::default()));
}

#[test]
fn an_event_that_cannot_be_waited_for_is_asked_until_it_tells() {
    let (driver, faults, fake) = driver(FakeConfig::default());
    let device = open(driver);
    let (stream, event) = (device.stream().unwrap(), device.event().unwrap());
    put(&stream, &launch(kernel(&device)), None).unwrap();
    stream.record(&event).unwrap();
    let refused = Fault::Refused(CuResult::UNKNOWN);
    let fault = faults
        .fail(Call::cuEventSynchronize, When::Always, refused)
        .unwrap();
    let asked = faults.calls(Call::cuEventQuery);
    event.synchronize().unwrap();
    assert_eq!(fault.failed(), 1);
    assert!(faults.calls(Call::cuEventQuery) > asked);
    assert!(event.is_complete().unwrap());
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn a_borrowed_stream_outlives_its_borrowers_and_keeps_its_owner() {
    let (driver, faults, fake) = driver(FakeConfig::default());
    let device = open(driver);
    let owner = Arc::new(device.stream().unwrap());
    let raw = owner.raw().unwrap();
    // SAFETY: the owner holds the stream.
    let borrowed = unsafe { device.borrow_stream(raw, owner.clone()) }.unwrap();
    assert_eq!(Arc::strong_count(&owner), 2);
    put(&borrowed, &launch(kernel(&device)), None).unwrap();
    drop(borrowed);
    assert_eq!(Arc::strong_count(&owner), 1);
    assert_eq!(faults.calls(Call::cuStreamDestroy_v2), 0);
    owner.synchronize().unwrap();
    assert_eq!(fake.violations(), [""; 0]);
}
