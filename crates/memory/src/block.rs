//! A block of memory and the work that uses it.

use crate::class::SizeClass;
use crate::order::StreamOrder;
use pixelflume_device::{Address, Device, DeviceError, Event, Severity, Stream, StreamId};

/// A block of memory, owned by a buffer or by a pool's list.
pub(crate) struct Block {
    pub(crate) address: Address,
    pub(crate) class: SizeClass,
    pub(crate) last_use: LastUse,
    /// The order of work on other streams than the block's own, with the event of the block.
    pub(crate) order: StreamOrder,
    /// Whether the block is new, so that no buffer has had it.
    pub(crate) fresh: bool,
    /// Whether the block is pageable, since the system gave no more page-locked memory.
    pub(crate) pageable: bool,
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
            last_use: LastUse::Complete,
            order: StreamOrder::default(),
            fresh: true,
            pageable: false,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.class.bytes()
    }

    /// The block's event, made at the first call.
    pub(crate) fn event(&self, device: &Device) -> Result<&Event, DeviceError> {
        self.order.event(device)
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

    /// Waits until the work that used the block is complete, also work that nothing orders.
    pub(crate) fn wait(&mut self, device: &Device) -> Result<(), DeviceError> {
        self.wait_shared(device)?;
        self.last_use = LastUse::Complete;
        Ok(())
    }

    /// Waits like [`Block::wait`], but leaves the state of the block as it is, since the block is
    /// shared.
    pub(crate) fn wait_shared(&self, device: &Device) -> Result<(), DeviceError> {
        self.order.wait_if_unordered(device)?;
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
