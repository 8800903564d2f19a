//! What batches in flight keep: owners of memory, the parts of a dropped pipeline, and wakers.
#![expect(unsafe_code, reason = "borrows memory by address")]

use crate::gate::Gate;
use crate::submit::{bytes, expected, image, pipeline, shape};
use pixelflume_device::{Address, Device, HostConfig, Stream};
use pixelflume_memory::{BorrowedMemory, MemoryAccess, MemoryConfig, MemoryManager};
use pixelflume_pipeline::{
    BatchLayout, DeviceImages, DeviceImagesMut, ExecutionConfig, Input, Output, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Wake, Waker};

/// Counts its drops.
struct Counted(
    Arc<AtomicUsize>,
    #[expect(dead_code, reason = "keeps memory")] Vec<u8>,
);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

pub(crate) fn borrowed(data: Vec<u8>, drops: &Arc<AtomicUsize>, stream: &Stream) -> BorrowedMemory {
    let (address, len) = (Address::from_ptr(data.as_ptr()), data.len());
    let owner = Counted(Arc::clone(drops), data);
    // SAFETY: the owner has the bytes, which nothing else touches.
    unsafe { BorrowedMemory::new(address, len, MemoryAccess::ReadWrite, stream, owner) }.unwrap()
}

#[test]
fn owners_stay_until_the_batch_is_complete_whatever_is_dropped_before() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    for drop_runner in [false, true] {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut runner = Runner::new(pipeline(), &device, ExecutionConfig::default()).unwrap();
        let on = device.stream().unwrap();
        let gate = Gate::close(&on);
        let frame = image(3);
        let memory = borrowed(frame.data().to_vec(), &drops, &on);
        let mut place = borrowed(vec![0; frame.data().len()], &drops, &on);
        let layout = BatchLayout::tight(shape(), 1);
        let len = place.len();
        let images = DeviceImagesMut::new(layout, place.slice_mut(0..len).unwrap()).unwrap();
        let input = Input::Device(DeviceImages::new(layout, &memory).unwrap());
        let outputs = &mut [Output::Device(images), Output::Discard];
        let pending = runner.submit(&[input], outputs, &on).unwrap();
        drop((memory, place));
        if drop_runner {
            drop(runner);
            assert_eq!(drops.load(Ordering::SeqCst), 0);
            gate.open();
            assert!(pending.wait().unwrap().is_success());
        } else {
            drop(pending);
            assert_eq!(drops.load(Ordering::SeqCst), 0);
            gate.open();
            // An execution waits for all batches before it.
            assert!(runner.run(&[&frame]).unwrap().is_success());
        }
        assert_eq!(drops.load(Ordering::SeqCst), 2);
    }
}

#[test]
fn a_dropped_pipeline_leaves_nothing_behind_when_its_batches_are_complete() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let mut runner = Runner::with_memory(pipeline(), &memory, config).unwrap();
    let frame = image(4);
    for _ in 0..4 {
        drop(runner.run(&[&frame]).unwrap());
    }
    let on = device.stream().unwrap();
    let gate = Gate::close(&on);
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor), Output::Discard];
    let input = [Input::Images(&[&frame])];
    let pending = runner.submit(&input, outputs, &on).unwrap();
    drop(runner);
    gate.open();
    assert!(pending.wait().unwrap().is_success());
    let tensor = tensor.unwrap();
    assert_eq!(bytes(&memory, &tensor), expected(&[&frame])[0]);
    drop(tensor);
    // The thread that drops what is left has no handle to join; the memory tells when it is done.
    while memory.statistics().device.in_use > 0 || memory.statistics().pinned.in_use > 0 {
        std::thread::yield_now();
    }
    assert_eq!(memory.shutdown().unwrap(), []);
}

struct Count(AtomicUsize, Sender<()>);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.send(()).unwrap();
    }
}

#[test]
fn futures_are_woken_when_their_batches_are_complete() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut runner = Runner::new(pipeline(), &device, ExecutionConfig::default()).unwrap();
    let on = [device.stream().unwrap(), device.stream().unwrap()];
    let frame = image(5);
    for round in 0..3 {
        let gates = on.each_ref().map(Gate::close);
        let mut submit = |on| {
            let outputs = &mut [Output::Discard, Output::Discard];
            runner
                .submit(&[Input::Images(&[&frame])], outputs, on)
                .unwrap()
        };
        let mut futures = [pin!(submit(&on[0])), pin!(submit(&on[1]))];
        let (woken, wakes) = channel();
        let wakers = [0, 1].map(|_| Arc::new(Count(AtomicUsize::new(0), woken.clone())));
        // The later batch is asked first.
        for index in [1, 0] {
            let waker = Waker::from(Arc::clone(&wakers[index]));
            let mut context = Context::from_waker(&waker);
            for _ in 0..2 {
                assert!(futures[index].as_mut().poll(&mut context).is_pending());
            }
        }
        let [first, second] = gates;
        first.open();
        wakes.recv().unwrap();
        let count = |index: usize| wakers[index].0.load(Ordering::SeqCst);
        assert_eq!((count(0), count(1)), (1, 0), "round {round}");
        let waker = Waker::from(Arc::clone(&wakers[0]));
        let polled = futures[0].as_mut().poll(&mut Context::from_waker(&waker));
        assert!(matches!(polled, Poll::Ready(Ok(execution)) if execution.is_success()));
        second.open();
        wakes.recv().unwrap();
        assert_eq!((count(0), count(1)), (1, 1), "round {round}");
    }
}
