//! Tests of copies that the checked host device refuses: they are errors of their own, and no lack
//! of memory.
#![expect(unsafe_code, reason = "runs kernels")]

use super::*;
use crate::builder::PipelineBuilder;
use crate::plan::mixed::TableOrInput;
use pixelflume_device::testing::Call;
use pixelflume_device::{
    Access, Address, Args, Device, DeviceError, HostConfig, HostKernel, Launch, TaskFailure,
    Workers,
};
use pixelflume_memory::{MemoryConfig, MemoryError};
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::view::ImageView;
use pixelflume_ops::mixed::ImageDescriptor;
use pixelflume_ops::{ImageShape, Sobel};
use pixelflume_scheduler::Schedule;
use std::sync::Arc;

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// Enqueues work on a new stream that nothing orders with other streams, and that writes to this
/// memory.
pub(crate) fn intrude(device: &Device, address: Address) {
    // It comes after all that was before.
    device.synchronize().unwrap();
    let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    launch.set_accesses(&[Access::write(address, 4)]);
    let stream = device.stream().unwrap();
    // SAFETY: the kernel touches no memory by address.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
}

#[track_caller]
pub(crate) fn is_refused(error: &PipelineError, copy: CopyName, start: &str) {
    let PipelineError::Copy {
        copy: got, source, ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(*got, copy);
    assert!(
        matches!(source, MemoryError::Device(DeviceError::Unordered { .. })),
        "{source}"
    );
    assert!(error.to_string().starts_with(start), "{error}");
    assert!(!error.is_fatal() && !error.is_shortage());
}

#[test]
fn a_copy_that_nothing_orders_is_named() {
    let device = Device::host_with(HostConfig::default().with_checked(true));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let mut builder = PipelineBuilder::new("copies");
    let input = builder.input("left").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    let pipeline = builder.build().unwrap();
    let schedule = Schedule::new(pipeline.tasks(), 1).unwrap();
    let stream = device.stream().unwrap();
    let operators = pipeline.plan_operators(&[ImageShape::u8(8, 8, 1)]).unwrap();
    let kind = device.kind();
    let plan = PipelinePlan::new(&pipeline, operators, &schedule, 2, kind).unwrap();
    let mut plan = BoundPlan::new(plan, &memory, &stream).unwrap();
    let image = Image::from_fn(8, 8, 1, |x, _, _| x as u8).unwrap();
    let views = [ImageView::from(&image), ImageView::from(&image)];
    let input = Input::Views(&views);
    let chunk = Chunk {
        batch: 5,
        frames: 0..2,
        numbers: 0..2,
    };
    let (batch, frames) = (5, 2);

    let mut staging = Staging::new(1, 1);
    let upload = |plan: &mut BoundPlan, staging: &mut Staging| {
        staging.send(plan, 0, &input, &chunk, &memory, &stream)
    };
    upload(&mut plan, &mut staging).unwrap();
    let (buffer, offset) = plan.buffer(Source::Input(0));
    intrude(&device, buffer.address().offset(offset));
    let error = upload(&mut plan, &mut staging).unwrap_err();
    let start = "input \"left\": uploading 2 frame(s) of batch 5 failed: nothing orders";
    is_refused(&error, CopyName::Upload { batch, frames }, start);

    device.synchronize().unwrap();
    let download = |staging: &mut Staging| staging.download(&plan, 0, &chunk, &memory, &stream);
    download(&mut staging).unwrap();
    let target = staging.outputs[0][0].lock().address();
    intrude(&device, target);
    let error = download(&mut staging).unwrap_err();
    let start = "node \"edges\": downloading 2 frame(s) of batch 5 failed: nothing orders";
    is_refused(&error, CopyName::Download { batch, frames }, start);
    device.synchronize().unwrap();
    download(&mut staging).unwrap();
}

/// Kernels read a table where it was written, and it is not written again before they are done; a table that is copied is not read
/// there.
#[test]
fn a_table_is_written_again_behind_the_run_that_reads_it() {
    let device = Device::host_with(HostConfig::default().with_checked(true));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let stream = device.stream().unwrap();
    let sources = [0, 1].map(TableOrInput::Table);
    let inputs = TableInputs::new(&sources, false);
    let mut tables = DescriptorTables::default();
    tables.make_room(&inputs, 3, &memory).unwrap();
    tables.bytes_mut(1, 0..3).unwrap().fill(7);
    let [first, second] = [0, 1].map(|table| tables.in_place(table, 2).unwrap().base);
    assert_eq!(second, first.offset(3 * size_of::<ImageDescriptor>()));
    let read = || {
        let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
        launch.set_accesses(&[Access::read(second, 8)]);
        // SAFETY: the kernel touches no memory by address.
        unsafe { stream.enqueue(&launch, None) }.unwrap();
    };
    read();
    assert!(tables.bytes_mut(1, 0..1).is_err(), "nobody has waited");
    device.synchronize().unwrap();
    read();
    tables.order_after(&stream).unwrap();
    tables.bytes_mut(1, 0..1).unwrap().fill(8);

    let inputs = TableInputs::new(&sources, true);
    let mut tables = DescriptorTables::default();
    tables.make_room(&inputs, 3, &memory).unwrap();
    assert!(tables.in_place(0, 1).is_none());
}

/// Where the run that reads tables cannot be ordered behind an earlier one, the next write waits for it all the same.
#[test]
fn a_table_is_not_written_again_beside_a_run_that_could_not_be_ordered() {
    let device = Device::host_with(HostConfig::default().with_checked(true));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let [first, second] = [(); 2].map(|()| device.stream().unwrap());
    let inputs = TableInputs::new(&[TableOrInput::Table(0)], false);
    let mut tables = DescriptorTables::default();
    tables.make_room(&inputs, 3, &memory).unwrap();
    let base = tables.in_place(0, 2).unwrap().base;
    tables.order_after(&first).unwrap();
    let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    launch.set_accesses(&[Access::read(base, 8)]);
    // SAFETY: the kernel touches no memory by address.
    unsafe { second.enqueue(&launch, None) }.unwrap();
    device.refusals().refuse_all(&[Call::Wait]);
    assert!(tables.order_after(&second).is_err());
    device.refusals().clear();
    tables.bytes_mut(0, 0..1).unwrap().fill(8);
}

#[test]
fn a_device_that_is_lost_in_a_copy_is_fatal_and_an_order_that_is_missing_is_not() {
    let error = |source| PipelineError::Copy {
        owner: Box::new(crate::MemoryOwner::Input("input".to_owned())),
        copy: CopyName::Upload {
            batch: 0,
            frames: 1,
        },
        source: MemoryError::Device(source),
    };
    let lost = DeviceError::Lost {
        device: "some".to_owned(),
        call: "cuMemcpyAsync",
        code: 700,
        name: "ILLEGAL_ADDRESS",
    };
    assert!(error(lost).is_fatal());
    let call = DeviceError::Driver {
        call: "cuMemcpyAsync",
        code: 1,
        name: "INVALID_VALUE",
    };
    let error = error(call);
    assert!(!error.is_fatal() && !error.is_shortage());
}
