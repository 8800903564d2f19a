//! The section `submission`: chains of small kernels, launched one by one and as graphs, beside the bare calls of the device.
#![expect(unsafe_code, reason = "runs launches")]

use crate::error::Measured;
use crate::spread::Spread;
use crate::table;
use pixelflume::device::{Device, Launch};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::{GaussianBlur, ImageShape};
use pixelflume::pipeline::{
    BatchLayout, DeviceImages, DeviceImagesMut, ExecutionConfig, PipelineBuilder,
};
use pixelflume::scheduler::{ExecutionMode, Executor, RunKey, Schedule};
use serde::Serialize;
use std::time::Instant;

/// Nodes of the chains.
const NODES: [usize; 4] = [4, 8, 16, 64];
/// Rounds that count, and those with `--quick`.
const ROUNDS: [usize; 2] = [1000, 100];
/// Rounds before the timed ones.
const WARM_UP: usize = 50;

/// The four ways to submit a chain, in the order of each round.
const WAYS: [&str; 4] = ["bare launches", "direct", "bare graph", "replay"];

/// The times of one chain.
#[derive(Debug, Serialize)]
pub(crate) struct Chain {
    nodes: usize,
    ways: Vec<Way>,
    /// The paths that the replayed runs took.
    replay: String,
}

/// The times of one way to submit.
#[derive(Debug, Serialize)]
struct Way {
    name: &'static str,
    /// Until the calling thread has submitted everything.
    submit_us: Spread,
    /// Until the work is complete.
    wall_us: Spread,
}

/// Microseconds to submit, and until the work is complete.
type Sample = [f64; 2];

/// Measures chains of Gaussian blurs of size 3 over one 320x240 gray image.
pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Vec<Chain>> {
    let rounds = ROUNDS[usize::from(quick)];
    NODES
        .iter()
        .map(|&nodes| chain(device, nodes, rounds))
        .collect()
}

fn chain(device: &Device, nodes: usize, rounds: usize) -> Measured<Chain> {
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let shape = ImageShape::u8(320, 240, 1);
    let input = memory.allocate(shape.bytes(), &stream)?;
    let mut output = memory.allocate(shape.bytes(), &stream)?;
    let mut builder = PipelineBuilder::new("chain");
    let mut port = builder.input("input")?;
    for node in 0..nodes {
        port = builder.then(port, &format!("blur {node}"), GaussianBlur::new(3)?)?;
    }
    let pipeline = builder.build()?.with_fusion(false);
    let mut plan = pipeline.compile_with(&memory, &[shape], ExecutionConfig::default())?;
    let layout = BatchLayout::tight(shape, 1);
    let launches = plan.launches(
        &[DeviceImages::new(layout, &input)?],
        &mut [DeviceImagesMut::new(layout, &mut output)?],
    )?;
    if launches.len() != nodes {
        return Err(format!("{} launches of {nodes} nodes", launches.len()).into());
    }
    let by_task: Vec<[Launch; 1]> = launches.iter().cloned().map(|launch| [launch]).collect();

    let schedule = Schedule::new(pipeline.tasks(), 1)?;
    let mut direct = Executor::new(device, 1)?;
    let mut replay = Executor::new(device, 1)?;
    replay.set_mode(ExecutionMode::Replay);
    // SAFETY: the plan and the two images are kept, and used by nothing else, until the streams are at rest: every run is
    // waited for.
    let put = |launch| unsafe { stream.enqueue(launch, None) };
    // SAFETY: nothing but the launches below uses the stream until the capture ends.
    unsafe { stream.begin_capture() }?;
    let captured = launches.iter().try_for_each(put);
    let graph = stream.end_capture();
    captured?;
    let graph = graph?.instantiate()?;
    // SAFETY: as for the launches.
    let launch_graph = || unsafe { graph.launch(&stream, None) };
    let wait = || Ok(stream.synchronize()?);

    let mut samples: [Vec<Sample>; 4] = Default::default();
    for round in 0..rounds + WARM_UP {
        let all = [
            timed(|| Ok(launches.iter().try_for_each(put)?), wait)?,
            run(&mut direct, &schedule, &by_task)?,
            timed(|| Ok(launch_graph()?), wait)?,
            run(&mut replay, &schedule, &by_task)?,
        ];
        if round >= WARM_UP {
            for (samples, sample) in samples.iter_mut().zip(all) {
                samples.push(sample);
            }
        }
    }
    let spread = |samples: &[Sample], part: usize| {
        Spread::new(samples.iter().map(|sample| sample[part]).collect())
    };
    let ways = WAYS.iter().zip(&samples).map(|(&name, samples)| Way {
        name,
        submit_us: spread(samples, 0),
        wall_us: spread(samples, 1),
    });
    Ok(Chain {
        nodes,
        ways: ways.collect(),
        replay: replay.replay_statistics().to_string(),
    })
}

/// Times `submit` on the calling thread, and `submit` with the wait that follows.
fn timed(
    submit: impl FnOnce() -> Measured<()>,
    wait: impl FnOnce() -> Measured<()>,
) -> Measured<Sample> {
    let start = Instant::now();
    submit()?;
    let submitted = start.elapsed();
    wait()?;
    Ok([submitted, start.elapsed()].map(|time| time.as_secs_f64() * 1e6))
}

/// Times a run of an executor.
fn run(executor: &mut Executor, schedule: &Schedule, launches: &[[Launch; 1]]) -> Measured<Sample> {
    // The launches never change here, like those of a plan whose memory stays.
    let key = RunKey {
        revision: 1,
        ..RunKey::new(1)
    };
    let start = Instant::now();
    // SAFETY: the caller keeps the plan and the images of the launches and uses them for nothing else; the run is waited for
    // below.
    unsafe { executor.run_keyed(schedule, launches, key) }?;
    let submitted = start.elapsed();
    let outcome = executor.finish()?;
    let complete = start.elapsed();
    if !outcome.is_success() {
        return Err("a node of the chain failed".into());
    }
    Ok([submitted, complete].map(|time| time.as_secs_f64() * 1e6))
}

/// The table.
pub(crate) fn text(device: &Device, chains: &[Chain]) -> String {
    let header = WAYS
        .iter()
        .flat_map(|way| [format!("{way} us"), "wall".to_owned()]);
    let header: Vec<_> = std::iter::once("nodes".to_owned()).chain(header).collect();
    let mut rows: Vec<[String; 9]> = Vec::new();
    rows.extend(header.try_into().ok());
    for chain in chains {
        let times = chain.ways.iter().flat_map(|way| {
            [way.submit_us, way.wall_us].map(|spread| format!("{:.2}", spread.median))
        });
        let row: Vec<_> = std::iter::once(chain.nodes.to_string())
            .chain(times)
            .collect();
        rows.extend(row.try_into().ok());
    }
    let mut text = format!(
        "chains of 3x3 blurs over one 320x240 gray image on {device}, the four ways in turn; medians, us: to submit, wall: \
         until the result is complete\n{}",
        table::rows(&rows)
    );
    for chain in chains {
        text.push_str(&format!("replay of {}: {}\n", chain.nodes, chain.replay));
    }
    text
}
