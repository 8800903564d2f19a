//! Names of any length and with any characters, as callers may give them: messages and drawings stay short and plain.

use pixelflume_device::Device;
use pixelflume_graph::text::is_hidden;
use pixelflume_ops::{AbsDiff, Flip, ImageShape, Resize};
use pixelflume_pipeline::{
    BatchOutputs, ExecutionConfig, Pipeline, PipelineBuilder, PipelineError, Runner,
};

/// A name of 70,000 letters that begins with this, and would turn a terminal red.
fn long(begin: &str) -> String {
    format!("{begin}\u{1b}[31m\u{202e}{}", "x".repeat(70_000))
}

/// A chain of so many nodes.
fn chain(nodes: usize) -> Pipeline {
    let mut builder = PipelineBuilder::new(long("pipeline"));
    let mut last = builder.input(&long("input")).unwrap();
    for n in 0..nodes {
        last = builder
            .then(last, &long(&format!("node{n}")), Flip::default())
            .unwrap();
        builder.output(last).unwrap();
    }
    builder.build().unwrap()
}

#[track_caller]
fn check(text: &str, most: usize) {
    assert!(text.len() <= most, "{}", text.len());
    let hidden = text.chars().find(|&c| c != '\n' && is_hidden(c));
    assert_eq!(hidden, None, "{text:?}");
    assert!(text.contains("x...x"), "{text:?}");
}

#[test]
fn errors_are_short() {
    let pipeline = chain(3);
    let mut errors: Vec<PipelineError> = vec![
        pipeline.infer(&[]).unwrap_err(),
        pipeline.infer(&[ImageShape::u8(0, 8, 3)]).unwrap_err(),
        pipeline.with_parameter("none", "threshold", 1).unwrap_err(),
        pipeline
            .with_parameter(&long("none"), "threshold", 1)
            .unwrap_err(),
        pipeline
            .with_parameter(&long("node1"), "threshold", 1)
            .unwrap_err(),
        pipeline
            .with_operator(&long("node1"), Resize::new(8, 8).unwrap())
            .unwrap_err(),
        PipelineBuilder::new(long("empty")).build().unwrap_err(),
    ];
    let mut builder = PipelineBuilder::new("refusals");
    let input = builder.input(&long("input")).unwrap();
    let node = builder.then(input, &long("node"), Flip::default()).unwrap();
    let both = builder.then(node, &long("both"), AbsDiff::new()).unwrap();
    errors.extend([
        builder.input(&long("input")).unwrap_err(),
        builder.connect(node, input).unwrap_err(),
        builder.connect(input, node).unwrap_err(),
        builder.connect(both, both).unwrap_err(),
        builder.output(input).unwrap_err(),
    ]);
    let other = builder.add(&long("other"), AbsDiff::new()).unwrap();
    builder.connect(both, other).unwrap();
    errors.push(builder.connect(other, both).unwrap_err());
    builder.output(node).unwrap();
    errors.push(builder.output(node).unwrap_err());
    errors.push(builder.build().unwrap_err());
    for error in errors {
        check(&error.to_string(), 1000);
    }
}

#[test]
fn lists_of_names_are_short() {
    let pipeline = chain(300);
    let unknown = pipeline.with_parameter("none", "threshold", 1);
    let text = unknown.unwrap_err().to_string();
    check(&text, 2000);
    assert!(text.ends_with(" and 290 more"), "{text}");

    let mut runner = Runner::new(chain(30), &Device::host(), ExecutionConfig::default()).unwrap();
    let image = pixelflume_pipeline::Image::from_fn(4, 4, 3, |_, _, _| 1).unwrap();
    let outputs: BatchOutputs = runner.run(&[&image]).unwrap();
    let text = outputs.images("none").unwrap_err().to_string();
    check(&text, 2000);
    assert!(text.ends_with(" and 20 more"), "{text}");
}

#[test]
fn drawings_and_schedules_are_short_and_data_is_whole() {
    let pipeline = chain(3);
    check(&pipeline.to_dot(None), 2000);
    check(&pipeline.to_mermaid(None), 2000);
    let description = pipeline.describe(None, 1, 4, &Device::host()).unwrap();
    check(&description.schedule.text, 1000);
    assert_eq!(description.nodes[0].name, long("node0"));
    assert_eq!(pipeline.outputs().next(), Some(&*long("node0")));
}
