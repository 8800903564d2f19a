//! A block of memory and the work that uses it.

use crate::class::SizeClass;
use parking_lot::Mutex;
use pixelflume_device::{Address, Device, DeviceError, Event, Severity, Stream, StreamId};
use std::sync::OnceLock;

/// A block of memory, owned by a buffer or by a pool's list.
pub(crate) struct Block {
    pub(crate) address: Address,
    pub(crate) class: SizeClass,
    /// The event of the block, made when it is first needed and kept with the block.
    event: OnceLock<Event>,
    pub(crate) last_use: LastUse,
    /// The state of work on other streams; locked while the block's event orders such work, so that two
    /// threads do not record it in turns.
    pub(crate) other_streams: Mutex<OtherStreams>,
    /// Whether the block is new, so that no buffer has had it.
    pub(crate) fresh: bool,
    /// Whether the block is pageable, since the system gave no more page-locked memory.
    pub(crate) pageable: bool,
}

/// Whether work on streams other than the block's own is ordered.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum OtherStreams {
    /// The block's own stream is ordered behind the work of other streams, or there is no such
    /// work.
    Ordered,
    /// The device refused to order the work of another stream and to wait for it, so that work may
    /// be in flight.
    Unordered,
}

impl OtherStreams {
    /// Waits for the whole device where work of other streams is not ordered.
    pub(crate) fn wait_if_unordered(&mut self, device: &Device) -> Result<(), DeviceError> {
        if *self == OtherStreams::Unordered {
            device.synchronize()?;
            *self = OtherStreams::Ordered;
        }
        Ok(())
    }
}

/// The work that used a block last.
pub(crate) enum LastUse {
    /// The work is complete, or there was none.
    Complete,
    /// The last work is ordered before the present end of this stream. The block's event is recorded only when another
    /// stream asks, so that a block which stays on its stream costs no driver call.
    On(Stream),
    /// The block's event was recorded behind the last work, on this stream.
    Recorded(StreamId),
}

impl LastUse {
    /// Whether new work in `stream` comes after the last work.
    pub(crate) fn is_on(&self, stream: StreamId) -> bool {
        match self {
            LastUse::Complete => false,
            LastUse::On(on) => on.id() == stream,
            LastUse::Recorded(on) => *on == stream,
        }
    }
}

impl Block {
    pub(crate) fn new(address: Address, class: SizeClass) -> Self {
        Block {
            address,
            class,
            event: OnceLock::new(),
            last_use: LastUse::Complete,
            other_streams: Mutex::new(OtherStreams::Ordered),
            fresh: true,
            pageable: false,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.class.bytes()
    }

    /// The block's event, made at the first call.
    pub(crate) fn event(&self, device: &Device) -> Result<&Event, DeviceError> {
        match self.event.get() {
            Some(event) => Ok(event),
            None => {
                let event = device.event()?;
                Ok(self.event.get_or_init(|| event))
            }
        }
    }

    /// Whether the work that used the block is complete. Where that is not known yet, a later call may tell.
    pub(crate) fn is_idle(&mut self, device: &Device) -> Result<bool, DeviceError> {
        let idle = match &self.last_use {
            LastUse::Complete => true,
            // A capture records what a stream is given, and fails where it is asked about: it is left alone.
            LastUse::On(stream) if stream.is_capturing()? => return Ok(false),
            LastUse::On(stream) => stream.is_idle()?,
            LastUse::Recorded(_) => self.event(device)?.is_complete()?,
        };
        if idle {
            self.last_use = LastUse::Complete;
        } else if let LastUse::On(stream) = &self.last_use {
            stream.record(self.event(device)?)?;
            self.last_use = LastUse::Recorded(stream.id());
        }
        Ok(idle)
    }

    /// Waits until the work that used the block is complete.
    pub(crate) fn wait(&mut self, device: &Device) -> Result<(), DeviceError> {
        self.wait_shared(device)?;
        self.last_use = LastUse::Complete;
        Ok(())
    }

    /// Waits like [`Block::wait`], but leaves the state of the block as it is, since the block is
    /// shared.
    pub(crate) fn wait_shared(&self, device: &Device) -> Result<(), DeviceError> {
        let behind = |stream: &Stream| match stream.is_capturing()? {
            true => device.synchronize(),
            false => {
                let event = self.event(device)?;
                stream.record(event)?;
                event.synchronize()
            }
        };
        let waited = match &self.last_use {
            LastUse::Complete => return Ok(()),
            LastUse::On(stream) => behind(stream),
            LastUse::Recorded(_) => self.event(device).and_then(|event| event.synchronize()),
        };
        match waited {
            // Without an event the whole device is waited for: slower, and as good.
            Err(error) if error.severity() == Severity::Recoverable => device.synchronize(),
            waited => waited,
        }
    }
}
