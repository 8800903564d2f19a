//! Images in device memory.

use super::{IMAGES, IN_A_ROW, SETS, Sizes, Tables, WARM_UP, Way, Work, runner};
use crate::error::Measured;
use crate::spread::Spread;
use pixelflume::device::{Device, DeviceKind, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{BatchLayout, DeviceImages, Input, Output, Runner};
use pixelflume::scheduler::ExecutionMode;
use pixelflume_heap_counter::counted;
use std::time::Instant;

/// Bytes of a copy that the device is busy with while submissions gather behind it.
const AHEAD: usize = 1 << 31;

/// Images in device memory: the time of a submission, and of the device for one.
pub(super) fn resident(
    work: Work,
    images: usize,
    device: &Device,
    tables: Tables,
    samples: usize,
    ways: &mut Vec<Way>,
) -> Measured<String> {
    let mut paths = String::new();
    for (mode, call, time) in [
        (ExecutionMode::Direct, "submit, direct", "device, direct"),
        (ExecutionMode::Replay, "submit, replay", "device, replay"),
    ] {
        let mut runner = runner(work, device, mode, tables)?;
        let memory = runner.memory().clone();
        let on = device.stream()?;
        let buffers = (0..SETS * images)
            .map(|_| Ok(memory.allocate(work.largest().bytes(), &on)?))
            .collect::<Measured<Vec<DeviceBuffer>>>()?;
        let mut sizes = Sizes(1, work.sides());
        let mut number = 0;
        let mut submit = || {
            number += 1;
            let set = &buffers[number % SETS * images..][..images];
            submit(&mut runner, set, &mut sizes, &on)
        };
        let mut calls = Vec::new();
        let mut allocations = 0;
        for row in 0..samples + WARM_UP {
            let is_timed = row >= WARM_UP;
            for _ in 0..IN_A_ROW {
                let (counted, time) = counted(&mut submit);
                let time = time?;
                if is_timed {
                    calls.push(time);
                    allocations += counted;
                }
            }
            on.synchronize()?;
        }
        let name = |way: &str| {
            let work = match work {
                Work::Resize => String::new(),
                Work::Clip(like) => format!(", CLIP as {}", like.name()),
            };
            let tables = match tables {
                Tables::InPlace => "",
                Tables::Copied => ", tables copied",
            };
            let batch = match images {
                IMAGES => String::new(),
                1 => ", one image".to_owned(),
                images => format!(", {images} images"),
            };
            format!("{way}{work}{batch}{tables}")
        };
        let per_batch = allocations as f64 / calls.len() as f64;
        ways.push(Way {
            name: name(call),
            us: Spread::new(calls),
            // The kernels of the host run on other threads meanwhile.
            heap_allocations: (device.kind() != DeviceKind::Host).then_some(per_batch),
        });
        if device.kind() != DeviceKind::Host {
            ways.push(Way {
                name: name(time),
                us: device_time(&memory, samples, &on, &mut submit)?,
                heap_allocations: None,
            });
        }
        paths = runner.replay_statistics().to_string();
    }
    Ok(paths)
}

/// Submits a batch of at most [`IMAGES`] images of new sizes, and gives the microseconds from the list of images to the return of the call.
pub(super) fn submit(
    runner: &mut Runner,
    set: &[DeviceBuffer],
    sizes: &mut Sizes,
    on: &Stream,
) -> Measured<f64> {
    let shapes: [ImageShape; IMAGES] = std::array::from_fn(|_| sizes.next());
    let start = Instant::now();
    let mut list = Vec::with_capacity(set.len());
    for (buffer, &shape) in set.iter().zip(&shapes) {
        list.push(DeviceImages::new(BatchLayout::tight(shape, 1), buffer)?);
    }
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor)];
    let pending = runner.submit(&[Input::DeviceList(&list)], outputs, on)?;
    drop((pending, tensor));
    Ok(start.elapsed().as_secs_f64() * 1e6)
}

/// The time of the device for one batch: of batches that follow one another without a gap, since all were submitted while the
/// device was busy with a copy.
fn device_time(
    memory: &MemoryManager,
    samples: usize,
    on: &Stream,
    mut submit: impl FnMut() -> Measured<f64>,
) -> Measured<Spread> {
    let mut target = memory.allocate(AHEAD, on)?;
    let source = memory.allocate(AHEAD, on)?;
    let [start, end] = [on.device().timing_event()?, on.device().timing_event()?];
    let mut times = Vec::new();
    for _ in 0..samples {
        target.copy_from(0, &source, 0..AHEAD, on)?;
        on.record(&start)?;
        for _ in 0..IN_A_ROW {
            submit()?;
        }
        on.record(&end)?;
        end.synchronize()?;
        let seconds = end.seconds_since(&start)?;
        let seconds = seconds.ok_or("the device does not tell the time between two events")?;
        times.push(seconds * 1e6 / IN_A_ROW as f64);
    }
    Ok(Spread::new(times))
}
