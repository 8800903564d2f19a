//! Free blocks by size class, and the search for a block that a stream may use.

use crate::block::Block;
use crate::class::SizeClass;
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

    /// Takes a block that `stream` may use now: one whose last use is ordered in the same stream, or one whose last use
    /// is complete. `None` for the stream is the process itself.
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

#[cfg(test)]
#[expect(unsafe_code, reason = "puts kernels into streams")]
mod tests {
    use super::*;
    use crate::block::LastUse;
    use pixelflume_device::{
        Address, Args, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
    };
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex as StdMutex};

    struct Gate(StdMutex<Receiver<()>>);

    impl HostKernel for Gate {
        unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
            self.0.lock().unwrap().recv().map_err(TaskFailure::new)
        }
    }

    fn close(stream: &Stream) -> Sender<()> {
        let (open, gate) = channel();
        let launch = Launch::host(Arc::new(Gate(gate.into())), Args::EMPTY);
        // SAFETY: the kernel touches no memory.
        unsafe { stream.enqueue(&launch, None) }.unwrap();
        open
    }

    /// Lists with one block at 512 (no memory: nothing touches it), freed on `stream` behind a closed gate.
    fn pending(stream: &Stream) -> (FreeLists, SizeClass, Sender<()>) {
        let class = SizeClass::of(100).unwrap();
        let open = close(stream);
        let mut block = Block::new(Address::new(512), class);
        block.last_use = LastUse::On(stream.clone());
        let lists = FreeLists::default();
        lists.put(block);
        (lists, class, open)
    }

    #[test]
    fn a_pending_block_waits_for_its_event() {
        let device = Device::host_with(HostConfig::default().with_threads(3));
        let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
        let (lists, class, open) = pending(&home);
        for id in [Some(other.id()), None, Some(other.id())] {
            assert!(lists.take(class, id, &device).unwrap().is_none());
        }
        // Work that comes after the first question does not count: the event lies before it.
        let later = close(&home);
        open.send(()).unwrap();
        let block = loop {
            match lists.take(class, Some(other.id()), &device).unwrap() {
                Some(block) => break block,
                None => std::thread::yield_now(),
            }
        };
        assert!(matches!(block.last_use, LastUse::Complete));
        assert!(!home.is_idle().unwrap());
        later.send(()).unwrap();
        home.synchronize().unwrap();
    }

    #[test]
    fn its_own_stream_and_others_at_rest_take_it_without_an_event() {
        let device = Device::host_with(HostConfig::default().with_threads(3));
        let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
        let (lists, class, open) = pending(&home);
        let block = lists
            .take(class, Some(home.id()), &device)
            .unwrap()
            .unwrap();
        assert!(block.last_use.is_on(home.id()));
        lists.put(block);
        open.send(()).unwrap();
        home.synchronize().unwrap();
        assert!(
            lists
                .take(class, Some(other.id()), &device)
                .unwrap()
                .is_some()
        );
        assert!(
            lists
                .take(class, Some(home.id()), &device)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_capture_is_left_alone() {
        let device = Device::host_with(HostConfig::default().with_threads(3));
        let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
        let (lists, class, open) = pending(&home);
        open.send(()).unwrap();
        home.synchronize().unwrap();
        // SAFETY: nothing that is to run relies on the order of the stream.
        unsafe { home.begin_capture() }.unwrap();
        let from = |stream: &Stream| lists.take(class, Some(stream.id()), &device).unwrap();
        assert!(from(&other).is_none());
        home.end_capture().unwrap();
        assert!(from(&other).is_some());
    }

    #[test]
    fn waiting_for_a_block_waits_for_its_work() {
        let device = Device::host_with(HostConfig::default().with_threads(3));
        let home = device.stream().unwrap();
        let (lists, class, open) = pending(&home);
        let mut block = lists.drain().next().unwrap();
        assert!(
            lists
                .take(class, Some(home.id()), &device)
                .unwrap()
                .is_none()
        );
        std::thread::scope(|scope| {
            scope.spawn(|| open.send(()).unwrap());
            block.wait(&device).unwrap();
        });
        assert!(matches!(block.last_use, LastUse::Complete));
    }
}
