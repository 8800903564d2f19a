//! Batches of images of several sizes have the results of their images, in chains and in groups.

use crate::support::*;
use pixelflume_device::Device;
use pixelflume_pipeline::{
    BatchLayout, BatchOutputs, BatchViewMut, ExecutionConfig, Image, ImageView, Input, Output,
    PipelineError, Runner,
};
use pixelflume_scheduler::ExecutionMode;

#[test]
fn images_of_several_sizes_are_computed_as_one_by_one() {
    for text in [TENSOR, BEHIND, GROUPED, MEASURED] {
        for mode in MODES {
            let pipeline = pipeline(text);
            let mut runner = Runner::new(pipeline.clone(), &checked(), config(mode)).unwrap();
            for seed in 0..7 {
                // In one batch, and in several.
                let images = photos(3 + 2 * seed as usize, seed);
                let images = references(&images);
                let outputs = runner.run(&images).unwrap();
                assert_outputs(&outputs, &one_by_one(&pipeline, &images));
            }
            let statistics = runner.statistics();
            assert_eq!(statistics.frames, 3 + 5 + 7 + 9 + 11 + 13 + 15);
        }
    }
}

/// Numbers about images have one shape for all sizes of images, so that they are tensors.
#[test]
fn each_image_has_its_numbers() {
    let mut runner = Runner::new(
        pipeline(MEASURED),
        &checked(),
        config(ExecutionMode::Direct),
    )
    .unwrap();
    let images = photos(9, 2);
    let outputs = runner.run(&references(&images)).unwrap();
    let outputs: Vec<_> = outputs
        .outputs()
        .map(|(name, images)| (name, images.unwrap()))
        .collect();
    assert_eq!(
        outputs.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["histogram", "mean_std", "sum"]
    );
    for (frame, image) in images.iter().enumerate() {
        let shape = image.shape();
        let pixels = f64::from(shape.width * shape.height);
        let [counts, mean_std, sum] = [0, 1, 2].map(|output: usize| &outputs[output].1[frame]);
        assert_eq!(counts.shape().to_string(), "256x3x1 f32");
        assert_eq!(mean_std.shape().to_string(), "2x3x1 f64");
        assert_eq!(sum.shape().to_string(), "1x3x1 f64");
        let number = |bytes: &[u8; 8]| f64::from_ne_bytes(*bytes);
        let (means, _) = mean_std.data().as_chunks::<8>();
        for channel in 0..3 {
            let samples = || image.data().iter().skip(channel).step_by(3);
            let total: f64 = samples().map(|&sample| f64::from(sample)).sum();
            assert_eq!(number(&means[2 * channel]), total * (1.0 / pixels));
            let (counts, _) = counts.data().as_chunks::<4>();
            let counts = &counts[256 * channel..][..256];
            for (value, count) in counts.iter().enumerate() {
                let expected = samples().filter(|&&sample| usize::from(sample) == value);
                assert_eq!(f32::from_ne_bytes(*count), expected.count() as f32);
            }
        }
    }
}

#[test]
fn one_size_takes_the_plan_for_that_size() {
    let mut runner = Runner::new(
        pipeline(TENSOR),
        &Device::host(),
        ExecutionConfig::default(),
    )
    .unwrap();
    let [a, b] = [image(8, 9, 3, 1), image(8, 9, 3, 2)];
    drop(runner.run(&[&a, &b]).unwrap());
    drop(runner.run(&[&a, &b]).unwrap());
    let statistics = runner.statistics();
    assert_eq!((statistics.plans_compiled, statistics.plan_hits), (1, 1));
}

/// A chain needs one plan, whatever the sizes; memory grows with the largest batch and no further.
#[test]
fn two_thousand_sizes_take_one_plan_and_the_memory_of_the_largest() {
    let device = Device::host();
    let config = config(ExecutionMode::Replay);
    let mut runner = Runner::new(pipeline(TENSOR), &device, config).unwrap();
    let mut outputs = BatchOutputs::default();
    let batch = |runner: &mut Runner, outputs: &mut BatchOutputs, number: u32| {
        let images: Vec<Image> = (0..4)
            .map(|frame| {
                image(
                    9 + (number * 4 + frame) % 101,
                    5 + (number * 4 + frame) / 101,
                    3,
                    frame,
                )
            })
            .collect();
        let images = references(&images);
        runner.run_into(&[Input::Images(&images)], outputs).unwrap();
    };
    // The largest first.
    for _ in 0..2 {
        let images = [0, 1, 2, 3].map(|number| image(109 + number, 24, 3, number));
        let images = references(&images);
        runner
            .run_into(&[Input::Images(&images)], &mut outputs)
            .unwrap();
    }
    let memory = |runner: &Runner| {
        let statistics = runner.memory().statistics();
        (statistics.device.reserved, statistics.pinned.reserved)
    };
    let before = memory(&runner);
    let plans = runner.statistics().plans_compiled;
    for number in 0..500 {
        batch(&mut runner, &mut outputs, number);
    }
    assert_eq!(memory(&runner), before);
    assert_eq!((plans, runner.statistics().plans_compiled), (1, 1));
    let replays = runner.replay_statistics();
    assert!(replays.replayed + replays.patched > 490, "{replays:?}");
}

#[test]
fn outputs_of_several_shapes_are_lists_and_nothing_else() {
    let pipeline = pipeline(GROUPED);
    let mut runner =
        Runner::new(pipeline.clone(), &checked(), config(ExecutionMode::Direct)).unwrap();
    let images = photos(5, 1);
    let images = references(&images);
    let expected = one_by_one(&pipeline, &images);
    let shape = expected[1][0].shape();
    let layout = BatchLayout::tight(shape, 5);
    let mut bytes = vec![0; layout.end().unwrap()];
    let mut list = vec![image(3, 3, 1, 0); 9];
    {
        let small = Output::Batch(BatchViewMut::new(layout, &mut bytes).unwrap());
        let outputs = &mut [Output::Images(&mut list), small];
        let execution = runner.execute(&[Input::Images(&images)], outputs).unwrap();
        assert!(execution.is_success() && execution.frames() == 5);
    }
    assert!(list == expected[0]);
    for (got, expected) in bytes.chunks(shape.bytes()).zip(&expected[1]) {
        assert_eq!(got, expected.data());
    }

    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor), Output::Discard];
    let error = runner
        .execute(&[Input::Images(&images)], outputs)
        .unwrap_err();
    assert!(matches!(error, PipelineError::OutputShapes { .. }));
    let (first, second) = (images[0].shape(), images[1].shape());
    assert!(
        error.to_string().starts_with(&format!(
            "output \"same\" gives {first} for frame 0 and {second} for frame 1"
        )),
        "{error}"
    );
    assert!(tensor.is_none());
}

/// Results on the device, in the order of the frames, from groups that take turns.
#[test]
fn tensors_have_the_frames_in_order() {
    for text in [GROUPED, BEHIND] {
        let pipeline = pipeline(text);
        let device = checked();
        let mut runner =
            Runner::new(pipeline.clone(), &device, config(ExecutionMode::Direct)).unwrap();
        let images = photos(9, 4);
        let images = references(&images);
        let expected = one_by_one(&pipeline, &images);
        let mut tensor = None;
        let outputs = &mut [Output::Discard, Output::Tensor(&mut tensor)];
        let first = outputs.len() - pipeline.outputs().len();
        let inputs = [Input::Images(&images)];
        let execution = runner.execute(&inputs, &mut outputs[first..]).unwrap();
        assert!(execution.is_success());
        assert!(tensor.unwrap().to_images().unwrap() == expected[1 - first]);
    }
}

#[test]
fn views_and_images_that_occur_twice_are_read_once_and_right() {
    let pipeline = pipeline(TENSOR);
    let mut runner =
        Runner::new(pipeline.clone(), &checked(), config(ExecutionMode::Direct)).unwrap();
    let images = [image(40, 30, 3, 1), image(25, 33, 3, 2)];
    let (a, b) = (ImageView::from(&images[0]), ImageView::from(&images[1]));
    let part = a.region(3, 2, 31, 20).unwrap();
    let views = [a, b, part, a, part, b.region(0, 0, 24, 33).unwrap(), b];
    let copies: Vec<Image> = views.iter().map(ImageView::to_image).collect();
    let mut outputs = BatchOutputs::default();
    runner
        .run_into(&[Input::Views(&views)], &mut outputs)
        .unwrap();
    assert_outputs(&outputs, &one_by_one(&pipeline, &references(&copies)));
}

#[test]
fn an_image_that_a_node_refuses_is_named() {
    let crop = "
[[node]]
name = \"corner\"
op = \"crop\"
from = \"input\"
x = 4
y = 4
width = 16
height = 20
";
    let blur = "
[[node]]
name = \"smooth\"
op = \"gaussian_blur\"
from = \"input\"
size = 3

[[node]]
name = \"corner\"
op = \"crop\"
from = \"smooth\"
x = 4
y = 4
width = 16
height = 20
";
    for text in [crop, blur] {
        let mut runner =
            Runner::new(pipeline(text), &checked(), config(ExecutionMode::Direct)).unwrap();
        runner.set_index(100);
        let good = photos(7, 0);
        let mut images = references(&good);
        let small = image(19, 40, 3, 0);
        images[5] = &small;
        let error = runner.run(&images).unwrap_err();
        let PipelineError::FrameOperator {
            node, frame, index, ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(
            (node.name.as_str(), *frame, *index),
            ("corner", 5, Some(105))
        );
        let text = error.to_string();
        assert!(text.starts_with("node \"corner\" (mixed.toml:"), "{text}");
        assert!(text.contains("frame 5 (image 105): "), "{text}");
        // The next batch is as if the one that was refused had not been.
        assert_eq!(runner.index(), 100);
        let images = references(&good);
        drop(runner.run(&images).unwrap());
        assert_eq!(runner.index(), 107);
    }
}

/// A first image that is refused does not make a chain a group.
#[test]
fn a_refused_image_changes_nothing_for_later_batches() {
    let text = "
[[node]]
name = \"corner\"
op = \"crop\"
from = \"input\"
x = 0
y = 0
width = 20
height = 20
";
    let mut runner =
        Runner::new(pipeline(text), &checked(), config(ExecutionMode::Direct)).unwrap();
    let [small, large] = [image(10, 30, 3, 0), image(30, 30, 3, 0)];
    let error = runner.run(&[&small, &large]).unwrap_err();
    assert!(
        matches!(error, PipelineError::FrameOperator { frame: 0, .. }),
        "{error}"
    );
    for seed in 0..5 {
        let images = photos(4, seed);
        drop(runner.run(&references(&images)).unwrap());
    }
    assert_eq!(runner.statistics().plans_compiled, 1);
}
