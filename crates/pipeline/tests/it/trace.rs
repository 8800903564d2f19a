//! Traces of runners: the names of the boxes where nodes are fused, and where they are not.

use crate::support::noise;
use pixelflume_device::Device;
use pixelflume_ops::{Color, ColorConversion, GaussianBlur, Sobel};
use pixelflume_pipeline::{ExecutionConfig, Image, Pipeline, PipelineBuilder, Runner};
use pixelflume_scheduler::{ExecutionMode, Trace};
use serde_json::Value;
use std::collections::BTreeMap;

/// gray -> smooth -> edges, of which `edges` is the output.
fn chain() -> Pipeline {
    let mut builder = PipelineBuilder::new("chain");
    let input = builder.input("input").unwrap();
    let gray = Color::new(ColorConversion::RgbToGray);
    let gray = builder.then(input, "gray", gray).unwrap();
    let smooth = GaussianBlur::new(5).unwrap();
    let smooth = builder.then(gray, "smooth", smooth).unwrap();
    builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    builder.build().unwrap()
}

/// How many boxes of this category have which name.
fn boxes(trace: &Trace, category: &str) -> BTreeMap<String, usize> {
    let mut text = Vec::new();
    trace.write_chrome(&mut text).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    let mut counts = BTreeMap::new();
    for event in json["traceEvents"].as_array().unwrap() {
        if event["cat"] == category {
            let name = event["name"].as_str().unwrap().to_owned();
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    let owned = |&(name, count): &(&str, usize)| (name.to_owned(), count);
    expected.iter().map(owned).collect()
}

/// Six runs with a trace of their own.
fn traced(runner: &mut Runner, image: &Image) -> Trace {
    let trace = Trace::new();
    runner.set_trace(Some(trace.clone()));
    for _ in 0..6 {
        assert!(runner.run(&[image]).unwrap().is_success());
    }
    trace
}

#[test]
fn a_fused_run_is_one_box_with_all_its_names() {
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let config = ExecutionConfig::default().with_execution(mode);
        for (fusion, names) in [
            (true, &["gray + smooth + edges"][..]),
            (false, &["gray", "smooth", "edges"]),
        ] {
            let pipeline = chain().with_fusion(fusion);
            let mut runner = Runner::new(pipeline, &Device::host(), config.clone()).unwrap();
            let trace = traced(&mut runner, &noise(20, 20, 3, 1));
            let boxed: Vec<_> = names.iter().map(|&name| (name, 6)).collect();
            assert_eq!(boxes(&trace, "task"), counts(&boxed), "{mode}");
            // Two warm-up runs are direct with replay, all of them without.
            let direct = match mode {
                ExecutionMode::Replay => 2,
                ExecutionMode::Direct => 6,
            };
            let submitted = names.iter().map(|name| (format!("submit {name}"), direct));
            assert_eq!(boxes(&trace, "submission"), submitted.collect(), "{mode}");
        }
    }
}

#[test]
fn names_follow_what_is_fused_in_plans_of_one_runner() {
    let (narrow, wide) = (noise(20, 40, 3, 1), noise(46_000, 40, 3, 2));
    for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
        let config = ExecutionConfig::default().with_execution(mode);
        let mut runner = Runner::new(chain(), &Device::host(), config).unwrap();
        let mut tasks = |size: u32, image: &Image| {
            runner.set_parameter("smooth", "size", size).unwrap();
            boxes(&traced(&mut runner, image), "task")
        };
        let all = counts(&[("gray + smooth + edges", 6)]);
        // Over wide rows the rule of the host refuses a blur of many taps of what it would compute again for each strip.
        // All plans are run by one schedule.
        let apart = counts(&[("gray", 6), ("smooth", 6), ("edges", 6)]);
        assert_eq!(tasks(5, &narrow), all, "{mode}");
        assert_eq!(tasks(3, &narrow), all, "{mode}");
        assert_eq!(tasks(31, &wide), apart, "{mode}");
        assert_eq!(tasks(31, &narrow), all, "{mode}");
        assert_eq!(tasks(31, &wide), apart, "{mode}");
    }
}
