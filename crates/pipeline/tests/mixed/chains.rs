//! The nodes that are mixed chains.

use crate::support::*;
use pixelflume_ops::Threshold;
use pixelflume_pipeline::{Input, PipelineBuilder, Runner};
use pixelflume_scheduler::ExecutionMode;

/// One input feeds two chains, of which one has an output of its own inside; another input has images of one size.
#[test]
fn an_input_may_feed_several_chains() {
    let text = "
inputs = [\"input\", \"mask\"]

[[node]]
name = \"gray\"
op = \"color\"
conversion = \"rgb_to_gray\"
from = \"input\"

[[node]]
name = \"small\"
op = \"resize\"
from = \"gray\"
width = 16
height = 12

[[node]]
name = \"mirrored\"
op = \"flip\"
from = \"input\"

[[node]]
name = \"large\"
op = \"resize\"
from = \"mirrored\"
width = 64
height = 48

[[node]]
name = \"masked\"
op = \"abs_diff\"
from = [\"small\", \"mask\"]
";
    for mode in MODES {
        let pipeline = pipeline(text);
        let mut runner = Runner::new(pipeline.clone(), &checked(), config(mode)).unwrap();
        for seed in 0..4 {
            let photos = photos(6, seed);
            let masks: Vec<_> = (0..6)
                .map(|number| image(16, 12, 1, number + seed))
                .collect();
            let (photos, masks) = (references(&photos), references(&masks));
            let outputs = runner.run_inputs(&[&photos, &masks]).unwrap();
            let mut expected = vec![Vec::new(); 2];
            for (photo, mask) in photos.iter().zip(&masks) {
                let one = runner_for(&pipeline)
                    .run_inputs(&[&[photo], &[mask]])
                    .unwrap();
                for (all, (_, images)) in expected.iter_mut().zip(one.outputs()) {
                    all.extend_from_slice(images.unwrap());
                }
            }
            assert_outputs(&outputs, &expected);
        }
        assert_eq!(runner.statistics().plans_compiled, 1);
    }
}

fn runner_for(pipeline: &pixelflume_pipeline::Pipeline) -> Runner {
    Runner::new(pipeline.clone(), &checked(), config(ExecutionMode::Direct)).unwrap()
}

/// Parameters may change between mixed batches, also those that change the output's shape.
#[test]
fn parameters_change_between_batches() {
    let mut runner = runner_for(&pipeline(TENSOR));
    let images = photos(5, 2);
    let images = references(&images);
    for (width, mean) in [(20, 0.5), (20, 0.25), (31, 0.25), (20, 0.5)] {
        runner.set_parameter("small", "width", width).unwrap();
        runner
            .set_parameter("tensor", "mean", vec![mean, mean, mean])
            .unwrap();
        let outputs = runner.run(&images).unwrap();
        let pipeline = runner.pipeline().clone();
        assert_outputs(&outputs, &one_by_one(&pipeline, &images));
    }
    assert!(runner.statistics().plans_updated > 0);
}

/// What keeps the size of its images is computed in groups.
#[test]
fn a_chain_without_one_output_shape_is_executed_in_groups() {
    let mut builder = PipelineBuilder::new("binary");
    let input = builder.input("photo").unwrap();
    builder.then(input, "binary", Threshold::new(100)).unwrap();
    let pipeline = builder.build().unwrap();
    let mut runner = runner_for(&pipeline);
    let images = photos(7, 3);
    let images = references(&images);
    for _ in 0..3 {
        let mut list = Vec::new();
        let outputs = &mut [pixelflume_pipeline::Output::Images(&mut list)];
        let execution = runner.execute(&[Input::Images(&images)], outputs).unwrap();
        assert!(execution.is_success());
        assert!(list == one_by_one(&pipeline, &images)[0]);
    }
}
