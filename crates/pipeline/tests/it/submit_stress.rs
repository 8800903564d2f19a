//! Many batches in flight, with failures, changed parameters, traces and shapes in between.
#![expect(unsafe_code, reason = "closes a stream")]

use crate::gate::Gate;
use crate::support::{Failing, noise};
use pixelflume_device::{Address, Device, HostConfig};
use pixelflume_memory::{BorrowedMemory, MemoryAccess, MemoryConfig, MemoryManager};
use pixelflume_ops::{GaussianBlur, ImageShape, Sobel};
use pixelflume_pipeline::{
    BatchLayout, BatchView, BatchViewMut, DeviceImages, DeviceTensor, ExecutionConfig, Image,
    Input, Output, Pending, Pipeline, PipelineBuilder, Runner,
};
use pixelflume_scheduler::{ExecutionMode, Trace};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

#[test]
fn failures_arrive_at_their_own_batches_in_every_mode() {
    let mask = 0b1011_0010_0110_0101_1100_1000_1010_0110_u32;
    for panics in [false, true] {
        for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
            for (streams, most) in [(1, 1), (1, 5), (4, 5)] {
                let mut builder = PipelineBuilder::new("fails");
                let input = builder.input("input").unwrap();
                let failing = Failing::new(mask, panics);
                let middle = builder.then(input, "failing", failing.clone()).unwrap();
                let edges = builder.then(middle, "edges", Sobel::magnitude()).unwrap();
                let steps = builder.then(input, "steps", Sobel::dx()).unwrap();
                builder.output(edges).unwrap();
                builder.output(steps).unwrap();
                let device =
                    Device::host_with(HostConfig::default().with_threads(3).with_checked(true));
                let config = ExecutionConfig::default()
                    .with_execution(mode)
                    .with_streams(streams)
                    .with_in_flight(most);
                let mut runner = Runner::new(builder.build().unwrap(), &device, config).unwrap();
                let on = [device.stream().unwrap(), device.stream().unwrap()];
                let frame = noise(33, 20, 1, 1);
                let mut pending = Vec::new();
                let mut gate: Option<Gate> = None;
                for round in 0..32usize {
                    if round % 5 == 0 && most > 1 {
                        if let Some(gate) = gate.take() {
                            gate.open();
                        }
                        pending.iter().for_each(|p: &Pending| {
                            while !p.is_ready().unwrap() {
                                std::thread::yield_now()
                            }
                        });
                        gate = Some(Gate::close(&on[round / 3 % 2]));
                    }
                    pending.push(
                        runner
                            .submit(
                                &[Input::Images(&[&frame])],
                                &mut [Output::Discard, Output::Discard],
                                &on[round / 3 % 2],
                            )
                            .unwrap(),
                    );
                }
                drop(gate);
                for (round, pending) in pending.into_iter().enumerate() {
                    let execution = pending.wait().unwrap();
                    let fails = mask & (1 << round) != 0;
                    assert_eq!(
                        execution.failure(0).is_some(),
                        fails,
                        "{mode:?} {streams} {most} {panics} {round}"
                    );
                    assert!(execution.failure(1).is_none());
                    if let Some(failure) = execution.failure(0) {
                        assert_eq!(
                            (failure.node.as_str(), failure.batch),
                            ("failing", round as u64)
                        );
                    }
                }
                assert_eq!(failing.runs(), 32);
            }
        }
    }
}

fn pipeline(sigma: f64) -> Pipeline {
    let mut builder = PipelineBuilder::new("submit");
    let input = builder.input("input").unwrap();
    let smooth = builder
        .then(input, "smooth", GaussianBlur::new(5).unwrap())
        .unwrap();
    let edges = builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    let steps = builder
        .then(smooth, "steps", GaussianBlur::new(3).unwrap())
        .unwrap();
    builder.output(edges).unwrap();
    builder.output(steps).unwrap();
    builder
        .build()
        .unwrap()
        .with_parameter("smooth", "sigma", sigma)
        .unwrap()
}

/// One step after the other of a random program; all results are compared.
#[test]
fn random_programs_give_what_executions_give() {
    for seed in 0..40u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut random = move |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 20) % n
        };
        let settings = HostConfig::default()
            .with_threads(1 + (seed % 3) as usize)
            .with_checked(seed % 2 == 0);
        let device = Device::host_with(settings);
        let memory = MemoryManager::new(
            &device,
            MemoryConfig::default()
                .with_copy_threads((seed % 3) as usize)
                .with_poison(seed % 5 == 0),
        );
        let config = ExecutionConfig::default()
            .with_execution(if seed % 4 < 2 {
                ExecutionMode::Direct
            } else {
                ExecutionMode::Replay
            })
            .with_streams(1 + random(4) as usize)
            .with_max_batch(1 + random(3) as u32)
            .with_plan_cache(1 + random(3) as usize)
            .with_in_flight(1 + random(4) as usize);
        let mut sigma = 1.0;
        let mut runner = Runner::with_memory(pipeline(sigma), &memory, config).unwrap();
        let streams: Vec<_> = (0..3).map(|_| device.stream().unwrap()).collect();
        let sizes = [(33, 20), (64, 32), (20, 33), (65, 31), (33, 21)];
        // Tensors with what must be in them.
        type Known = (DeviceTensor, Vec<Image>, u64);
        let mut tensors: Vec<Known> = Vec::new();
        let mut pending: Vec<Pending> = Vec::new();
        let host = Device::host();
        let truth = |sigma: f64, frames: &[Image]| -> Vec<Vec<Image>> {
            let mut runner =
                Runner::new(pipeline(sigma), &host, ExecutionConfig::default()).unwrap();
            let frames: Vec<_> = frames.iter().collect();
            let outputs = runner.run(&frames).unwrap();
            ["edges", "steps"]
                .map(|name| outputs.images(name).unwrap().to_vec())
                .to_vec()
        };
        for step in 0..40 {
            let on = &streams[random(3) as usize];
            let kind = random(12);
            match kind {
                0 => {
                    sigma = [0.5, 1.0, 2.5][random(3) as usize];
                    runner.set_parameter("smooth", "sigma", sigma).unwrap();
                }
                1 => runner.set_trace(Some(Trace::new())),
                2 => runner.set_trace(None),
                3 if !pending.is_empty() => {
                    let at = random(pending.len() as u64) as usize;
                    assert!(pending.swap_remove(at).wait().unwrap().is_success());
                }
                4 if !pending.is_empty() => drop(pending.swap_remove(0)),
                5 if !tensors.is_empty() => {
                    let (tensor, images, made) =
                        tensors.swap_remove(random(tensors.len() as u64) as usize);
                    let got = tensor.to_images().unwrap();
                    let wrong: Vec<_> = got
                        .iter()
                        .zip(&images)
                        .map(|(g, i)| {
                            (
                                g.shape(),
                                g.data()
                                    .iter()
                                    .zip(i.data())
                                    .filter(|(a, b)| a != b)
                                    .count(),
                            )
                        })
                        .collect();
                    assert!(
                        got == images,
                        "seed {seed} step {step} made in {made} {wrong:?} {:?}",
                        tensor
                    );
                }
                6 if !tensors.is_empty() => drop(tensors.swap_remove(0)),
                kind => {
                    let from = (kind > 8 && !tensors.is_empty())
                        .then(|| random(tensors.len() as u64) as usize);
                    let frames: Vec<Image> = match from {
                        Some(at) => tensors[at].1.clone(),
                        None => {
                            let (w, h) = sizes[random(5) as usize];
                            (0..1 + random(4))
                                .map(|n| noise(w, h, 1, seed * 1000 + step * 10 + n))
                                .collect()
                        }
                    };
                    let expected = truth(sigma, &frames);
                    let refs: Vec<_> = frames.iter().collect();
                    let input = match from {
                        Some(at) => Input::Device(tensors[at].0.images()),
                        None => Input::Images(&refs),
                    };
                    let (mut a, mut b) = (None, None);
                    let discard = random(3) == 0;
                    let mut outputs = [
                        Output::Tensor(&mut a),
                        if discard {
                            Output::Discard
                        } else {
                            Output::Tensor(&mut b)
                        },
                    ];
                    // A sixth of the streams is slow.
                    if random(6) == 0 {
                        let gate = Gate::close(on);
                        std::thread::spawn(move || {
                            std::thread::sleep(std::time::Duration::from_millis(3));
                            drop(gate);
                        });
                    }
                    let executes = random(5) == 0;
                    if executes {
                        assert!(runner.execute(&[input], &mut outputs).unwrap().is_success());
                    } else {
                        pending.push(runner.submit(&[input], &mut outputs, on).unwrap());
                    }
                    let mut expected = expected.into_iter();
                    tensors.push((a.unwrap(), expected.next().unwrap(), step));
                    if let Some(b) = b {
                        tensors.push((b, expected.next().unwrap(), step));
                    }
                }
            }
        }
        if seed % 2 == 0 {
            drop(runner);
        }
        for (tensor, images, _) in tensors {
            assert!(tensor.to_images().unwrap() == images, "seed {seed}");
        }
        for pending in pending {
            assert!(pending.wait().unwrap().is_success());
        }
    }
}

struct Told(Arc<AtomicUsize>, Option<Sender<()>>, bool);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        if let Some(tell) = self.1.take() {
            let _ = tell.send(());
        }
        assert!(!self.2, "an owner panics");
    }
}

/// Whoever keeps a batch that he never waits for keeps no owner with it.
#[test]
fn owners_go_with_the_pipeline_also_where_its_batches_are_kept() {
    for panics in [false, true] {
        let device = Device::host_with(HostConfig::default().with_threads(2));
        let mut runner = Runner::new(pipeline(1.0), &device, ExecutionConfig::default()).unwrap();
        let on = device.stream().unwrap();
        let gate = Gate::close(&on);
        let data = vec![7u8; 64 * 32];
        let drops = Arc::new(AtomicUsize::new(0));
        let (tell, told) = channel();
        let address = Address::from_ptr(data.as_ptr());
        let owner = (Told(Arc::clone(&drops), Some(tell), panics), data);
        // SAFETY: the owner has the bytes, which nothing else touches.
        let memory =
            unsafe { BorrowedMemory::new(address, 64 * 32, MemoryAccess::Read, &on, owner) };
        let memory = memory.unwrap();
        let layout = BatchLayout::tight(ImageShape::u8(64, 32, 1), 1);
        let input = Input::Device(DeviceImages::new(layout, &memory).unwrap());
        let pending = runner
            .submit(&[input], &mut [Output::Discard, Output::Discard], &on)
            .unwrap();
        drop((memory, runner));
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        gate.open();
        told.recv_timeout(std::time::Duration::from_secs(5))
            .expect("the owner is dropped");
        assert!(pending.wait().unwrap().is_success());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

/// Large batches are copied in pieces by any number of threads, also after a batch that met a limit of memory.
#[test]
fn large_batches_of_any_size_are_copied_right() {
    for (seed, threads) in [(1, 0), (2, 1), (3, 64), (4, 3), (5, 64), (6, 2)] {
        let device = Device::host_with(HostConfig::default().with_threads(2));
        let config = MemoryConfig::default()
            .with_copy_threads(threads)
            .with_host_limit(9 << 20);
        let memory = MemoryManager::new(&device, config);
        let config = ExecutionConfig::default()
            .with_max_batch(1 + seed % 4)
            .with_in_flight(2);
        let mut builder = PipelineBuilder::new("copies");
        let input = builder.input("input").unwrap();
        builder
            .then(input, "blur", GaussianBlur::new(3).unwrap())
            .unwrap();
        let pipeline = builder.build().unwrap();
        let mut runner = Runner::with_memory(pipeline.clone(), &memory, config).unwrap();
        let mut plain = Runner::new(
            pipeline,
            &Device::host(),
            ExecutionConfig::default().with_max_batch(1),
        )
        .unwrap();
        let on = [device.stream().unwrap(), device.stream().unwrap()];
        let mut refused = 0;
        for (round, (width, height, frames)) in [
            (700, 611, 3),
            (1025, 1031, 2),
            (3, 60_001, 5),
            (60_001, 4, 5),
            (2900, 1500, 2),
            (640, 480, 7),
            (1024, 1024, 1),
        ]
        .into_iter()
        .enumerate()
        {
            let frames: Vec<Image> = (0..frames)
                .map(|n| noise(width, height, 1, n + u64::from(seed)))
                .collect();
            let refs: Vec<_> = frames.iter().collect();
            let mut expected = Vec::new();
            for image in &refs {
                expected.push(plain.run(&[image]).unwrap().images("blur").unwrap()[0].clone());
            }
            let (w, h, n) = (width as usize, height as usize, frames.len());
            let (pitch, stride) = (w + 13, (w + 13) * h + 7);
            let mut padded = vec![0xEE; stride * n];
            for (image, frame) in frames.iter().zip(padded.chunks_exact_mut(stride)) {
                for (row, target) in image.data().chunks_exact(w).zip(frame.chunks_mut(pitch)) {
                    target[..w].copy_from_slice(row);
                }
            }
            let layout = BatchLayout::tight(frames[0].shape(), n)
                .with_row_pitch(pitch)
                .with_batch_stride(stride);
            let view = BatchView::new(layout, &padded).unwrap();
            let mut tensor = None;
            match runner.submit(
                &[Input::Batch(view)],
                &mut [Output::Tensor(&mut tensor)],
                &on[round % 2],
            ) {
                Ok(pending) => {
                    assert!(pending.wait().unwrap().is_success());
                    match tensor.unwrap().to_images() {
                        Ok(images) => assert!(images == expected, "{seed} {round}"),
                        Err(_) => refused += 1,
                    }
                }
                Err(_) => {
                    assert!(tensor.is_none());
                    refused += 1;
                }
            }
            let mut target = vec![0x55; stride * n];
            let place = BatchViewMut::new(layout, &mut target).unwrap();
            match runner.execute(&[Input::Images(&refs)], &mut [Output::Batch(place)]) {
                Ok(execution) => {
                    assert!(execution.is_success());
                    for (image, frame) in expected.iter().zip(target.chunks_exact(stride)) {
                        for (row, got) in image.data().chunks_exact(w).zip(frame.chunks(pitch)) {
                            assert!(got[..w] == *row, "{seed} {round}");
                            assert!(got[w..].iter().all(|&b| b == 0x55));
                        }
                    }
                }
                Err(_) => refused += 1,
            }
            let mut images = Vec::new();
            match runner.execute(&[Input::Batch(view)], &mut [Output::Images(&mut images)]) {
                Ok(execution) => assert!(
                    execution.is_success() && images == expected,
                    "{seed} {round}"
                ),
                Err(_) => refused += 1,
            }
        }
        eprintln!("{seed} {threads}: {refused} refused");
    }
}
