//! Pools for which the system gives fewer threads than asked for.
#![expect(unsafe_code, reason = "puts kernels into streams")]

use super::*;
use crate::access::Accesses;
use crate::args::Args;
use crate::host::{HostEvent, HostStream};
use crate::kernel::HostKernel;
use crate::task::TaskFailure;
use std::sync::atomic::Ordering::SeqCst;

/// A pool that asked for eight workers and was given this many.
fn pool(given: usize) -> Pool {
    Pool::started_by(8, |index, work| {
        if index >= given {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        std::thread::Builder::new().spawn(work)
    })
}

struct Closure<F>(F);

impl<F: Fn(&Workers<'_>) + Send + Sync> HostKernel for Closure<F> {
    unsafe fn run(&self, _: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        (self.0)(workers);
        Ok(())
    }
}

fn enqueue(stream: &HostStream, f: impl Fn(&Workers<'_>) + Send + Sync + 'static) {
    let kernel: Arc<dyn HostKernel> = Arc::new(Closure(f));
    let accesses = Accesses::new(&[]);
    // SAFETY: the closure has no addresses.
    unsafe { stream.enqueue(&kernel, &Args::of(&0_u64), &accesses, None) }.unwrap();
}

#[test]
fn half_of_the_threads_that_could_be_had_are_kept() {
    for (given, kept) in [(0, 0), (1, 1), (2, 1), (5, 3), (7, 4), (8, 8)] {
        let pool = pool(given);
        // The other threads have ended: they were joined.
        assert_eq!(pool.threads.len(), kept, "{given}");
        assert_eq!(pool.threads(), kept.max(1), "{given}");
    }
}

#[test]
fn with_few_workers_or_none_streams_keep_their_order() {
    for given in [0, 1, 5] {
        let pool = pool(given);
        let [first, second] = [(); 2].map(|()| HostStream::new(pool.shared(), None));
        let [from_first, from_second] = [(); 2].map(|()| HostEvent::new(None));
        let order = Arc::new(Mutex::new(Vec::new()));
        let step = |stream: &HostStream, number: usize| {
            let order = order.clone();
            enqueue(stream, move |workers| {
                let calls = AtomicUsize::new(0);
                workers.for_each(5, &|_| {
                    calls.fetch_add(1, SeqCst);
                });
                assert_eq!(calls.into_inner(), 5);
                order.lock().push(number);
            });
        };
        step(&first, 0);
        first.record(&from_first);
        second.wait(&from_first).unwrap();
        step(&second, 1);
        second.record(&from_second);
        first.wait(&from_second).unwrap();
        step(&first, 2);
        first.synchronize().unwrap();
        second.synchronize().unwrap();
        pool.shared().wait_until_idle();
        assert_eq!(*order.lock(), [0, 1, 2], "{given}");
    }
}

#[test]
fn without_workers_several_threads_may_submit() {
    const EACH: usize = if cfg!(miri) { 10 } else { 200 };
    let pool = pool(0);
    let count = Arc::new(AtomicUsize::new(0));
    let event = HostEvent::new(None);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (count, event, shared) = (count.clone(), &event, pool.shared());
            scope.spawn(move || {
                let stream = HostStream::new(shared, None);
                for _ in 0..EACH {
                    let count = count.clone();
                    enqueue(&stream, move |_| {
                        count.fetch_add(1, SeqCst);
                    });
                    match number {
                        0 => stream.record(event),
                        _ => stream.wait(event).unwrap(),
                    }
                }
                stream.synchronize().unwrap();
            });
        }
    });
    assert_eq!(count.load(SeqCst), 4 * EACH);
}
