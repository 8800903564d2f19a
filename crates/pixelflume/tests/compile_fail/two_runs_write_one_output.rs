//! Two plans on two threads write one buffer.
#![forbid(unsafe_code)]

use pixelflume::memory::DeviceBuffer;
use pixelflume::prelude::*;

fn both(plans: [&mut CompiledPipeline; 2], image: &Image, buffer: &mut DeviceBuffer) {
    let layout = BatchLayout::tight(image.shape(), 1);
    let [first, second] = plans;
    let one = DeviceImagesMut::new(layout, &mut *buffer).unwrap();
    let other = DeviceImagesMut::new(layout, &mut *buffer).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| first.execute(&[Input::Images(&[image])], &mut [Output::Device(one)]));
        scope.spawn(|| second.execute(&[Input::Images(&[image])], &mut [Output::Device(other)]));
    });
}

fn main() {}
