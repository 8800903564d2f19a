//! Free blocks by size class, and which of them a stream may have.

use crate::SizeClass;
use crate::block::Block;
use parking_lot::Mutex;
use pixelflume_device::{Device, DeviceError, Severity, StreamId};

/// Lists of free blocks. Each class has a lock of its own: requests of different sizes do not meet.
pub(crate) struct FreeLists(Box<[Mutex<Vec<Block>>]>);

impl Default for FreeLists {
    fn default() -> Self {
        FreeLists(
            (0..SizeClass::COUNT)
                .map(|_| Mutex::new(Vec::new()))
                .collect(),
        )
    }
}

impl FreeLists {
    pub(crate) fn put(&self, block: Block) {
        self.0[block.class.index()].lock().push(block);
    }

    /// A block that `stream` may use now: one that the same stream used last, whose order covers it; or one that nobody
    /// uses any more. `None` for the stream is the process itself.
    pub(crate) fn take(
        &self,
        class: SizeClass,
        stream: Option<StreamId>,
        device: &Device,
    ) -> Result<Option<Block>, DeviceError> {
        let mut list = self.0[class.index()].lock();
        let covered = |block: &Block| stream.is_some_and(|stream| block.last_use.is_on(stream));
        if let Some(index) = list.iter().rposition(covered) {
            return Ok(Some(list.swap_remove(index)));
        }
        for index in 0..list.len() {
            match list[index].is_idle(device) {
                Ok(true) => return Ok(Some(list.swap_remove(index))),
                Ok(false) => {}
                Err(error) if error.severity() == Severity::DeviceLost => return Err(error),
                // Not known to be idle: a new block will do.
                Err(error) => tracing::debug!("a free block of {device} is passed over: {error}"),
            }
        }
        Ok(None)
    }

    /// Takes all blocks out. No lock is held while the caller waits for the device.
    pub(crate) fn drain(&self) -> impl Iterator<Item = Block> {
        self.0
            .iter()
            .flat_map(|list| std::mem::take(&mut *list.lock()))
    }
}
