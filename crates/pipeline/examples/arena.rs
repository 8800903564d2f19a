//! Prints what arenas save against one buffer per input and node: `cargo run --release -p pixelflume-pipeline --example
//! arena -- FILE.toml...`, with the pipeline files of which there are to be lines; each for 1920x1080 RGB images, a batch
//! of 8 and 4 streams. Then random graphs.

use pixelflume_ops::{GaussianBlur, ImageShape, Resize, Sobel};
use pixelflume_pipeline::{ArenaPlan, Pipeline, PipelineBuilder, Port};
use pixelflume_scheduler::Schedule;
use std::error::Error;

const BATCH: u32 = 8;
const STREAMS: usize = 4;
/// Random graphs of each size; the table has the means.
const GRAPHS: u64 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    println!("| Pipeline | nodes | one buffer each, MiB | arena, MiB | share |");
    println!("|---|---:|---:|---:|---:|");
    for file in std::env::args().skip(1) {
        let pipeline = Pipeline::from_file(&file)?;
        let shape = ImageShape::u8(1920, 1080, 3);
        let bytes = measure(&pipeline, shape, STREAMS)?;
        line(pipeline.name(), pipeline.nodes().len(), bytes);
    }
    for nodes in [8, 32, 128] {
        for (what, reach) in [("long", 2), ("wide", nodes)] {
            for streams in [1, STREAMS] {
                let mut sum = (0, 0);
                for seed in 1..=GRAPHS {
                    let pipeline = random(nodes, reach, seed)?;
                    let shape = ImageShape::u8(640, 480, 1);
                    let (unshared, shared) = measure(&pipeline, shape, streams)?;
                    sum = (sum.0 + unshared, sum.1 + shared);
                }
                let mean = (sum.0 / GRAPHS as usize, sum.1 / GRAPHS as usize);
                line(&format!("random, {what}, {streams} stream(s)"), nodes, mean);
            }
        }
    }
    Ok(())
}

/// Bytes with one buffer per input and node, and of the arena.
fn measure(
    pipeline: &Pipeline,
    shape: ImageShape,
    streams: usize,
) -> Result<(usize, usize), Box<dyn Error>> {
    let shapes = pipeline.infer(&vec![shape; pipeline.inputs().len()])?;
    let schedule = Schedule::new(pipeline.tasks(), streams)?;
    let arena = ArenaPlan::new(pipeline, &shapes, &schedule, BATCH)?;
    Ok((arena.bytes_unshared(), arena.bytes()))
}

fn line(name: &str, nodes: usize, (unshared, shared): (usize, usize)) {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let share = 100.0 * shared as f64 / unshared as f64;
    println!(
        "| {name} | {nodes} | {:.1} | {:.1} | {share:.0} % |",
        mib(unshared),
        mib(shared)
    );
}

/// A random pipeline: each node reads one of the last `reach` nodes, and a quarter of them resize to another size. Every
/// node that no other node reads is an output.
fn random(nodes: usize, reach: usize, seed: u64) -> Result<Pipeline, Box<dyn Error>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % end
    };
    let mut builder = PipelineBuilder::new("random");
    let mut ports: Vec<Port> = vec![builder.input("input")?];
    for index in 0..nodes {
        let from = ports[ports.len() - 1 - below(reach.min(ports.len()))];
        let name = format!("n{index}");
        let node = match below(4) {
            0 => {
                let side = |n| 120 + 120 * n as u32;
                builder.then(from, &name, Resize::new(side(below(8)), side(below(6)))?)?
            }
            1 => builder.then(from, &name, Sobel::magnitude())?,
            _ => builder.then(from, &name, GaussianBlur::new(5)?)?,
        };
        ports.push(node);
    }
    Ok(builder.build()?)
}
