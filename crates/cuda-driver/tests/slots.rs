//! The slot table, without a driver: unfilled slots, and functions of the test's own in their place.

#![expect(
    unsafe_code,
    reason = "calls driver functions and puts fakes in their place"
)]

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use pixelflume_cuda_driver::ffi::{self, CuFunction, CuStream};
use pixelflume_cuda_driver::slots::{self, Symbol, UnknownSymbol};
use pixelflume_cuda_driver::{CuResult, ffi::CuDevicePtr};

// Each test has symbols of its own, for the table is the process's.

#[test]
fn the_table_has_353_symbols_and_finds_each_by_name() {
    assert_eq!(Symbol::all().len(), 353);
    for symbol in Symbol::all() {
        assert_eq!(Symbol::named(symbol.name()), Ok(symbol));
    }
    let error = Symbol::named("cuMemAlloc").unwrap_err();
    assert_eq!(
        error,
        UnknownSymbol {
            name: "cuMemAlloc".into()
        }
    );
    assert!(error.to_string().contains("cuMemAlloc_v2"), "{error}");
}

#[test]
fn an_unfilled_slot_returns_303_whatever_the_arguments() {
    let mut bytes = 7;
    // SAFETY: with no driver nothing is read or written; the pointers are valid all the same.
    let results = unsafe {
        [
            ffi::cuCtxSynchronize(),
            ffi::cuMemGetInfo_v2(&mut bytes, ptr::null_mut()),
            launch(),
        ]
    };
    assert_eq!(results, [CuResult::SHARED_OBJECT_INIT_FAILED; 3]);
    assert_eq!(bytes, 7);
}

/// A launch with a different value in each argument.
unsafe fn launch() -> CuResult {
    let at = |n: usize| ptr::without_provenance_mut::<c_void>(n);
    // SAFETY: the caller has put a function behind the symbol that only reads its arguments, or nothing.
    unsafe {
        let stream = CuStream::from_raw(at(9));
        ffi::cuLaunchKernel(
            CuFunction::from_raw(at(1)),
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            stream,
            at(10).cast(),
            at(11).cast(),
        )
    }
}

#[test]
fn a_replaced_function_is_called_until_it_is_taken_out() {
    static SEEN: Mutex<Option<(CuDevicePtr, u8, usize, usize)>> = Mutex::new(None);
    extern "C" fn fake(
        address: CuDevicePtr,
        value: u8,
        count: usize,
        stream: CuStream,
    ) -> CuResult {
        *SEEN.lock().unwrap() = Some((address, value, count, stream.as_raw().addr()));
        CuResult::new(17)
    }
    const NAME: &str = "cuMemsetD8Async";
    let call = || {
        // SAFETY: the fake only looks at the arguments, and the unfilled slot not even that.
        unsafe {
            ffi::cuMemsetD8Async(
                u64::MAX - 1,
                200,
                33,
                CuStream::from_raw(ptr::without_provenance_mut(44)),
            )
        }
    };
    assert!(!Symbol::named(NAME).unwrap().is_filled());
    // SAFETY: `fake` has the signature of cuMemsetD8Async and returns an error, which promises nothing.
    let before = unsafe { slots::replace(NAME, fake as *const c_void) };
    assert_eq!(before, Ok(None));
    assert!(Symbol::named(NAME).unwrap().is_filled());
    assert_eq!(call(), CuResult::new(17));
    assert_eq!(*SEEN.lock().unwrap(), Some((u64::MAX - 1, 200, 33, 44)));
    // SAFETY: null empties the slot.
    let before = unsafe { slots::replace(NAME, ptr::null()) };
    assert_eq!(before, Ok(Some(fake as *const c_void)));
    assert_eq!(call(), CuResult::SHARED_OBJECT_INIT_FAILED);
}

#[test]
fn every_symbol_jumps_through_its_own_slot() {
    // Two symbols that are neighbours in the table, the first and the last.
    extern "C" fn fake<const N: u32>() -> u32 {
        N
    }
    let fakes: [(&str, *const c_void); 4] = [
        ("cuArray3DCreate_v2", fake::<1001> as *const c_void),
        (
            "cuWaitExternalSemaphoresAsync",
            fake::<1002> as *const c_void,
        ),
        ("cuEventQuery", fake::<1003> as *const c_void),
        ("cuEventRecord", fake::<1004> as *const c_void),
    ];
    for (name, function) in fakes {
        // SAFETY: the fakes ignore their arguments and return an error.
        unsafe { slots::replace(name, function) }.unwrap();
    }
    unsafe extern "C" {
        // Declared without arguments, for the fakes read none.
        fn cuArray3DCreate_v2() -> u32;
        fn cuWaitExternalSemaphoresAsync() -> u32;
    }
    // SAFETY: all four lead to fakes that ignore their arguments.
    unsafe {
        assert_eq!(cuArray3DCreate_v2(), 1001);
        assert_eq!(cuWaitExternalSemaphoresAsync(), 1002);
        assert_eq!(ffi::cuEventQuery(ffi::CuEvent::NULL), CuResult::new(1003));
        assert_eq!(
            ffi::cuEventRecord(ffi::CuEvent::NULL, CuStream::NULL),
            CuResult::new(1004)
        );
    }
    assert_eq!(Symbol::all().next().map(Symbol::name), Some(fakes[0].0));
    assert_eq!(Symbol::all().last().map(Symbol::name), Some(fakes[1].0));
}

#[test]
fn a_slot_may_be_replaced_while_other_threads_call_it() {
    extern "C" fn one() -> u32 {
        1
    }
    extern "C" fn two() -> u32 {
        2
    }
    const NAME: &str = "cuStreamQuery";
    let done = AtomicBool::new(false);
    let (ones, twos, empty, strange) = (
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
    );
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    // SAFETY: leads to fakes that ignore their arguments, or to none.
                    let count = match unsafe { ffi::cuStreamQuery(CuStream::NULL) }.code() {
                        1 => &ones,
                        2 => &twos,
                        303 => &empty,
                        _ => &strange,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        // Go on until the callers have met every state.
        let unmet = || {
            [&ones, &twos, &empty]
                .into_iter()
                .any(|count| count.load(Ordering::Relaxed) == 0)
        };
        let mut rounds = 0;
        while rounds < 50 || unmet() {
            for function in [one as *const c_void, two as *const c_void, ptr::null()] {
                // SAFETY: the fakes ignore their arguments and return an error.
                unsafe { slots::replace(NAME, function) }.unwrap();
                thread::yield_now();
            }
            rounds += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(strange.load(Ordering::Relaxed), 0);
}
