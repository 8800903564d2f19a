//! Batches of several sizes that nobody waits for.

use crate::support::*;
use pixelflume_device::{Args, HostKernel, Launch, Stream, TaskFailure, Workers};
use pixelflume_memory::{BorrowedMemory, MemoryAccess};
use pixelflume_pipeline::{BatchLayout, DeviceImages, Image, Input, Output, PipelineError, Runner};
use pixelflume_scheduler::ExecutionMode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// A kernel that returns when the sender is dropped.
struct Closed(Mutex<Receiver<()>>);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Closed {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let _ = self.0.lock().map(|gate| gate.recv());
        Ok(())
    }
}

/// Holds later work of a stream until the sender is dropped.
#[expect(unsafe_code, reason = "launches a kernel")]
fn closed(stream: &Stream) -> Sender<()> {
    let (gate, wait) = channel();
    let launch = Launch::host(Arc::new(Closed(Mutex::new(wait))), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    gate
}

/// The images may be changed when the call returns, and batches of growing sizes follow one another.
#[test]
fn batches_in_flight_do_not_meet() {
    for text in [TENSOR, BEHIND, GROUPED] {
        for mode in MODES {
            let pipeline = pipeline(text);
            let mut runner = Runner::new(pipeline.clone(), &checked(), config(mode)).unwrap();
            let on = runner.device().stream().unwrap();
            // A second round replays what the first one has captured.
            for _ in 0..3 {
                let mut in_flight = Vec::new();
                for seed in 0..3 {
                    let images = photos(4 + seed as usize, seed);
                    let expected = one_by_one(&pipeline, &references(&images));
                    let images = references(&images);
                    let last = expected.len() - 1;
                    let mut tensor = None;
                    {
                        let mut outputs: Vec<_> = (0..last).map(|_| Output::Discard).collect();
                        outputs.push(Output::Tensor(&mut tensor));
                        let gate = closed(&on);
                        let input = [Input::Images(&images)];
                        // Without a plan for it a batch waits for those before it.
                        drop(gate);
                        let pending = runner.submit(&input, &mut outputs, &on).unwrap();
                        in_flight.push((pending, expected));
                    }
                    let (_, expected) = in_flight.last().unwrap();
                    assert_eq!(tensor.as_ref().unwrap().shape()[0], expected[last].len());
                    let results = Arc::new(tensor.unwrap());
                    in_flight
                        .last_mut()
                        .unwrap()
                        .1
                        .push(results.to_images().unwrap());
                }
                for (pending, mut expected) in in_flight {
                    assert!(pending.wait().unwrap().is_success());
                    let got = expected.pop().unwrap();
                    assert!(got == *expected.last().unwrap());
                }
            }
        }
    }
}

/// Several batches behind a closed gate: every one has its own pixels and tables.
#[test]
fn a_batch_has_its_pixels_until_it_is_complete() {
    for (mode, copied) in MODES
        .into_iter()
        .flat_map(|mode| [(mode, false), (mode, true)])
    {
        let pipeline = pipeline(TENSOR);
        let config = config(mode).with_copied_tables(copied);
        let mut runner = Runner::new(pipeline.clone(), &checked(), config).unwrap();
        let on = runner.device().stream().unwrap();
        let submit = |runner: &mut Runner, images: &[Image]| {
            let images = references(images);
            let mut tensor = None;
            let outputs = &mut [Output::Tensor(&mut tensor)];
            let pending = runner
                .submit(&[Input::Images(&images)], outputs, &on)
                .unwrap();
            (pending, tensor.unwrap())
        };
        // The largest batch first, so that nothing waits for more memory.
        for _ in 0..4 {
            let (pending, _tensor) =
                submit(&mut runner, &[image(70, 70, 3, 0), image(69, 70, 3, 1)]);
            assert!(pending.wait().unwrap().is_success());
        }
        let gate = closed(&on);
        let mut batches = Vec::new();
        for seed in 0..3 {
            let images = photos(3, 40 + seed);
            let expected = one_by_one(&pipeline, &references(&images)).remove(0);
            let (pending, tensor) = submit(&mut runner, &images);
            assert!(!pending.is_ready().unwrap());
            batches.push((pending, tensor, expected));
        }
        drop(gate);
        for (pending, tensor, expected) in batches {
            assert!(pending.wait().unwrap().is_success());
            assert!(tensor.to_images().unwrap() == expected);
        }
    }
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Owners of images in a list are kept until the batch is complete; memory that is lent for the call alone is refused.
#[test]
#[expect(unsafe_code, reason = "borrows memory")]
fn owners_of_a_list_are_kept() {
    for text in [TENSOR, GROUPED] {
        let pipeline = pipeline(text);
        let mut runner =
            Runner::new(pipeline.clone(), &checked(), config(ExecutionMode::Direct)).unwrap();
        let memory = runner.memory().clone();
        let on = runner.device().stream().unwrap();
        let images = photos(4, 2);
        let expected = one_by_one(&pipeline, &references(&images));
        let dropped = Arc::new(AtomicUsize::new(0));
        let home = runner.device().stream().unwrap();
        let borrowed: Vec<BorrowedMemory> = images
            .iter()
            .map(|image| {
                let bytes = image.data().len();
                let mut pinned = memory.pinned(bytes).unwrap();
                pinned.as_mut_slice().unwrap().copy_from_slice(image.data());
                let mut buffer = memory.allocate(bytes, &home).unwrap();
                buffer.upload(0, &mut pinned, 0..bytes, &home).unwrap();
                let address = buffer.address();
                let owner = (buffer, Counted(Arc::clone(&dropped)));
                // SAFETY: the owner has the memory, and only reads follow the upload on its home stream.
                unsafe { BorrowedMemory::new(address, bytes, MemoryAccess::Read, &home, owner) }
                    .unwrap()
            })
            .collect();
        let pending;
        let mut tensor = None;
        let gate = closed(&on);
        {
            let list: Vec<DeviceImages<'_>> = borrowed
                .iter()
                .zip(&images)
                .map(|(memory, image)| {
                    let layout = BatchLayout::tight(image.shape(), 1);
                    let slice = memory.slice(0..memory.len()).unwrap();
                    DeviceImages::new(layout, slice).unwrap()
                })
                .collect();
            let mut outputs: Vec<_> = (1..expected.len()).map(|_| Output::Discard).collect();
            outputs.push(Output::Tensor(&mut tensor));
            // Groups wait for one another where a plan makes room for the next one, which these do not.
            pending = runner
                .submit(&[Input::DeviceList(&list)], &mut outputs, &on)
                .unwrap();
        }
        drop(borrowed);
        assert_eq!(dropped.load(Ordering::SeqCst), 0);
        drop(gate);
        assert!(pending.wait().unwrap().is_success());
        assert!(tensor.unwrap().to_images().unwrap() == *expected.last().unwrap());
        drop(runner);
        assert_eq!(dropped.load(Ordering::SeqCst), 4);
    }
}

#[test]
#[expect(unsafe_code, reason = "lends memory")]
fn memory_that_is_only_lent_is_refused() {
    let mut runner =
        Runner::new(pipeline(TENSOR), &checked(), config(ExecutionMode::Direct)).unwrap();
    let on = runner.device().stream().unwrap();
    let buffer = runner.memory().allocate(30 * 20 * 3, &on).unwrap();
    // SAFETY: the buffer has these bytes.
    let slice =
        unsafe { pixelflume_memory::DeviceSlice::from_raw(buffer.address(), buffer.len(), &on) };
    let shape = pixelflume_ops::ImageShape::u8(30, 20, 3);
    let images = DeviceImages::new(BatchLayout::tight(shape, 1), slice).unwrap();
    let error = runner
        .submit(&[Input::DeviceList(&[images])], &mut [Output::Discard], &on)
        .unwrap_err();
    let PipelineError::OnlyBorrowed { owner } = &error else {
        panic!("{error}");
    };
    assert_eq!(owner, "input \"input\"");
    let images = [image(30, 20, 3, 1), image(31, 20, 3, 1)];
    let images = references(&images);
    let mut list = Vec::new();
    let error = runner
        .submit(
            &[Input::Images(&images)],
            &mut [Output::Images(&mut list)],
            &on,
        )
        .unwrap_err();
    assert!(
        matches!(error, PipelineError::OrdinaryOutput { .. }),
        "{error}"
    );
}
