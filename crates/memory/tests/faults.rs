//! Copies whose calls of the device fail, each in turn: whatever fails, no memory is used again while a copy runs.
#![expect(unsafe_code, reason = "runs kernels")]

use pixelflume_device::testing::{Call, Refusals};
use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_memory::{
    AllocatorMode, DeviceBuffer, MemoryConfig, MemoryError, MemoryManager, PinnedBuffer,
};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

const BYTES: usize = 4096;
const OLD: u8 = 0x11;
const COPIED: u8 = 0x22;
const NEW: u8 = 0x55;

/// Holds a stream until something is sent.
struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().recv().map_err(TaskFailure::new)
    }
}

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

fn put(stream: &Stream, kernel: impl HostKernel + 'static) {
    let launch = Launch::host(Arc::new(kernel), Args::EMPTY);
    // SAFETY: the kernels touch no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
}

/// Two workers: one is held by a gate on `side`, where copies are put, the other does what may be done meanwhile.
struct World {
    device: Device,
    memory: MemoryManager,
    home: Stream,
    side: Stream,
    open: Sender<()>,
}

impl World {
    fn new(mode: AllocatorMode) -> Self {
        let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
        let [home, side] = [(); 2].map(|()| device.stream().unwrap());
        let memory = MemoryManager::new(&device, MemoryConfig::default().with_mode(mode));
        let (open, gate) = channel();
        put(&side, Gate(gate.into()));
        World {
            device,
            memory,
            home,
            side,
            open,
        }
    }

    fn filled(&self, value: u8) -> PinnedBuffer {
        let mut pinned = self.memory.pinned(BYTES).unwrap();
        pinned.as_mut_slice().unwrap().fill(value);
        pinned
    }

    /// Device memory of this content, which is there.
    fn buffer(&self, value: u8) -> DeviceBuffer {
        let mut buffer = self.memory.allocate(BYTES, &self.home).unwrap();
        buffer
            .upload(0, &mut self.filled(value), 0..BYTES, &self.home)
            .unwrap();
        self.home.synchronize().unwrap();
        buffer
    }

    /// Lets call number `nth` fail, or all from there on. Whoever waits opens the gate, unless the wait is what fails.
    fn inject(&self, nth: u32, stays: bool, calls: Arc<Mutex<u32>>) {
        let open = self.open.clone();
        self.device.refusals().inject(move |call| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            if *calls == nth || (stays && *calls > nth) {
                return Some(Refusals::refusal());
            }
            if let Call::SynchronizeStream | Call::SynchronizeEvent | Call::SynchronizeDevice = call
            {
                // Nobody may be there any more to hear it.
                let _ = open.send(());
            }
            None
        });
    }

    /// Runs everything that nothing holds back. There is one worker left for it, which takes streams in their turn.
    fn run_what_can(&self) {
        let probe = self.device.stream().unwrap();
        put(&probe, Nothing);
        probe.synchronize().unwrap();
    }
}

#[track_caller]
fn holds(pinned: &PinnedBuffer, value: u8, case: &str) {
    let other = pinned
        .as_slice()
        .unwrap()
        .iter()
        .find(|&&byte| byte != value);
    assert_eq!(other, None, "{case}: {value} is expected");
}

#[derive(Copy, Clone, Debug)]
enum Copy {
    Upload,
    Download,
    /// A download whose target is dropped at once.
    DownloadAndDrop,
    Target,
    Source,
}

/// One copy on `side` with a fault; then its buffers are dropped, and others take their place in the order of `home`. Gives
/// the number of calls that could have failed.
fn copy_with_fault(kind: Copy, mode: AllocatorMode, nth: u32, stays: bool) -> u32 {
    let world = World::new(mode);
    let World { side, home, .. } = &world;
    let (mut buffer, mut pinned) = (world.buffer(OLD), world.filled(COPIED));
    // Of another class, so that nothing of it takes the place of the others.
    let mut large = world.memory.allocate(4 * BYTES, home).unwrap();
    let calls = Arc::new(Mutex::new(0));
    world.inject(nth, stays, calls.clone());
    let copied: Result<(), MemoryError> = match kind {
        Copy::Upload => buffer.upload(0, &mut pinned, 0..BYTES, side),
        Copy::Download | Copy::DownloadAndDrop => buffer.download(0, &mut pinned, 0..BYTES, side),
        Copy::Target => buffer.copy_from(0, &large, 0..BYTES, side),
        Copy::Source => large.copy_from(0, &buffer, 0..BYTES, side),
    };
    let used = *calls.lock().unwrap();
    drop(buffer);
    let pinned = match kind {
        Copy::DownloadAndDrop => {
            drop(pinned);
            None
        }
        _ => Some(pinned),
    };
    world.device.refusals().clear();

    // The next owner of the memory, in the order of `home`.
    let [mut next, other] = [(); 2].map(|()| world.filled(NEW));
    let mut reused = world.memory.allocate(BYTES, home).unwrap();
    reused.upload(0, &mut next, 0..BYTES, home).unwrap();
    world.run_what_can();
    // Now the copy runs, if it was held back until now.
    let _ = world.open.send(());
    world.device.synchronize().unwrap();
    let case = format!("{kind:?} {mode} call {nth}, stays: {stays}");
    holds(&next, NEW, &case);
    holds(&other, NEW, &case);
    next.as_mut_slice().unwrap().fill(0);
    reused.download(0, &mut next, 0..BYTES, home).unwrap();
    holds(&next, NEW, &case);
    match (kind, copied, pinned) {
        (Copy::Download, Ok(()), Some(pinned)) => {
            holds(&pinned, OLD, &case);
        }
        (Copy::Source, Ok(()), Some(mut pinned)) => {
            large.download(0, &mut pinned, 0..BYTES, home).unwrap();
            holds(&pinned, OLD, &case);
        }
        _ => {}
    }
    used
}

#[test]
fn whatever_call_of_a_copy_fails_its_memory_is_not_used_again_while_it_runs() {
    for mode in AllocatorMode::ALL {
        let kinds = [
            Copy::Upload,
            Copy::Download,
            Copy::DownloadAndDrop,
            Copy::Target,
            Copy::Source,
        ];
        for kind in kinds {
            for stays in [false, true] {
                let calls = copy_with_fault(kind, mode, u32::MAX, stays);
                assert!(calls >= 5, "{calls}");
                // A refused call may lead to others.
                for nth in 1..=calls + 2 {
                    copy_with_fault(kind, mode, nth, stays);
                }
            }
        }
    }
}
