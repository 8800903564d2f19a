//! The callback for nodes that fail, of runners, plans and engines: once per node, with everything that is known of it.

use crate::runner::HOST;
use crate::support::{Failing, noise};
use pixelflume_device::testing::{Call, Refusals};
use pixelflume_device::{Device, HostConfig};
use pixelflume_ops::{Color, ColorConversion, Custom, Sobel};
use pixelflume_pipeline::{
    Engine, EngineConfig, ExecutionConfig, Image, NodeFailure, Pipeline, PipelineBuilder, Runner,
};
use std::panic::panic_any;
use std::sync::{Arc, Mutex};
use std::thread;

/// gray -> left -> below, gray -> right; the outputs are below and right. Left and right fail in the runs that are named.
fn pipeline(left: &Failing, right: &Failing) -> Pipeline {
    let mut builder = PipelineBuilder::new("two");
    let input = builder.input("input").unwrap();
    let gray = builder
        .then(input, "gray", Color::new(ColorConversion::RgbToGray))
        .unwrap();
    let left = builder.then(gray, "left", left.clone()).unwrap();
    let below = builder.then(left, "below", Sobel::magnitude()).unwrap();
    let right = builder.then(gray, "right", right.clone()).unwrap();
    builder.output(below).unwrap();
    builder.output(right).unwrap();
    builder.build().unwrap()
}

/// Takes failures down with the name of the thread, and then panics with a payload that panics.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

/// A failure and the name of the thread that told of it.
type Note = (NodeFailure, Option<String>);

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload panics when it is dropped");
    }
}

impl Notes {
    fn callback(&self) -> impl Fn(&NodeFailure) + Send + Sync + 'static {
        let notes = Arc::clone(&self.0);
        move |failure| {
            let thread = thread::current().name().map(str::to_owned);
            notes.lock().unwrap().push((failure.clone(), thread));
            panic_any(Payload);
        }
    }

    /// What was noted since the last call, which is all of this pipeline: node, operator, batch, first frame.
    #[track_caller]
    fn take(&self, on: Option<&str>) -> Vec<(String, &'static str, u64, usize)> {
        let notes = std::mem::take(&mut *self.0.lock().unwrap());
        let each = notes.into_iter().map(|(failure, thread)| {
            assert_eq!(failure.pipeline, "two");
            assert_eq!(failure.frames.len(), 1);
            assert_eq!(thread.as_deref(), on);
            let cause = failure.cause.to_string();
            assert!(cause.contains("told to fail"), "{cause}");
            let (batch, first) = (failure.batch, failure.frames.start);
            (failure.node, failure.operator, batch, first)
        });
        each.collect()
    }
}

fn images() -> Vec<Image> {
    (0..3).map(|seed| noise(8, 6, 3, seed)).collect()
}

/// What is told of three batches of one frame each, where left fails in the first and in the last, and right in the last.
fn expected(frame: impl Fn(usize) -> usize) -> Vec<(String, &'static str, u64, usize)> {
    let of = |node: &str, batch: usize| (node.to_owned(), "failing", batch as u64, frame(batch));
    vec![of("left", 0), of("left", 2), of("right", 2)]
}

#[test]
fn a_runner_and_a_plan_tell_each_node_that_failed_once() {
    let images = images();
    let frames: Vec<&Image> = images.iter().collect();
    let here = thread::current().name().map(str::to_owned);
    let config = ExecutionConfig::default().with_max_batch(1).with_streams(1);
    let notes = Notes::default();
    let two = || pipeline(&Failing::new(0b101, false), &Failing::new(0b100, false));

    let mut runner = Runner::new(two(), &HOST, config.clone()).unwrap();
    runner.on_failure(|_| panic!("it was replaced"));
    runner.on_failure(notes.callback());
    let outputs = runner.run(&frames).unwrap();
    assert!(!outputs.is_success());
    assert_eq!(notes.take(here.as_deref()), expected(|batch| batch));
    assert!(runner.run(&frames).unwrap().is_success());
    assert_eq!(notes.take(here.as_deref()), []);

    let shape = frames[0].shape();
    let mut plan = two().compile(&HOST, &[shape], config).unwrap();
    plan.on_failure(notes.callback());
    assert!(!plan.run(&frames).unwrap().is_success());
    assert_eq!(notes.take(here.as_deref()), expected(|batch| batch));
    assert!(plan.run(&frames).unwrap().is_success());
    assert_eq!(notes.take(here.as_deref()), []);
}

#[test]
fn an_engine_tells_each_node_that_failed_before_the_batch_can_be_taken() {
    let images = images();
    let notes = Notes::default();
    let two = pipeline(&Failing::new(0b101, false), &Failing::new(0b100, false));
    let config = EngineConfig::new().max_batch(1).in_flight(1);
    let engine = Engine::new(two, &HOST, &[images[0].shape()], config).unwrap();
    engine.on_failure(|_| panic!("it was replaced"));
    engine.on_failure(notes.callback());
    let thread = Some("pixelflume-engine");
    let all = expected(|_| 0);
    for (image, told) in images.iter().zip([&all[..1], &[], &all[1..]]) {
        engine.submit(&[image]).unwrap();
        let result = engine.next().unwrap();
        assert_eq!(result.is_ok(), told.is_empty());
        drop(result);
        assert_eq!(notes.take(thread), told);
    }
    engine.begin_batch().unwrap().fail("no node").unwrap();
    assert!(engine.next().unwrap().is_err());
    assert_eq!(notes.take(thread), []);
}

#[test]
fn what_is_told_is_the_failure_that_the_outputs_carry() {
    let mut builder = PipelineBuilder::new("two");
    let input = builder.input("input").unwrap();
    let gray = Color::new(ColorConversion::RgbToGray);
    let gray = builder.then(input, "gray", gray).unwrap();
    let fails = Custom::new("fails", 1)
        .unwrap()
        .host(1, |_| panic!("told to fail"));
    let edges = builder.then(gray, "edges", Sobel::magnitude()).unwrap();
    builder.then(edges, "fails", fails).unwrap();
    let config = ExecutionConfig::default();
    let mut runner = Runner::new(builder.build().unwrap(), &HOST, config).unwrap();
    let notes = Notes::default();
    runner.on_failure(notes.callback());
    let image = noise(8, 6, 3, 1);
    let outputs = runner.run(&[&image]).unwrap();
    let failure = outputs.get("fails").unwrap().unwrap_err();
    let told = notes.0.lock().unwrap()[0].0.clone();
    assert_eq!(told.to_string(), failure.to_string());
    assert_eq!(told.pipeline, "two");
    assert_eq!(told.fused, failure.fused);
}

/// A run that could not be waited for is finished by the next one, which reports its failures first.
#[test]
fn failures_of_a_run_that_was_left_unfinished_are_told_by_the_next_run() {
    let device = Device::host_with(HostConfig::default().with_threads(1).with_checked(false));
    let two = pipeline(&Failing::new(0b1, false), &Failing::new(0, false));
    let image = noise(8, 6, 3, 0);
    let config = ExecutionConfig::default().with_streams(1);
    let mut runner = Runner::new(two, &device, config).unwrap();
    let notes = Notes::default();
    runner.on_failure(notes.callback());
    device.refusals().inject(|call| {
        let waits = matches!(call, Call::SynchronizeEvent | Call::SynchronizeDevice);
        waits.then(Refusals::refusal)
    });
    runner.run(&[&image]).unwrap_err();
    assert!(notes.0.lock().unwrap().is_empty());
    device.refusals().clear();
    let outputs = runner.run(&[&image]).unwrap();
    assert!(outputs.images("below").is_ok() && outputs.images("right").is_ok());
    let here = thread::current().name().map(str::to_owned);
    assert_eq!(
        notes.take(here.as_deref()),
        [("left".to_owned(), "failing", 0, 0)]
    );
}
