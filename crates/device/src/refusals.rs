//! Refusals: errors that tests inject into calls of a device. Without the feature `testing` there are none, and the
//! checks compile to nothing.

/// The calls that can be refused.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[cfg_attr(
    not(feature = "testing"),
    expect(unreachable_pub, reason = "public with the feature")
)]
pub enum Call {
    /// [`Device::stream`](crate::Device::stream).
    CreateStream,
    /// [`Device::event`](crate::Device::event) and [`Device::timing_event`](crate::Device::timing_event).
    CreateEvent,
    /// [`Stream::enqueue`](crate::Stream::enqueue).
    Enqueue,
    /// [`Stream::copy`](crate::Stream::copy).
    Copy,
    /// [`Stream::fill`](crate::Stream::fill).
    Fill,
    /// [`Stream::record`](crate::Stream::record) and [`Stream::record_time`](crate::Stream::record_time).
    Record,
    /// [`Stream::wait`](crate::Stream::wait).
    Wait,
    /// [`GraphExec::launch`](crate::GraphExec::launch).
    LaunchGraph,
    /// [`Stream::synchronize`](crate::Stream::synchronize).
    SynchronizeStream,
    /// [`Event::synchronize`](crate::Event::synchronize).
    SynchronizeEvent,
    /// [`Device::synchronize`](crate::Device::synchronize).
    SynchronizeDevice,
    /// [`Stream::is_idle`](crate::Stream::is_idle).
    IsIdle,
    /// [`Event::is_complete`](crate::Event::is_complete).
    IsComplete,
}

#[cfg(feature = "testing")]
pub use on::Refusals;

#[cfg(not(feature = "testing"))]
pub(crate) use off::Refusals;

#[cfg(feature = "testing")]
mod on {
    use super::Call;
    use crate::error::DeviceError;
    use crate::sync::Mutex;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    /// Refusals of calls of a device, its streams and its events. A refused call does nothing but to give its error, as a
    /// driver call that fails.
    #[derive(Clone, Default)]
    pub struct Refusals(Arc<Armed>);

    type Judge = Box<dyn FnMut(Call) -> Option<DeviceError> + Send>;

    #[derive(Default)]
    struct Armed {
        armed: AtomicBool,
        judge: Mutex<Option<Judge>>,
    }

    impl Refusals {
        /// Shows each call to `judge` from now on, in place of an earlier judge; the call fails with the error that
        /// `judge` returns. It must not call the device.
        pub fn inject(&self, judge: impl FnMut(Call) -> Option<DeviceError> + Send + 'static) {
            *self.0.judge.lock() = Some(Box::new(judge));
            self.0.armed.store(true, Relaxed);
        }

        /// Refuses call number `n` of this kind from now on, counted from 1, and no other.
        pub fn refuse_nth(&self, call: Call, n: u64) {
            let mut calls = 0;
            self.inject(move |this| {
                calls += u64::from(this == call);
                (this == call && calls == n).then(Refusals::refusal)
            });
        }

        /// Refuses all calls of these kinds from now on, and no others.
        pub fn refuse_all(&self, calls: &[Call]) {
            let calls = calls.to_vec();
            self.inject(move |this| calls.contains(&this).then(Refusals::refusal));
        }

        /// Refuses nothing from now on.
        pub fn clear(&self) {
            self.0.armed.store(false, Relaxed);
            *self.0.judge.lock() = None;
        }

        /// The error of a call that was refused and changed nothing; the device works on.
        pub fn refusal() -> DeviceError {
            DeviceError::Driver {
                call: "a call that a test refused",
                code: 1,
                name: "CUDA_ERROR_INVALID_VALUE",
            }
        }

        pub(crate) fn check(&self, call: Call) -> Result<(), DeviceError> {
            if !self.0.armed.load(Relaxed) {
                return Ok(());
            }
            let mut judge = self.0.judge.lock();
            let error = judge.as_mut().and_then(|judge| judge(call));
            error.map_or(Ok(()), Err)
        }
    }
}

#[cfg(not(feature = "testing"))]
mod off {
    use super::Call;
    use crate::error::DeviceError;

    #[derive(Clone, Default)]
    pub(crate) struct Refusals {}

    impl Refusals {
        #[inline(always)]
        #[expect(
            clippy::unused_self,
            clippy::unnecessary_wraps,
            reason = "the same signature as with the feature"
        )]
        pub(crate) fn check(&self, _: Call) -> Result<(), DeviceError> {
            Ok(())
        }
    }
}
