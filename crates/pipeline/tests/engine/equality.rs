//! The results are a runner's, byte for byte, in the order of submission.

use crate::random::{self, Random};
use crate::support::{Gate, HOST, SHAPE, plain};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{Engine, EngineConfig, Shutdown};
use pixelflume_pipeline::{ExecutionConfig, Image, Input, Runner};
use pixelflume_scheduler::ExecutionMode;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

fn noise(shape: ImageShape, random: &mut Random) -> Image {
    let bytes = (0..shape.bytes()).map(|_| random.below(256) as u8);
    Image::new(shape, bytes.collect()).unwrap()
}

/// Frames by input, in a batch.
type Frames = Vec<Vec<Image>>;

#[test]
fn random_pipelines_give_what_a_runner_gives() {
    for seed in 0..16 {
        let mut random = Random::new(seed);
        let nodes = 1 + random.below(8);
        let (pipeline, shapes) = random::pipeline(nodes, &mut random);
        let memory = MemoryManager::new(&HOST, MemoryConfig::default());
        let execution = [ExecutionMode::Replay, ExecutionMode::Direct][random.below(2)];
        let config = EngineConfig::new()
            .in_flight(1 + random.below(3))
            .max_batch(4)
            .streams(1 + random.below(3))
            .device_outputs(seed % 2 == 1)
            .execution(execution);
        let engine = Engine::with_memory(pipeline.clone(), &memory, &shapes, config).unwrap();
        let submitted: Mutex<HashMap<_, Frames>> = Mutex::default();
        let mut got = Vec::new();
        thread::scope(|scope| {
            let producers: Vec<_> = (0..3)
                .map(|producer| {
                    let (engine, submitted, shapes) = (&engine, &submitted, &shapes);
                    scope.spawn(move || {
                        let mut random = Random::new(seed * 100 + producer);
                        for turn in 0..8 {
                            let count = 1 + random.below(4);
                            let mut frames: Frames = Vec::new();
                            for &shape in shapes {
                                frames
                                    .push((0..count).map(|_| noise(shape, &mut random)).collect());
                            }
                            let batch = if turn % 2 == 0 {
                                let lists: Vec<Vec<&Image>> =
                                    frames.iter().map(|list| list.iter().collect()).collect();
                                let lists: Vec<&[&Image]> =
                                    lists.iter().map(|list| &list[..]).collect();
                                engine.submit_inputs(&lists).unwrap()
                            } else {
                                let mut writer = engine.begin_batch().unwrap();
                                for frame in (0..count).rev() {
                                    for (input, images) in frames.iter().enumerate() {
                                        let room = writer.frame_mut(input, frame).unwrap();
                                        room.copy_from_slice(images[frame].data());
                                    }
                                }
                                assert_eq!(writer.frames(), count);
                                writer.submit().unwrap()
                            };
                            submitted.lock().unwrap().insert(batch, frames);
                        }
                    })
                })
                .collect();
            let consumer = scope.spawn(|| {
                let mut got = Vec::new();
                for result in engine.results() {
                    let lease = result.unwrap();
                    assert_eq!(lease.batch().number(), got.len() as u64);
                    let images = lease.names().map(|name| lease.to_images(name).unwrap());
                    let images: Vec<_> = images.collect();
                    got.push((lease.batch(), images));
                }
                got
            });
            producers
                .into_iter()
                .for_each(|producer| producer.join().unwrap());
            engine.close();
            got = consumer.join().unwrap();
        });
        let report = engine.shutdown(Shutdown::Drain);
        assert_eq!((report.completed, report.ready, report.held), (24, 0, 0));
        let statistics = engine.statistics();
        assert_eq!((statistics.submitted, statistics.completed), (24, 24));
        drop(engine);
        assert_eq!(memory.shutdown().unwrap(), []);

        let submitted = submitted.into_inner().unwrap();
        assert_eq!(got.len(), submitted.len());
        let mut runner = Runner::new(pipeline.clone(), &HOST, ExecutionConfig::default()).unwrap();
        for (batch, images) in got {
            let frames: Vec<Vec<&Image>> = submitted[&batch]
                .iter()
                .map(|list| list.iter().collect())
                .collect();
            let inputs: Vec<_> = frames.iter().map(|list| Input::Images(list)).collect();
            let mut expected = Default::default();
            runner.run_into(&inputs, &mut expected).unwrap();
            for ((name, expected), got) in expected.outputs().zip(&images) {
                assert_eq!(
                    expected.unwrap(),
                    got,
                    "seed {seed}, batch {batch}, output {name}"
                );
            }
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn results_come_to_async_code() {
    let engine = Gate::default().engine(EngineConfig::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            for value in 20..60 {
                engine.submit(&[&plain(value)]).unwrap();
            }
            engine.close();
        });
        let received = block_on(async {
            let mut received = Vec::new();
            while let Some(result) = poll_fn(|context| engine.poll_next(context)).await {
                received.push(result.unwrap().output(0).unwrap().bytes()[0]);
            }
            received
        });
        assert_eq!(received, (20..60).collect::<Vec<_>>());
    });
}

#[test]
fn one_thread_submits_and_takes_in_turn() {
    let engine = Gate::default().engine(EngineConfig::new());
    assert!(engine.next_submitted().is_none());
    assert!(engine.try_next().is_none());
    for value in 20..40 {
        engine
            .submit(&[&plain(value), &plain(value + 100)])
            .unwrap();
        let lease = engine.next_submitted().unwrap().unwrap();
        assert_eq!(
            (lease.frames(), lease.names().collect::<Vec<_>>()),
            (2, vec!["gate"])
        );
        let output = lease.output(0).unwrap();
        assert_eq!(
            (output.name(), output.shape(), output.frames()),
            ("gate", SHAPE, 2)
        );
        assert_eq!(output.frame(1), Some(&[value + 100; 8][..]));
        assert_eq!(output.frame(2), None);
        assert!(lease.get("other").is_none() && lease.output(1).is_none());
        assert_eq!(lease.to_images("gate").unwrap()[0], plain(value));
        let error = lease.to_images("other").unwrap_err().to_string();
        assert_eq!(error, "there is no node \"other\"; there are: gate");
    }
    assert!(engine.next_submitted().is_none());
}
