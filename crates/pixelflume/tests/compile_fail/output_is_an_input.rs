//! A plan reads and writes one buffer.
#![forbid(unsafe_code)]

use pixelflume::memory::DeviceBuffer;
use pixelflume::prelude::*;

fn in_place(plan: &mut CompiledPipeline, layout: BatchLayout, buffer: &mut DeviceBuffer) {
    let input = DeviceImages::new(layout, &*buffer).unwrap();
    let output = DeviceImagesMut::new(layout, buffer).unwrap();
    plan.execute(&[Input::Device(input)], &mut [Output::Device(output)])
        .unwrap();
}

fn main() {}
