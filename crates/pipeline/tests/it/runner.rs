//! The runner on the host device, against the plain reference.

use crate::support::{Difference, noise, to_reference};
use pixelflume_device::Device;
use pixelflume_ops::{Sobel, reference};
use pixelflume_pipeline::{
    BatchOutputs, ExecutionConfig, Image, Pipeline, PipelineBuilder, PipelineError, Runner,
};
use pixelflume_scheduler::SchedulerError;
use proptest::prelude::*;
use std::sync::LazyLock;

pub(crate) static HOST: LazyLock<Device> = LazyLock::new(Device::host);

fn edges(width: u32, height: u32, interpolation: &str) -> Pipeline {
    let text = include_str!("../../../../examples/pipelines/edges.toml")
        .replace("width = 320", &format!("width = {width}"))
        .replace("height = 240", &format!("height = {height}"))
        .replace(
            "interpolation = \"bilinear\"",
            &format!("interpolation = \"{interpolation}\""),
        );
    Pipeline::from_toml(&text, "edges.toml").unwrap()
}

pub(crate) fn fork_join() -> Pipeline {
    Pipeline::from_toml(
        include_str!("../../../../examples/pipelines/fork_join.toml"),
        "fork_join.toml",
    )
    .unwrap()
}

pub(crate) fn run(runner: &mut Runner, images: &[Image]) -> BatchOutputs {
    runner.run(&images.iter().collect::<Vec<_>>()).unwrap()
}

/// The samples of all images of an output.
pub(crate) fn samples<'a>(outputs: &'a BatchOutputs, name: &str) -> Vec<&'a [u8]> {
    outputs
        .get(name)
        .unwrap()
        .unwrap()
        .iter()
        .map(|image| image.as_u8().unwrap())
        .collect()
}

#[derive(Clone, Debug)]
struct Case {
    size: (u32, u32),
    frames: usize,
    streams: usize,
    max_batch: u32,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let size = (1u32..60, 1u32..60);
    (size, 1usize..10, 1usize..5, 1u32..10, any::<u64>()).prop_map(
        |(size, frames, streams, max_batch, seed)| Case {
            size,
            frames,
            streams,
            max_batch,
            seed,
        },
    )
}

impl Case {
    fn runner(&self, pipeline: Pipeline) -> Runner {
        let config = ExecutionConfig::default()
            .with_streams(self.streams)
            .with_max_batch(self.max_batch);
        Runner::new(pipeline, &HOST, config).unwrap()
    }

    fn images(&self, channels: u32) -> Vec<Image> {
        let (width, height) = self.size;
        (0..self.frames as u64)
            .map(|i| noise(width, height, channels, self.seed ^ (i << 8)))
            .collect()
    }

    fn batches(&self) -> u64 {
        self.frames.div_ceil(self.max_batch as usize) as u64
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edges_are_those_of_the_reference(case in case(), target in (1u32..50, 1u32..50), nearest in any::<bool>()) {
        let interpolation = if nearest { "nearest" } else { "bilinear" };
        let mut runner = case.runner(edges(target.0, target.1, interpolation));
        for round in 1..=2u64 {
            // Other images each time: results of an earlier batch would show.
            let images = Case { seed: case.seed.wrapping_add(round), ..case.clone() }.images(3);
            let outputs = run(&mut runner, &images);
            let results = samples(&outputs, "edges");
            prop_assert_eq!(results.len(), images.len());
            for (image, result) in images.iter().zip(results) {
                let (width, height) = (target.0 as usize, target.1 as usize);
                let small = match nearest {
                    true => reference::resize_nearest(&to_reference(image), width, height),
                    false => reference::resize_bilinear(&to_reference(image), width, height),
                };
                let smooth = reference::gaussian_blur(&reference::rgb_to_gray(&small), 5, None);
                prop_assert_eq!(result, &reference::sobel_magnitude(&smooth).data[..]);
            }
            let statistics = runner.statistics();
            prop_assert_eq!(statistics.batches, round * case.batches());
            prop_assert_eq!(statistics.frames, round * case.frames as u64);
            prop_assert_eq!(statistics.node_launches, round * case.batches() * 4);
            prop_assert_eq!((statistics.plans_compiled, statistics.plan_hits), (1, round - 1));
        }
    }

    #[test]
    fn fork_and_join_are_those_of_the_reference(case in case()) {
        let mut runner = case.runner(fork_join());
        let images = case.images(3);
        let outputs = run(&mut runner, &images);
        let names: Vec<_> = outputs.outputs().map(|(name, _)| name.to_owned()).collect();
        prop_assert_eq!(names, ["blurred", "edges", "fine_edges"]);
        for (index, image) in images.iter().enumerate() {
            let gray = reference::rgb_to_gray(&to_reference(image));
            let blurred = reference::gaussian_blur(&gray, 9, None);
            prop_assert_eq!(samples(&outputs, "edges")[index], &reference::sobel_magnitude(&blurred).data[..]);
            prop_assert_eq!(samples(&outputs, "blurred")[index], &blurred.data[..]);
            prop_assert_eq!(samples(&outputs, "fine_edges")[index], &reference::sobel_magnitude(&gray).data[..]);
        }
        // The gray image is computed once, though two nodes read it.
        prop_assert_eq!(runner.statistics().node_launches, 4 * case.batches());
    }

    #[test]
    fn two_inputs_are_paired_by_index(case in case()) {
        let mut builder = PipelineBuilder::new("pairs");
        let [left, right] = ["left", "right"].map(|name| builder.input(name).unwrap());
        let [left, right] = [(left, "left_edges"), (right, "right_edges")]
            .map(|(input, name)| builder.then(input, name, Sobel::magnitude()).unwrap());
        let difference = builder.add("difference", Difference).unwrap();
        builder.connect(left, difference).unwrap();
        builder.connect(right, difference).unwrap();
        let mut runner = case.runner(builder.build().unwrap());

        let lefts = case.images(1);
        let rights = Case { seed: !case.seed, ..case.clone() }.images(3);
        let inputs = [lefts.iter().collect::<Vec<_>>(), rights.iter().collect()];
        let outputs = runner.run_inputs(&[&inputs[0], &inputs[1]]).unwrap();
        for (index, result) in samples(&outputs, "difference").into_iter().enumerate() {
            let left = reference::sobel_magnitude(&to_reference(&lefts[index]));
            let right = reference::sobel_magnitude(&reference::rgb_to_gray(&to_reference(&rights[index])));
            let expected: Vec<u8> = left.data.iter().zip(&right.data).map(|(l, r)| l.abs_diff(*r)).collect();
            prop_assert_eq!(result, &expected[..]);
        }
    }
}

#[test]
fn batches_of_changing_size_share_a_plan() {
    let mut runner = Runner::new(fork_join(), &HOST, ExecutionConfig::default()).unwrap();
    for (round, frames) in [3, 4, 1, 2, 4, 3].into_iter().enumerate() {
        let images: Vec<_> = (0..frames)
            .map(|i| noise(9, 8, 3, (round * 10 + i) as u64))
            .collect();
        let outputs = run(&mut runner, &images);
        let expected = images.iter().map(|image| {
            reference::sobel_magnitude(&reference::rgb_to_gray(&to_reference(image))).data
        });
        assert_eq!(
            samples(&outputs, "fine_edges"),
            expected.collect::<Vec<_>>(),
            "{frames} frames"
        );
    }
    assert_eq!(runner.statistics().plans_compiled, 1);
}

#[test]
fn signed_outputs_are_i16() {
    let mut builder = PipelineBuilder::new("dx");
    let input = builder.input("input").unwrap();
    builder.then(input, "dx", Sobel::dx()).unwrap();
    let mut runner =
        Runner::new(builder.build().unwrap(), &HOST, ExecutionConfig::default()).unwrap();
    let image = noise(13, 7, 1, 5);
    let outputs = run(&mut runner, std::slice::from_ref(&image));
    let dx = outputs.get("dx").unwrap().unwrap();
    assert_eq!(
        dx[0].to_i16().unwrap(),
        reference::sobel_dx(&to_reference(&image)).data
    );
}

#[test]
fn impossible_settings_are_refused() {
    let new = |config| {
        Runner::new(fork_join(), &HOST, config)
            .map(|_| ())
            .unwrap_err()
    };
    let config = ExecutionConfig::default;
    assert_eq!(
        new(config().with_max_batch(0)).to_string(),
        "max_batch = 0 is not possible; a batch has 1 to 65535 frames"
    );
    assert!(matches!(
        new(config().with_plan_cache(0)),
        PipelineError::Setting {
            setting: "plan_cache",
            ..
        }
    ));
    for asked in [0, 33] {
        let error = new(config().with_streams(asked));
        assert!(matches!(
            error,
            PipelineError::Scheduler(SchedulerError::StreamCount { .. })
        ));
    }
}

#[test]
fn plans_are_kept_for_the_shapes_used_last() {
    let config = ExecutionConfig::default().with_plan_cache(2);
    let mut runner = Runner::new(fork_join(), &HOST, config).unwrap();
    let [a, b, c] = [noise(4, 4, 3, 0), noise(5, 4, 3, 0), noise(6, 4, 3, 0)];
    let mut counts = |image: &Image, frames: usize| {
        runner.run(&vec![image; frames]).unwrap();
        (
            runner.statistics().plans_compiled,
            runner.statistics().plan_hits,
        )
    };
    assert_eq!(counts(&a, 1), (1, 0));
    assert_eq!(counts(&b, 1), (2, 0));
    assert_eq!(counts(&a, 1), (2, 1));
    // The plan for b was used least recently.
    assert_eq!(counts(&c, 1), (3, 1));
    assert_eq!(counts(&a, 1), (3, 2));
    assert_eq!(counts(&b, 1), (4, 2));
    // A larger batch takes a larger plan; a smaller one does with it, and so does one that is run in chunks.
    assert_eq!(counts(&b, 5), (5, 2));
    assert_eq!(counts(&b, 8), (5, 3));
    assert_eq!(counts(&b, 3), (5, 4));
    assert_eq!(counts(&b, 20), (5, 5));
}

#[test]
fn steady_state_takes_no_memory_from_the_driver() {
    let mut runner = Runner::new(fork_join(), &HOST, ExecutionConfig::default()).unwrap();
    let image = noise(40, 30, 3, 0);
    let mut calls = |frames| {
        runner.run(&vec![&image; frames]).unwrap();
        let statistics = runner.memory().statistics();
        (
            statistics.device.driver_calls,
            statistics.pinned.driver_calls,
            statistics.device.requests,
        )
    };
    let first = calls(8);
    for frames in [8, 3, 1, 7, 20, 8] {
        assert_eq!(calls(frames), first);
    }
}

#[test]
fn kept_plans_give_way_when_memory_is_short() {
    let run = |runner: &mut Runner, size| runner.run(&[&noise(size, size, 3, 0)]);
    let mut free = Runner::new(fork_join(), &HOST, ExecutionConfig::default()).unwrap();
    run(&mut free, 256).unwrap();
    // Room for one such plan, and not for two.
    let limit = free.memory().statistics().device.high_water * 3 / 2;
    let config = ExecutionConfig::default().with_memory_limit(limit);
    let mut tight = Runner::new(fork_join(), &HOST, config).unwrap();
    for size in [256, 255, 256] {
        assert!(run(&mut tight, size).unwrap().is_success());
    }
    assert_eq!(tight.statistics().plans_compiled, 3);
    let error = run(&mut tight, 2048).unwrap_err();
    assert!(matches!(error, PipelineError::Memory { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("input \"input\": no memory for batches of 1 image(s) of 2048x2048x3 u8"),
        "{error}"
    );
    assert!(run(&mut tight, 256).unwrap().is_success());
}
