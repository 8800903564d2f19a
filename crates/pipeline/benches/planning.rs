//! The time that large pipelines take before anything runs: reading the file, compiling, describing, and changing a
//! parameter. It should grow in proportion to the nodes.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_device::Device;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::{CompiledPipeline, ExecutionConfig, Pipeline};
use std::fmt::Write;
use std::hint::black_box;

const SHAPE: ImageShape = ImageShape::u8(64, 48, 1);

const THRESHOLD: &str = "op = \"threshold\"\nthreshold = 100\n";
const BLUR: &str = "op = \"gaussian_blur\"\nsize = 3\n";

fn node(text: &mut String, name: &str, operator: &str, from: &str) {
    writeln!(
        text,
        "[[node]]\nname = \"{name}\"\n{operator}from = [{from}]"
    )
    .expect("a string takes all");
}

/// A chain of one operator.
fn chain(nodes: usize, operator: &str) -> String {
    let mut text = String::new();
    for index in 0..nodes {
        let from = match index.checked_sub(1) {
            Some(before) => format!("\"n{before}\""),
            None => "\"input\"".to_owned(),
        };
        node(&mut text, &format!("n{index}"), operator, &from);
    }
    text
}

/// One node that all others read, which are outputs.
fn wide(nodes: usize) -> String {
    let mut text = chain(1, BLUR);
    for index in 1..nodes {
        node(&mut text, &format!("n{index}"), THRESHOLD, "\"n0\"");
    }
    text
}

/// Two branches that meet, again and again.
fn diamonds(nodes: usize) -> String {
    let (mut text, mut from) = (String::new(), "\"input\"".to_owned());
    for index in 0..nodes / 3 {
        node(&mut text, &format!("n{index}"), THRESHOLD, &from);
        node(&mut text, &format!("b{index}"), BLUR, &from);
        let both = format!("\"n{index}\", \"b{index}\"");
        node(
            &mut text,
            &format!("d{index}"),
            "op = \"abs_diff\"\n",
            &both,
        );
        from = format!("\"d{index}\"");
    }
    text
}

fn compile(pipeline: &Pipeline, device: &Device) -> CompiledPipeline {
    let config = ExecutionConfig::default().with_max_batch(1);
    let compiled = pipeline.compile(device, &[SHAPE], config);
    compiled.expect("the pipeline takes the shape")
}

fn planning(c: &mut Criterion) {
    let device = Device::host();
    for (name, text) in [
        (
            "threshold",
            (|nodes| chain(nodes, THRESHOLD)) as fn(usize) -> String,
        ),
        ("blur", |nodes| chain(nodes, BLUR)),
        ("wide", wide),
        ("diamonds", diamonds),
    ] {
        let mut group = c.benchmark_group(format!("planning/{name}"));
        group.sample_size(10);
        for nodes in [1_000, 10_000, 30_000] {
            group.throughput(Throughput::Elements(nodes as u64));
            let text = text(nodes);
            let read = || Pipeline::from_toml(&text, "bench.toml").expect("the text is right");
            let pipeline = read();
            group.bench_function(BenchmarkId::new("read", nodes), |b| {
                b.iter(|| black_box(read()));
            });
            group.bench_function(BenchmarkId::new("compile", nodes), |b| {
                b.iter(|| black_box(compile(&pipeline, &device)));
            });
            group.bench_function(BenchmarkId::new("describe", nodes), |b| {
                b.iter(|| black_box(pipeline.describe(Some(&[SHAPE]), 8, 4, &device)));
            });
            let mut plan = compile(&pipeline, &device);
            let changed = pipeline.nodes().len() / 2;
            let changed = pipeline.nodes()[changed].name().to_owned();
            let mut value = 0u8;
            group.bench_function(BenchmarkId::new("set_parameter", nodes), |b| {
                b.iter(|| {
                    value = value.wrapping_add(1);
                    let size = 3 + 2 * u32::from(value % 2);
                    // Of the two, one is a parameter of the node.
                    let set = plan.set_parameter(&changed, "threshold", value);
                    set.or_else(|_| plan.set_parameter(&changed, "size", size))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, planning);
criterion_main!(benches);
