//! Replay and parameters: what is captured, when, and that nothing stale is ever run.

use crate::runner::{HOST, fork_join, samples};
use crate::support::{Recaptured, noise, to_reference};
use pixelflume_ops::spec::Value;
use pixelflume_ops::{
    ColorConversion, GaussianBlur, ImageShape, Interpolation, Resize, Sobel, SobelOutput, reference,
};
use pixelflume_pipeline::{
    BatchOutputs, ExecutionConfig, Image, Input, Pipeline, PipelineBuilder, PipelineError, Runner,
};
use pixelflume_scheduler::{ExecutionMode, ReplayStatistics};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn replaying(pipeline: Pipeline) -> Runner {
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    Runner::new(pipeline, &HOST, config).unwrap()
}

fn launched(statistics: &ReplayStatistics) -> u64 {
    statistics.runs() - statistics.direct.total()
}

/// Runs new images each time, and holds the edges of `fork_join` to the reference with this blur.
fn check(runner: &mut Runner, outputs: &mut BatchOutputs, blur: (usize, Option<f64>), seed: u64) {
    let image = noise(20, 15, 3, seed);
    runner
        .run_into(&[Input::Images(&[&image])], outputs)
        .unwrap();
    let gray = reference::rgb_to_gray(&to_reference(&image));
    let blurred = reference::gaussian_blur(&gray, blur.0, blur.1);
    assert_eq!(
        samples(outputs, "blurred"),
        [&blurred.data[..]],
        "run {seed}"
    );
    let edges = reference::sobel_magnitude(&blurred);
    assert_eq!(samples(outputs, "edges"), [&edges.data[..]], "run {seed}");
}

#[test]
fn a_hundred_equal_runs_are_captured_once() {
    let mut runner = replaying(fork_join());
    let mut outputs = BatchOutputs::default();
    for seed in 0..100 {
        check(&mut runner, &mut outputs, (9, None), seed);
    }
    let statistics = runner.replay_statistics();
    assert_eq!(statistics.captured, 1, "{statistics:?}");
    assert!(statistics.replayed >= 97, "{statistics:?}");
    assert_eq!((statistics.runs(), statistics.patched), (100, 0));
}

#[test]
fn a_parameter_that_changes_takes_effect_at_once_and_keeps_the_plan() {
    let mut runner = replaying(fork_join());
    let mut outputs = BatchOutputs::default();
    let mut seed = 0;
    let mut run = |runner: &mut Runner, blur, times| {
        for _ in 0..times {
            seed += 1;
            check(runner, &mut outputs, blur, seed);
        }
    };
    run(&mut runner, (9, None), 5);
    for (name, value, blur) in [
        ("sigma", Value::from(1.5), (9, Some(1.5))),
        ("size", 5.into(), (5, Some(1.5))),
        ("sigma", Value::Default, (5, None)),
        // Back to the first: what was captured for it must not be run with other taps, nor the other way round.
        ("size", 9.into(), (9, None)),
    ] {
        runner.set_parameter("blurred", name, value).unwrap();
        run(&mut runner, blur, 6);
    }
    let statistics = runner.statistics();
    assert_eq!(
        (statistics.plans_compiled, statistics.plans_updated),
        (1, 4)
    );
    assert!(statistics.compile_time > std::time::Duration::ZERO);
    let replay = runner.replay_statistics();
    assert!(launched(&replay) >= 15, "{replay:?}");
}

#[test]
fn a_size_that_changes_finds_its_plan_again() {
    let mut builder = PipelineBuilder::new("small");
    let input = builder.input("input").unwrap();
    builder
        .then(input, "small", Resize::new(8, 6).unwrap())
        .unwrap();
    let mut runner = replaying(builder.build().unwrap());
    let image = noise(20, 15, 3, 1);
    let check = |runner: &mut Runner, width: u32, height: u32, nearest: bool| {
        let size = [("width", width.into()), ("height", height.into())];
        runner.set_parameters("small", size).unwrap();
        let interpolation = match nearest {
            true => Interpolation::Nearest,
            false => Interpolation::Bilinear,
        };
        runner
            .set_parameter("small", "interpolation", interpolation)
            .unwrap();
        for _ in 0..5 {
            let outputs = runner.run(&[&image]).unwrap();
            let (w, h) = (width as usize, height as usize);
            let expected = match nearest {
                true => reference::resize_nearest(&to_reference(&image), w, h),
                false => reference::resize_bilinear(&to_reference(&image), w, h),
            };
            assert_eq!(samples(&outputs, "small"), [&expected.data[..]]);
        }
        let statistics = runner.statistics();
        (statistics.plans_compiled, statistics.plans_updated)
    };
    assert_eq!(check(&mut runner, 8, 6, false), (1, 0));
    assert_eq!(check(&mut runner, 31, 7, false), (2, 0));
    assert_eq!(check(&mut runner, 8, 6, true), (2, 1));
    assert_eq!(check(&mut runner, 31, 7, false), (2, 2));
    assert_eq!(check(&mut runner, 8, 6, false), (2, 3));
    assert_eq!(runner.statistics().plans_evicted, 0);
}

#[test]
fn plans_that_make_room_take_their_graphs_along() {
    let config = ExecutionConfig::default()
        .with_execution(ExecutionMode::Replay)
        .with_plan_cache(1);
    let mut runner = Runner::new(fork_join(), &HOST, config).unwrap();
    let images: [Image; 2] = [noise(9, 9, 3, 0), noise(8, 9, 3, 0)];
    for round in 0..6 {
        let image = &images[round % 2];
        for _ in 0..4 {
            let outputs = runner.run(&[image]).unwrap();
            let gray = reference::rgb_to_gray(&to_reference(image));
            let edges = reference::sobel_magnitude(&gray);
            assert_eq!(samples(&outputs, "fine_edges"), [&edges.data[..]]);
        }
    }
    assert_eq!(runner.statistics().plans_evicted, 5);
    assert_eq!(runner.replay_statistics().captured, 6);
}

#[test]
fn an_operator_that_asks_for_recapture_is_not_replayed() {
    let asks = Arc::new(AtomicBool::new(false));
    let mut builder = PipelineBuilder::new("recaptured");
    let input = builder.input("input").unwrap();
    let node = Recaptured(Arc::clone(&asks));
    let port = builder.then(input, "node", node).unwrap();
    builder.then(port, "edges", Sobel::magnitude()).unwrap();
    let mut runner = replaying(builder.build().unwrap());
    let mut run = |times: usize| {
        for _ in 0..times {
            runner.run(&[&noise(5, 5, 1, 0)]).unwrap();
        }
        runner.replay_statistics()
    };
    let before = run(10);
    assert!(launched(&before) >= 7 && before.captured == 1);
    asks.store(true, Ordering::SeqCst);
    let asking = run(10);
    assert_eq!(asking.direct.recapture_asked, 10);
    assert_eq!(launched(&asking), launched(&before));
    asks.store(false, Ordering::SeqCst);
    let after = run(10);
    assert_eq!(after.captured, 2);
}

#[test]
fn parameters_are_checked_at_once() {
    let mut runner = replaying(fork_join());
    let mut refused = |node, name, value: Value| {
        let error = runner.set_parameter(node, name, value).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused("blur", "size", 5.into()),
        "there is no node \"blur\"; there are: gray, blurred, edges, fine_edges"
    );
    let unknown = refused("blurred", "output", "dx".into());
    assert!(
        unknown.starts_with("node \"blurred\" (fork_join.toml:")
            && unknown.ends_with(
                "gaussian_blur has no parameter \"output\"; its parameters: size, sigma"
            ),
        "{unknown}"
    );
    let even = refused("blurred", "size", 4.into());
    assert!(
        even.starts_with("node \"blurred\" (fork_join.toml:") && even.contains("size = 4"),
        "{even}"
    );
    let error = runner.set_operator("edges", Resize::new(3, 3).unwrap());
    assert!(matches!(
        error,
        Err(PipelineError::OtherKind {
            got: "resize",
            expected: "sobel",
            ..
        })
    ));

    // A plan knows its shapes, and so what other nodes say to the change.
    let shape = ImageShape::u8(6, 5, 3);
    let mut plan = fork_join()
        .compile(&HOST, &[shape], ExecutionConfig::default())
        .unwrap();
    let error = plan.set_parameter("gray", "conversion", ColorConversion::RgbaToGray);
    assert!(
        matches!(&error, Err(PipelineError::Operator { node, .. }) if node.name == "gray"),
        "{error:?}"
    );
    let image = noise(6, 5, 3, 0);
    assert!(plan.run(&[&image]).unwrap().is_success());
    plan.set_parameter("edges", "output", SobelOutput::Dx)
        .unwrap();
    plan.set_operator("blurred", GaussianBlur::new(3).unwrap())
        .unwrap();
    let outputs = plan.run(&[&image]).unwrap();
    let gray = reference::rgb_to_gray(&to_reference(&image));
    let blurred = reference::gaussian_blur(&gray, 3, None);
    let dx = outputs.images("edges").unwrap()[0].to_i16().unwrap();
    assert_eq!(dx, reference::sobel_dx(&blurred).data);
}

/// Five shapes in turn, with captured runs of four.
#[test]
fn more_shapes_in_turn_than_are_captured_are_replayed_but_for_the_rest() {
    let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
    let image = |side: u64| noise(9 + side as u32, 9, 3, side);
    for (keys, rest) in [(None, 0), (Some(4), 1)] {
        let config = match keys {
            Some(keys) => config.clone().with_replay_keys(keys),
            None => config.clone(),
        };
        let mut runner = Runner::new(fork_join(), &HOST, config).unwrap();
        for _ in 0..20 {
            for side in 0..5 {
                runner.run(&[&image(side)]).unwrap();
            }
        }
        let replay = runner.replay_statistics();
        assert_eq!(replay.replayed, 17 * (5 - rest), "{replay}");
        assert_eq!(replay.direct.keys_taken, 20 * rest, "{replay}");
    }
    for keys in [0, 1025] {
        let error = Runner::new(fork_join(), &HOST, config.clone().with_replay_keys(keys));
        let setting = match error {
            Err(PipelineError::Setting { setting, got, .. }) => (setting, got),
            other => panic!("{other:?}"),
        };
        assert_eq!(setting, ("replay_keys", keys as u64));
    }
}
