//! Memory that is marked as used by work which nothing orders: nobody touches it, has it lent or frees it before that work is complete.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::testing::Call;
use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_memory::testing::TestSource;
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryManager, PinnedArena, PinnedBuffer};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use support::put;

const BYTES: usize = 512;

/// Holds a stream until something is sent.
struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().recv().map_err(TaskFailure::new)
    }
}

/// A device with one stream that is held, and one that is not.
struct World {
    device: Device,
    source: Arc<TestSource>,
    memory: MemoryManager,
    held: Stream,
    free: Stream,
    open: Sender<()>,
}

impl World {
    fn new() -> Self {
        let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
        let source = TestSource::of(&device);
        // The pool of device memory waits for nothing then, where nothing of it is set aside.
        let config = MemoryConfig::default().with_mode(AllocatorMode::Pooled);
        let memory = MemoryManager::with_source(&device, config, source.clone());
        let [held, free] = [(); 2].map(|()| device.stream().unwrap());
        let (open, gate) = channel();
        let gate = Launch::host(Arc::new(Gate(gate.into())), Args::EMPTY);
        put(&held, &gate, None).unwrap();
        World {
            device,
            source,
            memory,
            held,
            free,
            open,
        }
    }

    fn marked(&self) -> PinnedBuffer {
        let buffer = self.memory.pinned(BYTES).unwrap();
        buffer.mark_unordered();
        buffer
    }

    /// Whoever waits for the device lets the held stream go on.
    fn open_for_a_wait(&self) {
        let open = self.open.clone();
        self.device.refusals().inject(move |call| {
            if call == Call::SynchronizeDevice {
                open.send(()).unwrap();
            }
            None
        });
    }

    /// Whether the work of the held stream was waited for.
    fn was_waited_for(&self) -> bool {
        self.device.refusals().clear();
        self.held.is_idle().unwrap()
    }
}

impl Drop for World {
    /// Lets the held stream go on, also where a test fails.
    fn drop(&mut self) {
        self.device.refusals().clear();
        let _ = self.open.send(());
    }
}

#[test]
fn the_process_and_copies_wait_for_work_that_nothing_orders() {
    type Use = fn(&World, &mut PinnedBuffer);
    let uses: [(&str, Use); 4] = [
        ("a read", |_, buffer| {
            buffer.as_slice().unwrap();
        }),
        ("a write", |_, buffer| {
            buffer.as_mut_slice().unwrap();
        }),
        ("an upload", |world, buffer| {
            let mut target = world.memory.allocate(BYTES, &world.free).unwrap();
            let uploaded = target.upload(0, buffer, 0..BYTES, &world.free);
            uploaded.unwrap();
        }),
        ("a download", |world, buffer| {
            let source = world.memory.allocate(BYTES, &world.free).unwrap();
            let downloaded = source.download(0, buffer, 0..BYTES, &world.free);
            downloaded.unwrap();
        }),
    ];
    for (name, work) in uses {
        let world = World::new();
        let mut buffer = world.marked();
        world.open_for_a_wait();
        work(&world, &mut buffer);
        assert!(world.was_waited_for(), "{name}");
        // Once is enough.
        let refusals = world.device.refusals();
        refusals.refuse_all(&[Call::SynchronizeDevice]);
        buffer.as_mut_slice().unwrap();
    }
}

#[test]
fn a_refused_wait_for_work_that_nothing_orders_is_an_error_and_the_mark_stays() {
    let world = World::new();
    let mut buffer = world.marked();
    let refusals = world.device.refusals();
    refusals.refuse_all(&[Call::SynchronizeDevice]);
    assert!(buffer.as_slice().is_err());
    assert!(buffer.as_mut_slice().is_err());
    refusals.clear();
    world.open_for_a_wait();
    buffer.as_mut_slice().unwrap();
    assert!(world.was_waited_for());
}

#[test]
fn a_range_of_an_arena_is_not_lent_again_before_work_that_nothing_orders() {
    let world = World::new();
    let arena = PinnedArena::new(&world.memory, 2 * BYTES).unwrap();
    let [first, second] = [0..BYTES, BYTES..2 * BYTES].map(|range| arena.lend(range).unwrap());
    first.mark_unordered();
    second.mark_unordered();
    let refusals = world.device.refusals();
    refusals.refuse_all(&[Call::SynchronizeDevice]);
    drop(second);
    assert!(arena.lend(BYTES..2 * BYTES).is_err(), "it is given up");
    world.open_for_a_wait();
    drop(first);
    assert!(world.was_waited_for());
    assert!(arena.lend(0..BYTES).is_ok());
}

/// A buffer that work on two streams uses, of which the second cannot be ordered behind the first.
#[test]
fn work_that_could_not_be_ordered_is_waited_for() {
    let world = World::new();
    let mut buffer = world.memory.pinned(BYTES).unwrap();
    buffer.order_after(&world.free).unwrap();
    world.device.refusals().refuse_all(&[Call::Wait]);
    assert!(buffer.order_after(&world.held).is_err());
    world.open_for_a_wait();
    buffer.as_mut_slice().unwrap();
    assert!(world.was_waited_for());

    let world = World::new();
    let mut buffer = world.memory.pinned(BYTES).unwrap();
    let address = buffer.address();
    buffer.order_after(&world.free).unwrap();
    world.device.refusals().refuse_all(&[Call::Wait]);
    assert!(buffer.order_after(&world.held).is_err());
    world.device.refusals().clear();
    drop(buffer);
    assert_ne!(world.memory.pinned(BYTES).unwrap().address(), address);
    assert!(!world.was_waited_for());
}

/// The wait of a trim covers the work of what was set aside before it, and no more.
#[test]
fn a_trim_frees_nothing_that_is_set_aside_during_its_wait() {
    let world = World::new();
    let (first, second) = (world.marked(), Mutex::new(Some(world.marked())));
    world.open.send(()).unwrap();
    drop(first);
    let live = || world.source.live().0;
    assert_eq!(live(), 2);
    let refusals = world.device.refusals();
    refusals.refuse_all(&[Call::SynchronizeDevice]);
    assert!(world.memory.trim().is_err());
    assert_eq!(live(), 2, "nothing was waited for");
    refusals.inject(move |call| {
        if call == Call::SynchronizeDevice {
            drop(second.lock().unwrap().take());
        }
        None
    });
    world.memory.trim().unwrap();
    assert_eq!(live(), 1);
    refusals.clear();
    world.memory.trim().unwrap();
    assert_eq!(live(), 0);
}
