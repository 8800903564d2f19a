//! Executing an operator allocates nothing, once the scratch rows of the workers are as large as the images need.
#![expect(unsafe_code, reason = "runs launches")]

use pixelflume_device::{Address, Device, HostConfig, Launch, Stream};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::OperatorSpec;
use pixelflume_ops::testing::Random;
use pixelflume_ops::{Binding, ImageBatch, ImageShape, Operator};
use std::alloc::System;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Two random operators of each kind, whose outputs are not much larger than their inputs, with the shape of the inputs.
fn operators(input: ImageShape) -> Vec<(Arc<dyn Operator>, ImageShape)> {
    let mut random = Random::new(3);
    let mut draw = |spec: &OperatorSpec| loop {
        let mut shape = input;
        let operator = (spec.testing.sample)(&mut random, &mut shape).expect("possible values");
        let plan = operator.plan(&vec![shape; spec.inputs]);
        if plan.expect("a possible shape").output().bytes() <= 8 * input.bytes() {
            break (operator, shape);
        }
    };
    let twice = OPERATORS.iter().flat_map(|spec| [*spec; 2]);
    twice.map(&mut draw).collect()
}

#[test]
fn running_and_binding_allocate_nothing() {
    // One worker: with more, which of them needs scratch for the first time is a matter of luck.
    // A checked device is made for tests, and allocates.
    let device = Device::host_with(HostConfig::default().with_threads(1).with_checked(false));
    let stream = device.stream().expect("a host stream");
    // Large images are cut into strips; small ones are run often enough for an allocation in every 1,200th run to be seen.
    for (input, runs) in [
        (ImageShape::u8(400, 300, 3), 20),
        (ImageShape::u8(24, 18, 3), 1500),
    ] {
        count(&device, &stream, input, runs);
    }
}

/// Counts the allocations of `runs` executions of each operator after the first one.
fn count(device: &Device, stream: &Stream, input: ImageShape, runs: usize) {
    let batch = 3;
    for (operator, input) in operators(input) {
        let inputs = operator.input_count();
        let source = vec![7u8; input.bytes() * batch];
        let plan = operator
            .plan(&vec![input; inputs])
            .expect("possible shapes");
        let mut target = vec![0u64; (plan.output().bytes() * batch).div_ceil(8)];
        let scratch = plan.workspace_bytes(device, batch as u32);
        let mut scratch = vec![0u64; scratch.div_ceil(8)];
        let images = |shape, address| ImageBatch::tight(shape, batch as u32, address);
        let binding = Binding {
            inputs: &vec![images(input, Address::from_ptr(source.as_ptr())); inputs],
            output: images(plan.output(), Address::from_ptr(target.as_mut_ptr())),
            tables: Address::NULL,
            workspace: Address::from_ptr(scratch.as_mut_ptr()),
        };
        let code = plan.clone().code(device).expect("host code");
        let mut launches: Vec<Launch> = Vec::with_capacity(16);
        let mut run = || {
            launches.clear();
            plan.bind(&code, &binding, &mut launches);
            for launch in &launches {
                // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
                unsafe { stream.enqueue(launch, None) }.expect("a host launch");
            }
            stream.synchronize().expect("the launch works");
        };
        run();
        let mut allocated = || counted(|| (0..runs).for_each(|_| run())).0;
        // Once, after a minute, the test harness prints that the test still runs, and allocates for it.
        let during = match allocated() {
            0 => 0,
            first => first.min(allocated()),
        };
        assert_eq!(
            during, 0,
            "{operator:?} allocated {during} times in {runs} runs of {input}"
        );
    }
}
