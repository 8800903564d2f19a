//! Tests of copies of a batch in flight that the checked host device refuses.

use super::*;
use crate::builder::PipelineBuilder;
use crate::error::copy::CopyName;
use crate::lane::staging::tests::{intrude, is_refused};
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::MemoryConfig;
use pixelflume_ops::{ImageShape, Sobel};

#[test]
fn a_copy_that_nothing_orders_is_named() {
    let device = Device::host_with(HostConfig::default().with_checked(true));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut builder = PipelineBuilder::new("copies");
    let input = builder.input("left").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    let pipeline = builder.build().unwrap();
    let shape = ImageShape::u8(8, 8, 1);
    let operators = pipeline.plan_operators(&[shape]).unwrap();
    let config = ExecutionConfig::default();
    let plan = LanePlan {
        pipeline: &pipeline,
        operators: &operators,
        original: &pipeline,
        sources: &[],
        room: None,
        fixed: &[Some(0)],
    };
    let mut lane = EngineLane::new(&plan, &memory, &config, None).unwrap();
    let layout = ResultLayout::new(&[shape], 1);
    let copies = CopyStreams {
        upload: device.stream().unwrap(),
        download: device.stream().unwrap(),
    };
    let output = memory.pinned(layout.bytes).unwrap();
    let address = output.address();
    let mut output = ResultPlace::Pinned(output);
    let (batch, frames) = (3, 1);
    let dispatch = |lane: &mut EngineLane, output: &mut ResultPlace| {
        lane.dispatch(BatchId(batch), frames, output, &layout, &copies)
    };

    intrude(&device, lane.lane.staging.input_mut(0).address());
    let error = dispatch(&mut lane, &mut output).unwrap_err();
    let start = "input \"left\": uploading 1 frame(s) of batch 3 failed: nothing orders";
    is_refused(&error, CopyName::Upload { batch, frames }, start);

    device.synchronize().unwrap();
    intrude(&device, address);
    let error = dispatch(&mut lane, &mut output).unwrap_err();
    let start = "node \"edges\": downloading 1 frame(s) of batch 3 failed: nothing orders";
    is_refused(&error, CopyName::Download { batch, frames }, start);
    // The run is waited for all the same, and the lane can be used again once the intruder is gone.
    let error = lane.finish(BatchId(batch), frames, &mut output, || None);
    is_refused(
        &error.unwrap_err(),
        CopyName::Download { batch, frames },
        start,
    );
    device.synchronize().unwrap();
    dispatch(&mut lane, &mut output).unwrap();
    let finished = lane.finish(BatchId(batch), frames, &mut output, || None);
    assert!(finished.unwrap().is_none());
}
