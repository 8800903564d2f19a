//! Describing an image for a mixed chain allocates nothing, also for sizes that were never seen before.

use pixelflume_device::{Address, DeviceKind};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_ops::mixed::{ChainImage, MixedChain};
use pixelflume_ops::testing::Random;
use pixelflume_ops::*;
use std::alloc::System;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

#[test]
fn describing_allocates_nothing() {
    let mut random = Random::new(9);
    let operators: [Arc<dyn Operator>; 6] = [
        Arc::new(Color::new(ColorConversion::BgrToRgb)),
        Arc::new(Flip::new(FlipAxis::Horizontal)),
        Arc::new(Letterbox::new(640, 480).expect("possible sides")),
        Arc::new(CenterCrop::new(400, 400).expect("possible sides")),
        Arc::new(Pad::new(8, 8, 8, 8)),
        Arc::new(Normalize::new(&[0.5], &[0.25]).expect("possible numbers")),
    ];
    let mut image = |frame| {
        let shape = ImageShape::u8(random.within(1, 5000), random.within(1, 5000), 3);
        ChainImage {
            shape,
            base: Address::new(0x1000),
            row_pitch: shape.row_bytes(),
            index: 1,
            epoch: 2,
            frame,
            values: &[],
        }
    };
    for device in [DeviceKind::Cuda, DeviceKind::Host] {
        let operators = match device {
            // Another color than that of the letterbox is no mixed chain on a GPU.
            DeviceKind::Cuda => [&operators[..4], &operators[5..]].concat(),
            DeviceKind::Host => operators.to_vec(),
        };
        let chain = MixedChain::new(&operators, &image(0), device).expect("a mixed chain");
        let (allocations, described) = counted(|| {
            (0..500)
                .filter(|&frame| chain.describe(&image(frame)).is_ok())
                .count()
        });
        assert_eq!((allocations, described), (0, 500), "{device:?}");
    }
}
