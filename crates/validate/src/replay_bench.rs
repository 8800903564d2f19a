//! What submitting costs: chains of small kernels, direct and replayed, beside the bare calls of the device.
#![expect(unsafe_code, reason = "runs launches")]

use crate::graphs::launch_of;
use pixelflume::device::Launch;
use pixelflume::graph::TaskGraph;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::ImageBatch;
use pixelflume::pipeline::{BatchLayout, DeviceImages, DeviceImagesMut, Input, Output};
use pixelflume::prelude::*;
use pixelflume::scheduler::{Executor, RunKey, Schedule};
use std::time::{Duration, Instant};

const ROUNDS: usize = 1000;

/// Median in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// Prints both tables.
pub(crate) fn run(device: &Device) -> anyhow::Result<()> {
    chains(device)?;
    pipeline(device)
}

/// Times `submit` on the calling thread, and `submit` with the wait that follows.
fn time(
    mut submit: impl FnMut() -> anyhow::Result<()>,
    mut wait: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<(Duration, Duration)> {
    let start = Instant::now();
    submit()?;
    let cpu = start.elapsed();
    wait()?;
    Ok((cpu, start.elapsed()))
}

/// Chains of Gaussian blurs of size 3 over one 320x240 gray image.
fn chains(device: &Device) -> anyhow::Result<()> {
    println!(
        "chains of blurs over one 320x240 gray image on {device}: medians of {ROUNDS} synchronised runs in us,"
    );
    println!("CPU time to submit; the four ways in turn in each round");
    println!(
        "nodes  bare launches  direct   bare graph  replay   wall: launches  direct  graph  replay"
    );
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let shape = ImageShape::u8(320, 240, 1);
    let [a, b] = [
        memory.allocate(shape.bytes(), &stream)?,
        memory.allocate(shape.bytes(), &stream)?,
    ];
    for nodes in [4, 8, 16, 64] {
        let mut graph = TaskGraph::new();
        let mut launches: Vec<Vec<Launch>> = Vec::new();
        let mut previous = None;
        for node in 0..nodes {
            let id = graph.add_node(format!("blur {node}"))?;
            if let Some(previous) = previous.replace(id) {
                graph.add_edge(previous, id)?;
            }
            let (from, to) = if node % 2 == 0 { (&a, &b) } else { (&b, &a) };
            let input = ImageBatch::tight(shape, 1, from.address());
            launches.push(vec![launch_of(&GaussianBlur::new(3)?, device, input, to)?]);
        }
        let schedule = Schedule::new(&graph, 1)?;
        let mut direct = Executor::new(device, 1)?;
        let mut replay = Executor::new(device, 1)?;
        replay.set_mode(ExecutionMode::Replay);
        // SAFETY: the two images are kept, and used by nothing else, until the streams are at rest: every run is waited for.
        let put = |launch| unsafe { stream.enqueue(launch, None) };
        // SAFETY: nothing but the launches below uses the stream until the capture ends.
        unsafe { stream.begin_capture() }?;
        launches.iter().flatten().try_for_each(put)?;
        let exec = stream.end_capture()?.instantiate()?;
        // SAFETY: as above.
        let replay_bare = || unsafe { exec.launch(&stream) };
        let mut times: [Vec<(Duration, Duration)>; 4] = Default::default();
        for round in 0..ROUNDS + 50 {
            let all = [
                time(
                    || Ok(launches.iter().flatten().try_for_each(put)?),
                    || Ok(stream.synchronize()?),
                )?,
                executor(&mut direct, &schedule, &launches)?,
                time(|| Ok(replay_bare()?), || Ok(stream.synchronize()?))?,
                executor(&mut replay, &schedule, &launches)?,
            ];
            if round >= 50 {
                times
                    .iter_mut()
                    .zip(all)
                    .for_each(|(times, time)| times.push(time));
            }
        }
        let cpu = |way: usize| median(times[way].iter().map(|time| time.0).collect());
        let wall = |way: usize| median(times[way].iter().map(|time| time.1).collect());
        println!(
            "{nodes:>5}  {:>13.2}  {:>6.2}  {:>11.2}  {:>6.2}   {:>14.2}  {:>6.2}  {:>5.2}  {:>6.2}",
            cpu(0),
            cpu(1),
            cpu(2),
            cpu(3),
            wall(0),
            wall(1),
            wall(2),
            wall(3)
        );
        println!("       {}", replay.replay_statistics());
    }
    Ok(())
}

fn executor(
    executor: &mut Executor,
    schedule: &Schedule,
    launches: &[Vec<Launch>],
) -> anyhow::Result<(Duration, Duration)> {
    let start = Instant::now();
    // The launches never change here, as those of a plan whose memory stays do not.
    let key = RunKey {
        revision: 1,
        ..RunKey::new(1)
    };
    // SAFETY: the two images of the launches are kept by the caller, who uses them in turn; the run is waited for below.
    unsafe { executor.run_keyed(schedule, launches, key) }?;
    let cpu = start.elapsed();
    let outcome = executor.finish()?;
    anyhow::ensure!(outcome.is_success(), "a node failed");
    Ok((cpu, start.elapsed()))
}

/// The chain 1920x1080 to 320x240, gray, blur 5, Sobel from and to device memory, inputs rotated beyond the L2.
fn pipeline(device: &Device) -> anyhow::Result<()> {
    println!(
        "resize 1920x1080x3 to 320x240, gray, blur 5, sobel, from and to device memory, inputs rotated over 1 GiB,"
    );
    println!("each execution synchronised: us per batch, median; direct and replay in turn");
    println!("batch    direct    replay   launches per batch   replay statistics");
    let shape = ImageShape::u8(1920, 1080, 3);
    let small = ImageShape::u8(320, 240, 1);
    for batch in [1, 8, 32, 128] {
        let mut builder = PipelineBuilder::new("edges");
        let input = builder.input("input")?;
        let resized = builder.then(input, "small", Resize::new(320, 240)?)?;
        let gray = builder.then(resized, "gray", Color::new(ColorConversion::RgbToGray))?;
        let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
        builder.then(smooth, "edges", Sobel::magnitude())?;
        let pipeline = builder.build()?;
        let config = |mode| {
            ExecutionConfig::default()
                .with_max_batch(batch)
                .with_execution(mode)
        };
        let mut plans = [
            pipeline.compile(device, &[shape], config(ExecutionMode::Direct))?,
            pipeline.compile(device, &[shape], config(ExecutionMode::Replay))?,
        ];
        let stream = device.stream()?;
        let memory = MemoryManager::new(device, MemoryConfig::default());
        let input_layout = BatchLayout::tight(shape, batch as usize);
        let output_layout = BatchLayout::tight(small, batch as usize);
        let count = ((1 << 30) / (shape.bytes() * batch as usize)).clamp(2, 64);
        let inputs = (0..count)
            .map(|_| memory.allocate(shape.bytes() * batch as usize, &stream))
            .collect::<Result<Vec<_>, _>>()?;
        let mut output = memory.allocate(small.bytes() * batch as usize, &stream)?;
        let mut times: [Vec<Duration>; 2] = Default::default();
        for round in 0..340 {
            for (plan, times) in plans.iter_mut().zip(&mut times) {
                let input = DeviceImages::new(input_layout, &inputs[round % count])?;
                let output = DeviceImagesMut::new(output_layout, &mut output)?;
                let start = Instant::now();
                plan.execute(&[Input::Device(input)], &mut [Output::Device(output)])?
                    .into_result()?;
                if round >= 40 {
                    times.push(start.elapsed());
                }
            }
        }
        let [direct, replay] = times.map(median);
        let launches = plans[0].launches_per_batch();
        println!(
            "{batch:>5}  {direct:>8.1}  {replay:>8.1}   {launches:>18}   {}",
            plans[1].replay_statistics()
        );
    }
    Ok(())
}
