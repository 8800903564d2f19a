//! The fake driver and the layer of faults, through the calls that a program makes.

#![expect(unsafe_code, reason = "calls driver functions")]

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use pixelflume_cuda_driver::ffi::{
    CuContext, CuEvent, CuFunction, CuGraph, CuGraphExec, CuModule, CuStream, capture_mode,
    capture_status, event_flags,
};
use pixelflume_cuda_driver::testing::{
    Fake, FakeConfig, Fault, FaultError, Faults, Live, TestDriver, When,
};
use pixelflume_cuda_driver::{CuResult, Driver, Function};

struct Open {
    driver: &'static Driver,
    faults: &'static Faults,
    fake: &'static Fake,
}

/// A fake whose first device's context is the thread's.
fn open() -> Open {
    let (test, fake) = TestDriver::fake(FakeConfig::default());
    let driver = test.driver();
    let mut context = CuContext::NULL;
    // SAFETY: the place is valid.
    unsafe {
        assert!(driver.cuInit(0).is_ok());
        assert!(driver.cuDevicePrimaryCtxRetain(&mut context, 0).is_ok());
        assert!(driver.cuCtxSetCurrent(context).is_ok());
    }
    let faults = test.faults();
    Open {
        driver,
        faults,
        fake,
    }
}

fn stream(driver: &Driver) -> CuStream {
    let mut stream = CuStream::NULL;
    // SAFETY: the place is valid.
    assert!(unsafe { driver.cuStreamCreateWithPriority(&mut stream, 1, 0) }.is_ok());
    stream
}

fn event(driver: &Driver) -> CuEvent {
    let mut event = CuEvent::NULL;
    // SAFETY: the place is valid.
    assert!(unsafe { driver.cuEventCreate(&mut event, event_flags::DEFAULT) }.is_ok());
    event
}

fn function(driver: &Driver) -> (CuModule, CuFunction) {
    let (mut module, mut function) = (CuModule::NULL, CuFunction::NULL);
    // SAFETY: the places are valid, and the texts end in zeros.
    unsafe {
        let image = c"any image".as_ptr().cast();
        assert!(driver.cuModuleLoadData(&mut module, image).is_ok());
        let name = c"count".as_ptr();
        assert!(
            driver
                .cuModuleGetFunction(&mut function, module, name)
                .is_ok()
        );
    }
    (module, function)
}

fn launch(driver: &Driver, function: CuFunction, stream: CuStream, value: u64) -> CuResult {
    let mut parameters = [(&raw const value).cast_mut().cast()];
    let parameters = parameters.as_mut_ptr();
    // SAFETY: the one argument is a number of 64 bits.
    unsafe {
        driver.cuLaunchKernel(
            function,
            1,
            1,
            1,
            1,
            1,
            1,
            0,
            stream,
            parameters,
            ptr::null_mut(),
        )
    }
}

#[test]
fn the_nth_call_fails_and_no_other() {
    let Open {
        driver,
        faults,
        fake,
    } = open();
    // SAFETY: no arguments.
    let call = || unsafe { driver.cuCtxSynchronize() };
    let code = CuResult::INVALID_VALUE;
    let fault = faults
        .fail(
            Function::cuCtxSynchronize,
            When::Nth(3),
            Fault::Refused(code),
        )
        .unwrap();
    let ok = CuResult::SUCCESS;
    assert_eq!([call(), call(), call(), call()], [ok, ok, code, ok]);
    assert_eq!((fault.calls(), fault.failed()), (4, 1));
    assert_eq!(fault.function(), Function::cuCtxSynchronize);
    drop(fault);
    assert_eq!(call(), ok);
    assert_eq!(faults.calls(Function::cuCtxSynchronize), 5);
    faults.forget_calls();
    assert_eq!(faults.calls(Function::cuCtxSynchronize), 0);
    assert_eq!(fake.violations(), [""; 0]);
}

#[test]
fn a_refused_call_does_not_reach_the_driver_and_a_reported_one_does() {
    let Open {
        driver,
        faults,
        fake,
    } = open();
    let stream = stream(driver);
    // SAFETY: the stream is live until it is destroyed.
    let destroy = || unsafe { driver.cuStreamDestroy_v2(stream) };
    for (fault, left) in [
        (Fault::Refused(CuResult::UNKNOWN), 1),
        (Fault::Reported(CuResult::UNKNOWN), 0),
    ] {
        let _fault = faults
            .fail(Function::cuStreamDestroy_v2, When::Always, fault)
            .unwrap();
        assert_eq!(destroy(), CuResult::UNKNOWN);
        assert_eq!(fake.live().streams, left);
    }
    assert_eq!(destroy(), CuResult::INVALID_HANDLE);
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
}

#[test]
fn what_cannot_be_armed_is_refused_and_changes_nothing() {
    let Open { driver, faults, .. } = open();
    let function = Function::cuCtxSynchronize;
    let code = CuResult::OUT_OF_MEMORY;
    let first = faults
        .fail(function, When::Always, Fault::Refused(code))
        .unwrap();
    let again = faults.fail(function, When::Always, Fault::Refused(CuResult::UNKNOWN));
    assert_eq!(again.unwrap_err(), FaultError::AlreadyArmed { function });
    // SAFETY: no arguments.
    assert_eq!(unsafe { driver.cuCtxSynchronize() }, code);
    drop(first);
    let zero = faults.fail(function, When::Always, Fault::Refused(CuResult::SUCCESS));
    assert_eq!(zero.unwrap_err(), FaultError::NotAnError { function });
}

#[test]
fn a_lost_context_stays_lost() {
    let Open {
        driver,
        faults,
        fake,
    } = open();
    let lost = CuResult::ILLEGAL_ADDRESS;
    let fault = faults.fail(
        Function::cuCtxSynchronize,
        When::Nth(1),
        Fault::Refused(lost),
    );
    // SAFETY: no arguments.
    assert_eq!(unsafe { driver.cuCtxSynchronize() }, lost);
    drop(fault);
    // SAFETY: the place is valid.
    assert_eq!(unsafe { driver.cuMemAlloc_v2(&mut 0, 1) }, lost);
    fake.reset();
    // SAFETY: no arguments. The handles of before are gone.
    assert_eq!(unsafe { driver.cuInit(0) }, CuResult::SUCCESS);
    assert_eq!(fake.contexts(), 0);
}

#[test]
fn calls_of_many_threads_are_counted_and_exactly_one_fails() {
    const THREADS: u64 = 4;
    const CALLS: u64 = 100;
    let Open { driver, faults, .. } = open();
    let fault = faults
        .fail(
            Function::cuDriverGetVersion,
            When::Nth(THREADS * CALLS / 2),
            Fault::Refused(CuResult::UNKNOWN),
        )
        .unwrap();
    let failed = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..CALLS {
                    if driver.version().is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 1);
    assert_eq!((fault.calls(), fault.failed()), (THREADS * CALLS, 1));
}

#[test]
fn a_function_that_the_driver_lacks_is_none() {
    let (test, _) = TestDriver::fake(FakeConfig {
        lacks: vec![Function::cuMemFreeAsync],
        ..FakeConfig::default()
    });
    // SAFETY: there is no such function to call.
    let result = unsafe { test.driver().cuMemFreeAsync(0, CuStream::NULL) };
    assert_eq!(result, None);
    let missing: Vec<_> = test.driver().missing().collect();
    assert_eq!(missing, [Function::cuMemFreeAsync]);
}

#[test]
fn work_is_done_when_somebody_waits_and_in_the_order_of_events() {
    let Open { driver, fake, .. } = open();
    let (first, second, passed) = (stream(driver), stream(driver), event(driver));
    let mut address = 0;
    let mut host = ptr::null_mut();
    // SAFETY: places are valid, handles live, and memory is freed when no work uses it any more.
    unsafe {
        assert!(driver.cuMemAlloc_v2(&mut address, 4).is_ok());
        assert!(driver.cuMemHostAlloc(&mut host, 4, 0).is_ok());
        host.cast::<[u8; 4]>().write([0; 4]);
        let at = host.addr() as u64;
        assert!(driver.cuMemsetD8Async(address, 7, 4, first).is_ok());
        assert!(driver.cuEventRecordWithFlags(passed, first, 0).is_ok());
        assert!(driver.cuStreamWaitEvent(second, passed, 0).is_ok());
        assert!(driver.cuMemcpyAsync(at, address, 4, second).is_ok());
        assert_eq!(driver.cuEventQuery(passed), CuResult::NOT_READY);
        assert_eq!(host.cast::<[u8; 4]>().read(), [0; 4]);
        assert!(driver.cuStreamSynchronize(second).is_ok());
        assert_eq!(host.cast::<[u8; 4]>().read(), [7; 4]);
        assert!(driver.cuEventQuery(passed).is_ok());
        assert_eq!(fake.violations(), [""; 0]);

        assert!(driver.cuMemcpyAsync(at, address, 4, second).is_ok());
        assert!(
            !driver.cuMemFree_v2(address).is_ok(),
            "a copy from there is pending"
        );
        assert!(driver.cuStreamSynchronize(second).is_ok());
        assert!(driver.cuMemFree_v2(address).is_ok());
        assert!(driver.cuMemcpyAsync(at, address, 4, second).is_ok());
        assert!(driver.cuStreamSynchronize(second).is_ok());
        assert!(driver.cuMemFreeHost(host).is_ok());
    }
    let [pending, gone] = &fake.violations()[..] else {
        panic!("{:?}", fake.violations());
    };
    assert!(pending.contains("pending"), "{pending}");
    assert!(gone.contains("not all in one live block"), "{gone}");
}

#[test]
fn kernels_do_what_the_test_says_directly_and_in_graphs() {
    let Open { driver, fake, .. } = open();
    static SUM: AtomicU64 = AtomicU64::new(0);
    fake.on_kernel("count", 8, |args, _| {
        let value = u64::from_le_bytes(args.try_into().unwrap());
        SUM.fetch_add(value, Ordering::Relaxed);
    });
    let (stream, (module, function)) = (stream(driver), function(driver));
    assert!(launch(driver, function, stream, 3).is_ok());
    let (mut graph, mut exec) = (CuGraph::NULL, CuGraphExec::NULL);
    let (mut status, mut id, mut nodes, mut count) = (0, 0, ptr::null(), 0);
    // SAFETY: places are valid and handles live.
    unsafe {
        assert!(
            driver
                .cuStreamBeginCapture_v2(stream, capture_mode::THREAD_LOCAL)
                .is_ok()
        );
        assert!(launch(driver, function, stream, 40).is_ok());
        let null = ptr::null_mut();
        let told = driver.cuStreamGetCaptureInfo_v2(
            stream,
            &mut status,
            &mut id,
            null,
            &mut nodes,
            &mut count,
        );
        assert!(told.is_ok() && status == capture_status::ACTIVE && count == 1);
        assert!(driver.cuStreamEndCapture(stream, &mut graph).is_ok());
        assert!(
            driver
                .cuGraphInstantiateWithFlags(&mut exec, graph, 0)
                .is_ok()
        );
        assert!(driver.cuGraphLaunch(exec, stream).is_ok());
        assert!(driver.cuGraphLaunch(exec, stream).is_ok());
        assert_eq!(SUM.load(Ordering::Relaxed), 0);
        assert!(driver.cuStreamSynchronize(stream).is_ok());
        assert_eq!(SUM.load(Ordering::Relaxed), 83);
        assert_eq!((fake.violations(), fake.launches()), (Vec::new(), 3));

        // A graph whose module is gone.
        assert!(driver.cuModuleUnload(module).is_ok());
        assert!(driver.cuGraphLaunch(exec, stream).is_ok());
        assert!(driver.cuStreamSynchronize(stream).is_ok());
    }
    assert_eq!(SUM.load(Ordering::Relaxed), 83);
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
    assert!(!launch(driver, function, stream, 3).is_ok());
    assert_eq!(fake.violations().len(), 2, "{:?}", fake.violations());
}

#[test]
fn a_capture_ends_when_all_streams_are_joined_and_nothing_forbidden_was_done() {
    let Open { driver, fake, .. } = open();
    let (origin, other) = (stream(driver), stream(driver));
    let (fork, join) = (event(driver), event(driver));
    let (_, function) = function(driver);
    // SAFETY: places are valid and handles live.
    let capture = |joins: bool, forbidden: bool| unsafe {
        let mut graph = CuGraph::NULL;
        assert!(
            driver
                .cuStreamBeginCapture_v2(origin, capture_mode::THREAD_LOCAL)
                .is_ok()
        );
        assert!(driver.cuEventRecordWithFlags(fork, origin, 0).is_ok());
        assert!(driver.cuStreamWaitEvent(other, fork, 0).is_ok());
        assert!(launch(driver, function, other, 1).is_ok());
        assert!(driver.cuEventRecordWithFlags(join, other, 0).is_ok());
        if joins {
            assert!(driver.cuStreamWaitEvent(origin, join, 0).is_ok());
        }
        if forbidden {
            let code = driver.cuStreamSynchronize(other);
            assert_eq!(code, CuResult::STREAM_CAPTURE_UNSUPPORTED);
        }
        let code = driver.cuStreamEndCapture(origin, &mut graph);
        assert_eq!(code.is_ok(), !graph.is_null());
        if !graph.is_null() {
            assert!(driver.cuGraphDestroy(graph).is_ok());
        }
        assert!(
            driver.cuStreamSynchronize(other).is_ok(),
            "no stream captures any more"
        );
        code
    };
    assert_eq!(capture(true, false), CuResult::SUCCESS);
    assert_eq!(capture(false, false), CuResult::STREAM_CAPTURE_UNJOINED);
    assert_eq!(capture(true, true), CuResult::STREAM_CAPTURE_INVALIDATED);
    assert_eq!(fake.violations(), [""; 0]);
    assert_eq!(fake.live().captures, 0);
}

#[test]
fn what_is_left_when_the_context_ends_is_a_leak() {
    let Open { driver, fake, .. } = open();
    let stream = stream(driver);
    let all = fake.live();
    assert_eq!(
        all,
        Live {
            streams: 1,
            ..Live::default()
        }
    );
    // SAFETY: the context is not used any more; nor is the stream, as the test shows.
    unsafe {
        assert!(driver.cuDevicePrimaryCtxRelease_v2(0).is_ok());
        assert!(!driver.cuStreamDestroy_v2(stream).is_ok());
    }
    assert_eq!(fake.leaks(), [all]);
    assert_eq!((all.total(), fake.violations().len()), (1, 1));
    assert_eq!((fake.live(), fake.contexts()), (Live::default(), 0));
}

#[test]
fn a_thread_without_a_context_is_refused() {
    let Open { driver, fake, .. } = open();
    let refused = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // SAFETY: the place is valid.
            let code = unsafe { driver.cuMemAlloc_v2(&mut 0, 1) };
            refused.store(code == CuResult::INVALID_CONTEXT, Ordering::Relaxed);
        });
    });
    assert!(refused.into_inner());
    assert_eq!(fake.violations().len(), 1);
}
