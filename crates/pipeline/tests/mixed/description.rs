//! The description says how batches of images of several sizes are executed.

use crate::support::*;
use pixelflume_device::Device;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::MixedDescription;

fn described(text: &str) -> MixedDescription {
    let shape = ImageShape::u8(40, 30, 3);
    let pipeline = pipeline(text);
    assert!(
        pipeline
            .describe(None, 2, 2, &Device::host())
            .unwrap()
            .mixed
            .is_none()
    );
    let description = pipeline.describe(Some(&[shape]), 2, 2, &Device::host());
    description.unwrap().mixed.unwrap()
}

#[test]
fn chains_are_listed_with_their_nodes() {
    let mixed = described(TENSOR);
    assert!(mixed.grouped.is_empty(), "{mixed:?}");
    assert_eq!(mixed.chains[0].input, "input");
    assert_eq!(mixed.chains[0].nodes, ["small", "tensor"]);

    let mixed = described(BEHIND);
    assert!(mixed.grouped.is_empty(), "{mixed:?}");
    assert_eq!(mixed.chains[0].nodes[..2], ["gray", "small"]);
}

#[test]
fn nodes_that_are_in_no_chain_have_a_reason() {
    // Two nodes read the blurred image.
    let mixed = described(GROUPED);
    let [grouped] = mixed.grouped.as_slice() else {
        panic!("{mixed:?}");
    };
    assert_eq!(grouped.node, "smooth");
    assert!(!grouped.reason.is_empty());

    let keeps = "[[node]]\nname = \"flipped\"\nop = \"flip\"\nfrom = \"input\"\n";
    let mixed = described(keeps);
    assert_eq!(mixed.grouped[0].node, "flipped");
    let reason = &mixed.grouped[0].reason;
    assert!(reason.starts_with("it makes "), "{reason}");
}
