//! Fault injection, over fakes in place of a driver.

#![expect(
    unsafe_code,
    reason = "calls driver functions and puts fakes in their place"
)]

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use pixelflume_cuda_driver::faults::{self, FaultError, When};
use pixelflume_cuda_driver::ffi::{self, CuContext, CuEvent, CuFunction, CuStream};
use pixelflume_cuda_driver::{CuResult, slots};

// Each test has symbols of its own, for the table is the process's.

extern "C" fn succeed() -> u32 {
    0
}

/// Makes `name` succeed without doing anything.
fn fake_success(name: &str) {
    // SAFETY: used for functions only that write no result, so success promises nothing.
    unsafe { slots::replace(name, succeed as *const c_void) }.unwrap();
}

#[test]
fn the_nth_call_fails_and_no_other() {
    fake_success("cuCtxSynchronize");
    // SAFETY: no arguments.
    let call = || unsafe { ffi::cuCtxSynchronize() }.code();
    let fault = faults::fail("cuCtxSynchronize", When::Nth(3), 719).unwrap();
    assert_eq!([call(), call(), call(), call(), call()], [0, 0, 719, 0, 0]);
    assert_eq!((fault.calls(), fault.failed()), (5, 1));
    assert_eq!(fault.symbol().name(), "cuCtxSynchronize");
    drop(fault);
    assert_eq!(call(), 0);
    let spy = faults::fail("cuCtxSynchronize", When::Nth(0), 719).unwrap();
    assert_eq!([call(), call()], [0, 0]);
    assert_eq!((spy.calls(), spy.failed()), (2, 0));
}

#[test]
fn every_call_fails_until_the_guard_is_dropped() {
    fake_success("cuStreamSynchronize");
    // SAFETY: the fake ignores the stream.
    let call = || unsafe { ffi::cuStreamSynchronize(CuStream::NULL) }.code();
    let fault = faults::fail("cuStreamSynchronize", When::Always, 700).unwrap();
    assert_eq!([call(), call()], [700, 700]);
    assert_eq!((fault.calls(), fault.failed()), (2, 2));
    drop(fault);
    assert_eq!(call(), 0);
}

#[test]
fn without_a_driver_a_passed_call_still_returns_303() {
    let fault = faults::fail("cuMemFreeHost", When::Nth(1), 1).unwrap();
    // SAFETY: there is no driver: nothing is freed.
    let call = || unsafe { ffi::cuMemFreeHost(ptr::null_mut()) }.code();
    assert_eq!([call(), call()], [1, 303]);
    assert_eq!(fault.calls(), 2);
}

#[test]
fn what_cannot_be_armed_is_refused_and_changes_nothing() {
    let fault = faults::fail("cuEventSynchronize", When::Always, 5).unwrap();
    let again = faults::fail("cuEventSynchronize", When::Always, 6).unwrap_err();
    assert_eq!(
        again,
        FaultError::AlreadyArmed {
            symbol: "cuEventSynchronize"
        }
    );
    let zero = faults::fail("cuEventRecord", When::Always, 0).unwrap_err();
    assert_eq!(
        zero,
        FaultError::NotAnError {
            symbol: "cuEventRecord"
        }
    );
    let unknown = faults::fail("cuNoSuchThing", When::Always, 1).unwrap_err();
    assert!(unknown.to_string().contains("cuNoSuchThing"), "{unknown}");
    // SAFETY: the fault answers, then the unfilled slots.
    unsafe {
        assert_eq!(ffi::cuEventSynchronize(CuEvent::NULL).code(), 5);
        assert_eq!(
            ffi::cuEventRecord(CuEvent::NULL, CuStream::NULL).code(),
            303
        );
        drop(fault);
        assert_eq!(ffi::cuEventSynchronize(CuEvent::NULL).code(), 303);
    }
}

#[test]
fn a_function_replaced_under_a_fault_gets_the_passed_calls() {
    extern "C" fn forty() -> u32 {
        40
    }
    let fault = faults::fail("cuStreamDestroy_v2", When::Nth(2), 9).unwrap();
    // SAFETY: the fakes ignore their arguments.
    let call = || unsafe { ffi::cuStreamDestroy_v2(CuStream::NULL) }.code();
    assert_eq!(call(), 303);
    // SAFETY: `forty` ignores its arguments and returns an error.
    let before = unsafe { slots::replace("cuStreamDestroy_v2", forty as *const c_void) }.unwrap();
    assert_eq!(before, None);
    assert_eq!([call(), call()], [9, 40]);
    drop(fault);
    assert_eq!(call(), 40);
}

#[test]
fn whole_number_arguments_arrive_intact_through_the_fault_thunk() {
    static SEEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    extern "C" fn fake(
        f: CuFunction,
        gx: u32,
        gy: u32,
        gz: u32,
        bx: u32,
        by: u32,
        bz: u32,
        shared: u32,
        stream: CuStream,
        params: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> CuResult {
        let numbers = [gx, gy, gz, bx, by, bz, shared].map(|n| n as usize);
        let mut seen = SEEN.lock().unwrap();
        *seen = vec![f.as_raw().addr()];
        seen.extend(numbers);
        seen.extend([stream.as_raw().addr(), params.addr(), extra.addr()]);
        CuResult::new(77)
    }
    let at = |n: usize| ptr::without_provenance_mut::<c_void>(n);
    let call = || {
        let big = u32::MAX - 7;
        // SAFETY: leads to the fake, which only looks at the values, or fails before.
        unsafe {
            let (function, stream) = (
                CuFunction::from_raw(at(usize::MAX)),
                CuStream::from_raw(at(9)),
            );
            ffi::cuLaunchKernel(
                function,
                2,
                3,
                4,
                5,
                6,
                7,
                big,
                stream,
                at(usize::MAX - 10).cast(),
                at(11).cast(),
            )
        }
    };
    let sent = [
        usize::MAX,
        2,
        3,
        4,
        5,
        6,
        7,
        u32::MAX as usize - 7,
        9,
        usize::MAX - 10,
        11,
    ];
    // SAFETY: the fake has the signature of cuLaunchKernel and returns an error.
    unsafe { slots::replace("cuLaunchKernel", fake as *const c_void) }.unwrap();
    let fault = faults::fail("cuLaunchKernel", When::Nth(2), 701).unwrap();
    assert_eq!(call(), CuResult::new(77));
    assert_eq!(*SEEN.lock().unwrap(), sent);
    SEEN.lock().unwrap().clear();
    assert_eq!(call(), CuResult::LAUNCH_OUT_OF_RESOURCES);
    assert!(
        SEEN.lock().unwrap().is_empty(),
        "the failed call must not reach the function"
    );
    assert_eq!(call(), CuResult::new(77));
    assert_eq!(*SEEN.lock().unwrap(), sent);
    assert_eq!(fault.failed(), 1);
}

/// Seventeen numbers of both kinds: more than either architecture passes in registers.
type Mixed = unsafe extern "C" fn(
    f64,
    u64,
    f64,
    u64,
    f32,
    u64,
    f64,
    u64,
    f64,
    u64,
    f64,
    u64,
    f64,
    u64,
    f64,
    u64,
    f64,
    u64,
    f64,
    u64,
) -> u32;

#[test]
fn floating_point_and_stack_arguments_arrive_intact_through_the_fault_thunk() {
    static SEEN: Mutex<Vec<f64>> = Mutex::new(Vec::new());
    extern "C" fn fake(
        a: f64,
        b: u64,
        c: f64,
        d: u64,
        e: f32,
        f: u64,
        g: f64,
        h: u64,
        i: f64,
        j: u64,
        k: f64,
        l: u64,
        m: f64,
        n: u64,
        o: f64,
        p: u64,
        q: f64,
        r: u64,
        s: f64,
        t: u64,
    ) -> u32 {
        let whole = [b, d, f, h, j, l, n, p, r, t].map(|n| n as f64);
        let mut seen = SEEN.lock().unwrap();
        *seen = vec![a, c, f64::from(e), g, i, k, m, o, q, s];
        seen.extend(whole);
        88
    }
    // SAFETY: the fake's real signature is `Mixed`, and only this test calls the symbol, as `Mixed`.
    unsafe { slots::replace("cuTexRefSetAddress2D_v3", fake as *const c_void) }.unwrap();
    unsafe extern "C" {
        fn cuTexRefSetAddress2D_v3();
    }
    // SAFETY: a code address; whatever it is called with goes on to `fake`, whose type this is.
    let call = unsafe {
        std::mem::transmute::<*const c_void, Mixed>(cuTexRefSetAddress2D_v3 as *const c_void)
    };
    let go = || {
        // SAFETY: as above.
        unsafe {
            call(
                0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10,
            )
        }
    };
    let sent: Vec<f64> = (0..10)
        .map(|n| f64::from(n) + 0.5)
        .chain((1..=10).map(f64::from))
        .collect();
    assert_eq!(go(), 88);
    assert_eq!(*SEEN.lock().unwrap(), sent);
    SEEN.lock().unwrap().clear();
    let fault = faults::fail("cuTexRefSetAddress2D_v3", When::Nth(2), 12).unwrap();
    assert_eq!(go(), 88);
    assert_eq!(*SEEN.lock().unwrap(), sent);
    assert_eq!(go(), 12);
    assert_eq!(go(), 88);
    assert_eq!(*SEEN.lock().unwrap(), sent);
    assert_eq!((fault.calls(), fault.failed()), (3, 1));
}

#[test]
fn calls_of_many_threads_are_counted_and_exactly_one_fails() {
    const THREADS: u64 = 8;
    const CALLS: u64 = 2000;
    static REACHED: AtomicU64 = AtomicU64::new(0);
    extern "C" fn fake(context: CuContext) -> CuResult {
        REACHED.fetch_add(context.as_raw().addr() as u64, Ordering::Relaxed);
        CuResult::SUCCESS
    }
    // SAFETY: the fake has the signature of cuCtxSetCurrent; nothing here relies on a current context.
    unsafe { slots::replace("cuCtxSetCurrent", fake as *const c_void) }.unwrap();
    let fault = faults::fail("cuCtxSetCurrent", When::Nth(THREADS * CALLS / 2), 201).unwrap();
    let failed: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let context = CuContext::from_raw(ptr::without_provenance_mut(3));
                    (0..CALLS)
                        // SAFETY: leads to the fake, which only looks at the value.
                        .map(|_| unsafe { ffi::cuCtxSetCurrent(context) })
                        .filter(|result| *result == CuResult::INVALID_CONTEXT)
                        .count() as u64
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .sum()
    });
    assert_eq!(failed, 1);
    assert_eq!((fault.calls(), fault.failed()), (THREADS * CALLS, 1));
    assert_eq!(REACHED.load(Ordering::Relaxed), 3 * (THREADS * CALLS - 1));
}

#[test]
fn faults_may_come_and_go_while_other_threads_call() {
    fake_success("cuEventQuery");
    let done = AtomicBool::new(false);
    let (passed, failed, strange) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    // SAFETY: leads to the fake, which ignores the event, or fails before.
                    let count = match unsafe { ffi::cuEventQuery(CuEvent::NULL) }.code() {
                        0 => &passed,
                        702 => &failed,
                        _ => &strange,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Go on until the callers have met both states.
        let mut rounds = 0;
        while rounds < 50
            || passed.load(Ordering::Relaxed) == 0
            || failed.load(Ordering::Relaxed) == 0
        {
            let fault = faults::fail("cuEventQuery", When::Always, 702).unwrap();
            thread::yield_now();
            drop(fault);
            thread::yield_now();
            rounds += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(strange.load(Ordering::Relaxed), 0);
}
