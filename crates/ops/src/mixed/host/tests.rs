//! A mixed chain on the host must write what its operators write for each image by itself.
#![expect(unsafe_code, reason = "runs launches")]

use crate::fusion::any_operator;
use crate::mixed::testing::{DEVICES, Image, one_by_one_of, output_of};
use crate::mixed::{ImageDescriptor, MixedChain};
use crate::*;
use pixelflume_device::{Address, Device, DeviceKind};
use proptest::prelude::*;
use std::sync::Arc;

/// The outputs of a chain for these images.
fn mixed(chain: &MixedChain, images: &[Image], device: &Device) -> Vec<Vec<u8>> {
    let describe =
        |(frame, image): (usize, &Image)| chain.describe(&image.chain_image(frame)).unwrap();
    let table: Vec<ImageDescriptor> = images.iter().enumerate().map(describe).collect();
    let table = ImageBatch::tight(
        ImageDescriptor::SHAPE,
        images.len() as u32,
        Address::from_ptr(table.as_ptr().cast::<u8>()),
    );
    // SAFETY: the images live until the launch is complete.
    let plan = unsafe { chain.plan() };
    let memory = output_of(plan, device, table);
    let all: &[u8] = bytemuck::cast_slice(&memory);
    let one = chain.output().bytes();
    all[..one * images.len()]
        .chunks(one)
        .map(<[u8]>::to_vec)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 150 } else { 1500 }))]

    #[test]
    fn images_of_any_sizes_are_those_of_the_operators(
        seed: u64,
        channels in prop::sample::select(&[1u32, 3, 4]),
        numbers in prop::collection::vec((0u32..19, 0u32..100_000, 0u32..100_000), 1..6),
        count in 1usize..7,
    ) {
        let mut random = testing::Random::new(seed);
        let shapes: Vec<ImageShape> = (0..count)
            .map(|_| ImageShape::u8(random.within(40, 150), random.within(40, 150), channels))
            .collect();
        // The chain begins with operators that all images can take, and makes their sizes equal.
        let (width, height) = (random.within(1, 90), random.within(1, 90));
        let mut operators: Vec<Arc<dyn Operator>> = vec![match random.within(0, 6) {
            5 => Arc::new(RandomResizedCrop::new(width, height).unwrap().seed(random.within(0, 9))),
            6 => {
                let crop = RandomCrop::new(width, height).unwrap().pad_if_needed(true);
                Arc::new(crop.padding([2, 0, 1, 7]).unwrap())
            }
            0 => Arc::new(CenterCrop::new(random.within(1, 40), random.within(1, 40)).unwrap()),
            1 => Arc::new(Letterbox::new(random.within(1, 90), random.within(1, 90)).unwrap()),
            2 => Arc::new(PadTo::new().size(150, 150).unwrap()),
            _ => Arc::new(Resize::new(random.within(1, 90), random.within(1, 90)).unwrap()),
        }];
        if random.within(0, 1) == 0 {
            operators.push(Arc::new(RandomFlip::new(0.5, 0.5).unwrap()));
            operators.push(Arc::new(RandomErasing::new(0.5).unwrap().value(&[9.0]).unwrap()));
        }
        if random.within(0, 1) == 0 {
            operators.insert(0, Arc::new(Flip::new(random.pick(&FlipAxis::ALL))));
        }
        let mut shape = shapes[0];
        for operator in &operators {
            shape = operator.plan(&[shape]).unwrap().output();
        }
        for (kind, a, b) in numbers {
            let Some(operator) = any_operator(shape, kind, a, b) else { break };
            let Ok(plan) = operator.plan(&[shape]) else { continue };
            shape = plan.output();
            operators.push(operator.into());
        }
        let images: Vec<Image> = shapes.iter().map(|&shape| Image::random(shape, &mut random)).collect();
        let chain = MixedChain::new(&operators, &images[0].chain_image(0), DeviceKind::Host);
        let chain = chain.map_err(TestCaseError::fail)?;
        prop_assert_eq!(chain.output(), shape);
        for device in &*DEVICES {
            let got = mixed(&chain, &images, device);
            for (frame, (image, got)) in images.iter().zip(got).enumerate() {
                let (_, expected) = one_by_one_of(&operators, image, frame, device);
                prop_assert!(got == expected, "image {frame} of {:?}", image.shape);
            }
        }
    }
}
