//! The error of a fused launch that fails.
#![expect(unsafe_code, reason = "runs kernels")]

use super::*;
use crate::builder::PipelineBuilder;
use crate::pipeline::Pipeline;
use pixelflume_device::{Args, Device, DeviceKind, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_ops::{Color, ColorConversion, GaussianBlur, ImageShape, Sobel};
use pixelflume_scheduler::{Executor, Schedule};

struct Broken;

impl HostKernel for Broken {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Err(TaskFailure::new("told to fail"))
    }
}

/// gray -> smooth -> edges, of which `edges` is the output.
fn chain() -> Pipeline {
    let mut builder = PipelineBuilder::new("chain");
    let input = builder.input("input").unwrap();
    let gray = Color::new(ColorConversion::RgbToGray);
    let gray = builder.then(input, "gray", gray).unwrap();
    let smooth = GaussianBlur::new(5).unwrap();
    let smooth = builder.then(gray, "smooth", smooth).unwrap();
    builder.then(smooth, "edges", Sobel::magnitude()).unwrap();
    builder.build().unwrap()
}

#[test]
fn a_failure_of_a_fused_launch_names_all_its_nodes() {
    for (fused, text, names) in [
        (
            true,
            "fused: gray + smooth + edges",
            vec!["gray", "smooth", "edges"],
        ),
        (false, "sobel", vec![]),
    ] {
        let pipeline = chain().with_fusion(fused);
        let mut executor = Executor::new(&Device::host(), 1).unwrap();
        let schedule = Schedule::new(pipeline.tasks(), 1).unwrap();
        let operators = pipeline.plan_operators(&[ImageShape::u8(20, 20, 3)]);
        let (operators, kind) = (operators.unwrap(), DeviceKind::Host);
        let plan = PipelinePlan::new(&pipeline, operators, &schedule, 1, kind).unwrap();
        let broken = Launch::host(Arc::new(Broken), Args::EMPTY);
        // SAFETY: the kernel touches no memory.
        unsafe { executor.run(&schedule, &[vec![], vec![], vec![broken]]) }.unwrap();
        let finished = FinishedRun {
            plan: &plan,
            chunk: Chunk {
                batch: 7,
                frames: 3..5,
                numbers: 3..5,
            },
            outcome: executor.finish().unwrap(),
            reported: &AtomicBool::new(false),
        };
        let failure = finished.failure(0).unwrap();
        assert_eq!(
            (failure.node.as_str(), failure.operator),
            ("edges", "sobel")
        );
        assert_eq!(failure.fused, names);
        assert_eq!(
            failure.to_string(),
            format!("node \"edges\" ({text}) failed in batch 7, frames 3 to 4: told to fail")
        );
    }
}
