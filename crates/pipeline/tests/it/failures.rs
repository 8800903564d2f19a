//! What fails, what does not with it, and what is refused before anything runs.

use crate::runner::{HOST, run, samples};
use crate::support::{Difference, Failing, noise, to_reference};
use pixelflume_ops::{Color, ColorConversion, GaussianBlur, Sobel, reference};
use pixelflume_pipeline::{
    ExecutionConfig, OutputError, Pipeline, PipelineBuilder, PipelineError, Runner,
};
use pixelflume_scheduler::FailureCause;

/// gray -> broken -> below, gray -> blur -> edges; the outputs are below, edges and broken.
fn with_failure(failing: &Failing) -> Pipeline {
    let mut builder = PipelineBuilder::new("failing");
    let input = builder.input("input").unwrap();
    let gray = builder
        .then(input, "gray", Color::new(ColorConversion::RgbToGray))
        .unwrap();
    let broken = builder.then(gray, "broken", failing.clone()).unwrap();
    let below = builder
        .then(broken, "below", GaussianBlur::new(3).unwrap())
        .unwrap();
    let blur = builder
        .then(gray, "blur", GaussianBlur::new(5).unwrap())
        .unwrap();
    let edges = builder.then(blur, "edges", Sobel::magnitude()).unwrap();
    for output in [below, edges, broken] {
        builder.output(output).unwrap();
    }
    builder.build().unwrap()
}

#[test]
fn a_failed_node_fails_the_outputs_below_it_only() {
    for panics in [false, true] {
        for streams in [1, 4] {
            let failing = Failing::new(0b01, panics);
            let config = ExecutionConfig::default().with_streams(streams);
            let mut runner = Runner::new(with_failure(&failing), &HOST, config).unwrap();
            let image = noise(20, 10, 3, 1);
            let gray = reference::rgb_to_gray(&to_reference(&image));
            let edges = reference::sobel_magnitude(&reference::gaussian_blur(&gray, 5, None));

            let mut outputs = run(&mut runner, std::slice::from_ref(&image));
            assert!(!outputs.is_success());
            assert_eq!(samples(&outputs, "edges"), [&edges.data[..]]);
            for name in ["below", "broken"] {
                let failure = outputs.get(name).unwrap().unwrap_err();
                assert_eq!(
                    (failure.node.as_str(), failure.operator),
                    ("broken", "failing")
                );
                assert_eq!((failure.batch, failure.frames.clone()), (0, 0..1));
                let FailureCause::Execution(cause) = &*failure.cause else {
                    panic!("{failure}");
                };
                let expected = if panics {
                    "panicked: told to panic"
                } else {
                    "told to fail"
                };
                assert_eq!(cause.to_string(), expected);
            }
            let error = outputs.images("below").unwrap_err();
            assert!(matches!(&error, OutputError::Failed(failure) if failure.node == "broken"));
            let failure = outputs.take("below").unwrap().unwrap_err();
            let start = "node \"broken\" (failing) failed in batch 0, frames 0 to 0: ";
            assert!(failure.to_string().starts_with(start), "{failure}");
            assert!(outputs.get("below").is_none());
            let statistics = runner.statistics();
            // "below" was skipped.
            assert_eq!((statistics.node_launches, statistics.node_failures), (4, 1));

            // The next run is not harmed.
            let outputs = run(&mut runner, std::slice::from_ref(&image));
            assert!(outputs.is_success());
            assert_eq!(samples(&outputs, "edges"), [&edges.data[..]]);
            assert_eq!(failing.runs(), 2);
        }
    }
}

#[test]
fn a_failure_in_one_chunk_names_its_frames_and_lets_the_others_run() {
    let failing = Failing::new(0b010, false);
    let config = ExecutionConfig::default().with_max_batch(2);
    let mut runner = Runner::new(with_failure(&failing), &HOST, config).unwrap();
    let images: Vec<_> = (0..5).map(|seed| noise(6, 6, 3, seed)).collect();
    let outputs = run(&mut runner, &images);
    let failure = outputs.get("below").unwrap().unwrap_err();
    assert_eq!((failure.batch, failure.frames.clone()), (1, 2..4));
    assert_eq!(samples(&outputs, "edges").len(), 5);
    assert_eq!((failing.runs(), runner.statistics().batches), (3, 3));
}

#[test]
fn bad_frames_are_refused_before_anything_runs() {
    let failing = Failing::new(0, false);
    let mut runner =
        Runner::new(with_failure(&failing), &HOST, ExecutionConfig::default()).unwrap();
    let [a, b, gray] = [noise(4, 4, 3, 0), noise(5, 4, 3, 0), noise(4, 4, 1, 0)];

    assert!(matches!(runner.run(&[]), Err(PipelineError::NoFrames)));
    let compiled = with_failure(&failing).compile(&HOST, &[a.shape()], ExecutionConfig::default());
    let error = compiled.unwrap().run(&[&a, &a, &b]).unwrap_err();
    let expected = "frame 2 of input \"input\" is 5x4x3 u8, the frames before it are 4x4x3 u8; give images of several shapes to a \
        `Runner`, or run each shape by itself";
    assert_eq!(error.to_string(), expected);
    let error = runner.run(&[&gray]).unwrap_err();
    assert!(
        matches!(&error, PipelineError::Operator { node, .. } if node.name == "gray"),
        "{error}"
    );
    let error = runner.run_inputs(&[&[&a], &[&a]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pipeline \"failing\" takes 1 input(s) (input), got 2"
    );
    assert_eq!(failing.runs(), 0);
    assert_eq!(runner.statistics(), Default::default());

    let mut builder = PipelineBuilder::new("pair");
    let [left, right] = ["left", "right"].map(|name| builder.input(name).unwrap());
    let difference = builder.then(left, "difference", Difference).unwrap();
    builder.connect(right, difference).unwrap();
    let mut runner =
        Runner::new(builder.build().unwrap(), &HOST, ExecutionConfig::default()).unwrap();
    let error = runner.run_inputs(&[&[&a, &a], &[&a]]).unwrap_err();
    assert!(
        matches!(&error, PipelineError::FrameCount { input, expected: 2, got: 1 } if input == "right")
    );
    let error = runner.run_inputs(&[&[&a], &[&b]]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("both inputs must have one shape"),
        "{error}"
    );
}
