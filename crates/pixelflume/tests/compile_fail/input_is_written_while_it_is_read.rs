//! A buffer is filled anew by one thread while a plan on another reads it.
#![forbid(unsafe_code)]

use pixelflume::device::Stream;
use pixelflume::memory::{DeviceBuffer, PinnedBuffer};
use pixelflume::prelude::*;

fn both(
    plan: &mut CompiledPipeline,
    layout: BatchLayout,
    buffer: &mut DeviceBuffer,
    next: &mut PinnedBuffer,
    stream: &Stream,
) {
    let input = DeviceImages::new(layout, &*buffer).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| plan.execute(&[Input::Device(input)], &mut [Output::Discard]));
        buffer.upload(0, next, 0..100, stream).unwrap();
    });
}

fn main() {}
