//! A block of memory and the work that uses it.

use crate::SizeClass;
use pixelflume_device::{Address, Device, DeviceError, Event, StreamId};
use std::sync::OnceLock;

/// A block of memory, owned by a buffer or by a pool's list.
pub(crate) struct Block {
    pub(crate) address: Address,
    pub(crate) class: SizeClass,
    /// Set when work that uses the block was put into a stream. Made when it is first needed, and kept with the block.
    event: OnceLock<Event>,
    /// The stream that the event was last recorded on, while that may not be over.
    pub(crate) pending: Option<StreamId>,
    /// Whether nobody had the block before.
    pub(crate) fresh: bool,
    /// Whether it should be page-locked and is not.
    pub(crate) pageable: bool,
}

impl Block {
    pub(crate) fn new(address: Address, class: SizeClass) -> Self {
        Block {
            address,
            class,
            event: OnceLock::new(),
            pending: None,
            fresh: true,
            pageable: false,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.class.bytes()
    }

    /// The block's event.
    pub(crate) fn event(&self, device: &Device) -> Result<&Event, DeviceError> {
        match self.event.get() {
            Some(event) => Ok(event),
            None => {
                let event = device.event()?;
                Ok(self.event.get_or_init(|| event))
            }
        }
    }

    /// Whether the work that used the block is over.
    pub(crate) fn is_idle(&self) -> Result<bool, DeviceError> {
        match (self.event.get(), self.pending) {
            (Some(event), Some(_)) => event.is_complete(),
            _ => Ok(true),
        }
    }

    /// Waits until the work that used the block is over.
    pub(crate) fn wait(&mut self) -> Result<(), DeviceError> {
        if let (Some(event), Some(_)) = (self.event.get(), self.pending) {
            event.synchronize()?;
        }
        self.pending = None;
        Ok(())
    }
}
