//! A trace of an engine: a box per batch on each of three lanes, in the order in which the device has them.

use crate::support::{Gate, HOST, SHAPE, plain};
use pixelflume_ops::{GaussianBlur, Threshold};
use pixelflume_pipeline::PipelineBuilder;
use pixelflume_pipeline::engine::{Engine, EngineConfig};
use pixelflume_scheduler::Trace;

/// Numbers of batches and the times of their boxes in microseconds, on the lane of this name.
fn boxes(text: &str, lane: &str) -> Vec<(u64, f64, f64)> {
    let number = |line: &str, key: &str| -> f64 {
        let rest = &line[line.find(key).expect("every box has it") + key.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        rest[..end.unwrap_or(rest.len())].parse().unwrap()
    };
    let name = format!("\"name\":\"{lane}\"");
    text.lines()
        .filter(|line| line.contains("\"ph\":\"X\"") && line.contains(&name))
        .map(|line| {
            let begin = number(line, "\"ts\":");
            let batch = number(line, "\"batch\":") as u64;
            (batch, begin, begin + number(line, "\"dur\":"))
        })
        .collect()
}

#[test]
fn every_batch_has_a_box_on_each_lane() {
    let trace = Trace::new();
    let engine = Gate::default().engine(EngineConfig::new().in_flight(2));
    engine.set_trace(Some(trace.clone()));
    for value in 20..40 {
        engine.submit(&[&plain(value)]).unwrap();
        drop(engine.next().unwrap().unwrap());
    }
    // One that is not given to the device has none.
    engine.begin_batch().unwrap().fail("no such file").unwrap();
    assert!(engine.next().unwrap().is_err());
    let mut text = Vec::new();
    trace.write_chrome(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("\"name\":\"engine on "), "{text}");
    let lanes = ["upload", "compute", "download"].map(|lane| boxes(&text, lane));
    for lane in &lanes {
        let numbers: Vec<_> = lane.iter().map(|(batch, ..)| *batch).collect();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
    }
    let [uploads, computes, downloads] = &lanes;
    for ((upload, compute), download) in uploads.iter().zip(computes).zip(downloads) {
        // Computing waits for the copies, and not for the event behind them, which ends their box a moment later.
        let times = [upload.1, compute.1, compute.2, download.1, download.2];
        assert!(times.is_sorted(), "{times:?}");
        assert!(upload.1 <= upload.2, "{upload:?}");
    }
    engine.set_trace(None);
    engine.submit(&[&plain(20)]).unwrap();
    drop(engine.next().unwrap().unwrap());
    let mut after = Vec::new();
    trace.write_chrome(&mut after).unwrap();
    assert_eq!(
        boxes(&String::from_utf8(after).unwrap(), "upload").len(),
        20
    );
}

#[test]
fn fused_nodes_are_one_box_with_their_names() {
    let mut builder = PipelineBuilder::new("chain");
    let input = builder.input("input").unwrap();
    let smooth = GaussianBlur::new(3).unwrap();
    let smooth = builder.then(input, "smooth", smooth).unwrap();
    let threshold = Threshold::new(100);
    builder.then(smooth, "mask", threshold).unwrap();
    let pipeline = builder.build().unwrap();
    for (fusion, names) in [(true, &["smooth + mask"][..]), (false, &["smooth", "mask"])] {
        let pipeline = pipeline.clone().with_fusion(fusion);
        let engine = Engine::new(pipeline, &HOST, &[SHAPE], EngineConfig::new()).unwrap();
        let trace = Trace::new();
        engine.set_trace(Some(trace.clone()));
        for value in 0..10 {
            engine.submit(&[&plain(value)]).unwrap();
            drop(engine.next().unwrap().unwrap());
        }
        let mut text = Vec::new();
        trace.write_chrome(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for name in ["smooth", "mask", "smooth + mask"] {
            let count = if names.contains(&name) { 10 } else { 0 };
            assert_eq!(boxes(&text, name).len(), count, "{name}");
        }
    }
}
