//! The order of work on memory between its home stream and other streams.

use parking_lot::Mutex;
use pixelflume_device::{Device, DeviceError, Event, Severity, Stream};
use std::sync::OnceLock;

/// What orders work on one piece of memory in streams other than its home stream: an event, and whether there is work that
/// nothing orders. The home stream is the caller's to name, always the same one.
#[derive(Default)]
pub(crate) struct StreamOrder {
    /// The event, made when it is first needed and kept with the memory.
    event: OnceLock<Event>,
    /// Locked while the event orders work, so that two threads do not record it in turns.
    others: Mutex<OtherStreams>,
}

/// Whether work on streams other than the home stream is ordered.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
enum OtherStreams {
    /// The home stream is ordered behind the work of other streams, or there is no such work.
    #[default]
    Ordered,
    /// The device refused to order the work of another stream and to wait for it, so that work may
    /// be in flight.
    Unordered,
}

impl OtherStreams {
    /// Waits for the whole device where work of other streams is not ordered.
    fn wait_if_unordered(&mut self, device: &Device) -> Result<(), DeviceError> {
        if *self == OtherStreams::Unordered {
            device.synchronize()?;
            *self = OtherStreams::Ordered;
        }
        Ok(())
    }
}

impl StreamOrder {
    /// Orders later work of `stream` behind the present work of `home`.
    pub(crate) fn before(&self, home: &Stream, stream: &Stream) -> Result<(), DeviceError> {
        check_device(home.device(), stream)?;
        let mut others = self.others.lock();
        others.wait_if_unordered(home.device())?;
        if stream.id() == home.id() {
            return Ok(());
        }
        self.enter(home, stream).map(|_| ())
    }

    /// Orders later work of `home` behind the present work of `stream`. Where the device refuses an event, this waits for
    /// the device instead.
    pub(crate) fn after(&self, home: &Stream, stream: &Stream) -> Result<(), DeviceError> {
        check_device(home.device(), stream)?;
        let mut others = self.others.lock();
        if stream.id() == home.id() {
            return Ok(());
        }
        let event = self.event(home.device());
        leave(home, stream, event, &mut others)
    }

    /// Puts work into `stream`, behind the present work of `home` and before its later work. One at a time: calls from
    /// several threads on several streams are ordered one behind the other.
    pub(crate) fn around<E: From<DeviceError>>(
        &self,
        home: &Stream,
        stream: &Stream,
        work: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        check_device(home.device(), stream)?;
        let mut others = self.others.lock();
        others.wait_if_unordered(home.device())?;
        if stream.id() == home.id() {
            return work();
        }
        let event = self.enter(home, stream)?;
        let done = work();
        // Also where it failed: a part of it may be in the stream.
        let ordered = leave(home, stream, Ok(event), &mut others);
        done.and(Ok(ordered?))
    }

    /// Marks the memory as used by work that nothing orders.
    pub(crate) fn mark_unordered(&self) {
        *self.others.lock() = OtherStreams::Unordered;
    }

    /// Whether the memory is marked as used by work that nothing orders.
    pub(crate) fn is_unordered(&mut self) -> bool {
        *self.others.get_mut() == OtherStreams::Unordered
    }

    /// Takes the mark away, from a caller that knows the device to be idle.
    pub(crate) fn forget_unordered(&mut self) {
        *self.others.get_mut() = OtherStreams::Ordered;
    }

    /// Waits for the whole device where work on the memory is not ordered, and takes the mark away.
    pub(crate) fn wait_if_unordered(&self, device: &Device) -> Result<(), DeviceError> {
        self.others.lock().wait_if_unordered(device)
    }

    /// The event, made at the first call.
    pub(crate) fn event(&self, device: &Device) -> Result<&Event, DeviceError> {
        match self.event.get() {
            Some(event) => Ok(event),
            None => {
                let event = device.event()?;
                Ok(self.event.get_or_init(|| event))
            }
        }
    }

    /// Orders `stream`, which is not `home`, behind `home`. The caller holds the lock.
    fn enter(&self, home: &Stream, stream: &Stream) -> Result<&Event, DeviceError> {
        let event = self.event(home.device())?;
        home.record(event)?;
        stream.wait(event)?;
        Ok(event)
    }
}

/// Orders `home` behind `stream`, which is another one; marks the memory where the device refuses.
fn leave(
    home: &Stream,
    stream: &Stream,
    event: Result<&Event, DeviceError>,
    others: &mut OtherStreams,
) -> Result<(), DeviceError> {
    let ordered = event.and_then(|event| {
        stream.record(event)?;
        home.wait(event)
    });
    let ordered = ordered.or_else(|error| match error.severity() {
        // The work is in flight, and nothing orders it before the next use of the memory: it is waited for here.
        Severity::Recoverable => home.device().synchronize(),
        Severity::DeviceLost => Err(error),
    });
    if ordered.is_err() {
        *others = OtherStreams::Unordered;
    }
    ordered
}

/// Refuses a stream of another device, whose events and streams this device cannot use, and all streams in a process that was
/// forked since the device was opened.
pub(crate) fn check_device(device: &Device, stream: &Stream) -> Result<(), DeviceError> {
    device.check_process()?;
    if stream.device().id() == device.id() {
        return Ok(());
    }
    Err(DeviceError::WrongDevice {
        expected: format!("the memory of {device}"),
        got: stream.device().to_string(),
    })
}
