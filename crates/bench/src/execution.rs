//! Measures one workload with one batch on one device.

use crate::error::Measured;
use crate::frames;
use crate::report::WorkloadReport;
use crate::setup::{Effort, Setup, pipeline};
use crate::workload::{Timing, Workload};
use pixelflume::device::{Device, DeviceKind};
use pixelflume::pipeline::{ExecutionConfig, Image, Input, Output};
use pixelflume::scheduler::ExecutionMode;

/// Input images, and the results of the host device without fusion, which every other execution must equal.
pub(crate) fn expected(workload: &Workload, batch: u32) -> Measured<(Vec<Image>, Vec<Image>)> {
    let distinct = frames::DISTINCT.min(batch as usize);
    let inputs = (0..distinct)
        .map(|index| frames::frame(workload.input, index))
        .collect::<Result<Vec<_>, _>>()?;
    let pipeline = pipeline(workload)?.with_fusion(false);
    let config = ExecutionConfig::default();
    let mut plan = pipeline.compile(&Device::host(), &[workload.input], config)?;
    let given: Vec<&Image> = inputs.iter().collect();
    let mut outputs = Vec::new();
    plan.execute(
        &[Input::Images(&given)],
        &mut [Output::Images(&mut outputs)],
    )?
    .into_result()?;
    Ok((inputs, outputs))
}

/// Measures a workload on `device`.
pub(crate) fn measure(
    workload: &Workload,
    batch: u32,
    device: &Device,
    effort: &Effort,
) -> Measured<WorkloadReport> {
    let (inputs, outputs) = expected(workload, batch)?;
    let setup = |mode| Setup::new(workload, batch, device, (mode, effort.fusion), &inputs);
    let mut differing = 0;

    let mut replay = setup(ExecutionMode::Replay)?;
    let replayed = replay.executions(effort)?;
    differing += replay.differing(&outputs)?;
    let on_device = match device.kind() {
        DeviceKind::Cuda => {
            replay.forget()?;
            let times = replay.device_times(effort.runs)?;
            differing += replay.differing(&outputs)?;
            Some(times)
        }
        DeviceKind::Host => None,
    };
    let [from, to] = replay.shapes;
    let rotated = replay.inputs.len() * from.bytes() * batch as usize;
    drop(replay);
    let mut direct = setup(ExecutionMode::Direct)?;
    let directly = direct.executions(effort)?;
    differing += direct.differing(&outputs)?;
    drop(direct);

    let (timed, us_per_batch, batches) = match (workload.timing, on_device) {
        (Timing::Throughput, Some((times, batches))) => ("device", times, batches),
        (Timing::Throughput, None) => ("wall, direct", directly.wall_us, 1),
        (Timing::Latency, Some(_)) => ("wall, replay", replayed.wall_us, 1),
        // On the host a replay submits the same work in the same way.
        (Timing::Latency, None) => ("wall, direct", directly.wall_us, 1),
    };
    let frames = batch as usize;
    Ok(WorkloadReport {
        name: workload.name,
        batch,
        input: from.to_string(),
        output: to.to_string(),
        is_latency: workload.timing == Timing::Latency,
        timed,
        us_per_batch,
        batches_per_sample: batches,
        device_us: on_device.map(|(times, _)| times),
        floor_bytes: (workload.bytes_read() + to.bytes()) * frames,
        whole_bytes: (from.bytes() + to.bytes()) * frames,
        rotated_bytes: rotated,
        differing_frames: differing,
        launches_per_batch: directly.launches_per_batch,
        nodes_per_batch: directly.nodes_per_batch,
        execute_replay: replayed,
        execute_direct: directly,
        bandwidth: None,
    })
}
