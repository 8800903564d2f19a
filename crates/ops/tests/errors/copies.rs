//! The errors of operators that copy samples: crops, pads and patches.

use crate::message;
use pixelflume_ops::{
    CenterCrop, CenterCropLike, Crop, FlipAxis, ImageShape, Letterbox, Operator, Pad, PadMask,
    PadMode, PadPosition, PadTo, PatchOrder, Patchify, SampleType,
};

#[test]
fn impossible_parameters_of_the_operators_that_move_pixels() {
    let sides = "is not possible; a number of pixels from 1 to 65536";
    assert_eq!(
        message(Crop::new(0, 0, 0, 5)),
        format!("crop: width = 0 {sides}")
    );
    assert_eq!(
        message(Crop::new(65_536, 0, 1, 5)),
        "crop: x = 65536 is not possible; a pixel from 0 to 65535"
    );
    assert_eq!(
        message(CenterCrop::new(1, 65_537)),
        format!("center_crop: height = 65537 {sides}")
    );
    assert_eq!(
        message(Letterbox::new(0, 1)),
        format!("letterbox: width = 0 {sides}")
    );
    let shape = ImageShape::u8(10, 8, 3);
    assert_eq!(
        message(Crop::new(5, 4, 6, 4).expect("a part").plan(&[shape])),
        "crop cannot take 10x8x3 u8: it does not hold the columns 5..11 and the rows 4..8"
    );
    assert_eq!(
        message(CenterCrop::new(10, 9).expect("a part").plan(&[shape])),
        "center_crop cannot take 10x8x3 u8: it is smaller than 10x9; resize or pad it first, or set `like` to a library that pads"
    );
    for like in CenterCropLike::ALL {
        assert_eq!(like.name().parse(), Ok(like));
        let plan = CenterCrop::new(10, 9)
            .expect("a part")
            .like(like)
            .plan(&[shape]);
        assert_eq!(plan.is_ok(), like != CenterCropLike::Numpy, "{like}");
    }
    assert_eq!(
        message(Pad::new(u32::MAX, 0, u32::MAX, 1).plan(&[shape])),
        "pad cannot take 10x8x3 u8: its output would have 8589934600x9 pixels; 65536 a side are possible"
    );
    assert!(Pad::new(65_526, 0, 0, 65_528).plan(&[shape]).is_ok());
    assert!(message("sideways".parse::<FlipAxis>()).contains("one of horizontal, vertical, both"));
    assert!(message("wrap".parse::<PadMode>()).contains("one of constant, replicate, reflect_101"));
    for axis in FlipAxis::ALL {
        assert_eq!(axis.name().parse(), Ok(axis));
    }
    for mode in PadMode::ALL {
        assert_eq!(mode.name().parse(), Ok(mode));
    }
    let odd = Pad::new(1, 2, 3, 4)
        .plan(&[shape])
        .expect("a plan")
        .output();
    assert_eq!(odd, ImageShape::u8(14, 14, 3));
}

#[test]
fn impossible_paddings() {
    let shape = ImageShape::u8(10, 8, 3);
    for numbers in [
        &[][..],
        &[1.0, 2.0],
        &[0.0; 5],
        &[f64::NAN],
        &[0.0, f64::INFINITY, 0.0],
    ] {
        for error in [
            message(Pad::new(1, 1, 1, 1).value(numbers)),
            message(PadTo::new().value(numbers)),
        ] {
            assert!(
                error.contains(": value = ") && error.contains("one finite number"),
                "{error}"
            );
        }
    }
    let half = PadTo::new().value(&[0.5]).expect("a finite number");
    assert_eq!(
        message(half.plan(&[shape])),
        "pad_to cannot take 10x8x3 u8: value = 0.5 is no u8 sample"
    );
    let floats = ImageShape {
        sample: SampleType::F16,
        ..shape
    };
    assert!(half.plan(&[floats]).is_ok());
    let large = Pad::new(1, 1, 1, 1).value(&[1e6]).expect("a finite number");
    assert!(message(large.plan(&[floats])).ends_with("value = 1000000 is no f16 sample"));

    let sides = "is not possible; a number of pixels from 1 to 65536";
    for side in [0, 65_537] {
        assert_eq!(
            message(PadTo::new().size(side, 8)),
            format!("pad_to: width = {side} {sides}")
        );
        assert_eq!(
            message(PadMask::new().sides(None, Some(side))),
            format!("pad_mask: height = {side} {sides}")
        );
        assert_eq!(
            message(PadTo::new().multiple(side)),
            format!("pad_to: multiple = {side} {sides}")
        );
    }
    let (pad, mask) = (PadTo::new(), PadMask::new());
    assert_eq!(
        message(pad.size(9, 100).expect("a size").plan(&[shape])),
        "pad_to cannot take 10x8x3 u8: it is larger than 9x100; resize it first"
    );
    assert_eq!(
        message(mask.sides(None, Some(7)).expect("a size").plan(&[shape])),
        "pad_mask cannot take 10x8x3 u8: it is larger than 10x7; resize it first"
    );
    let long = ImageShape::u8(65_535, 8, 3);
    assert_eq!(
        message(pad.multiple(7).expect("a number").plan(&[long])),
        "pad_to cannot take 65535x8x3 u8: its output would have 65541x14 pixels; 65536 a side are possible"
    );
    let most = pad.multiple(65_536).expect("a number").plan(&[long]);
    let most = most.expect("the longest sides").output();
    assert_eq!((most.width, most.height), (65_536, 65_536));
    for position in PadPosition::ALL {
        assert_eq!(position.name().parse(), Ok(position));
    }
}

#[test]
fn impossible_patches() {
    assert_eq!(
        message(Patchify::new(0, 4)),
        "patchify: width = 0 is not possible; a number of pixels from 1 to 65536"
    );
    let patchify = Patchify::new(4, 3).expect("a patch");
    assert!(message(patchify.merge(0)).contains("merge = 0 is not possible"));
    for temporal in [0, 65] {
        assert_eq!(
            message(patchify.temporal(temporal)),
            format!(
                "patchify: temporal = {temporal} is not possible; a number of frames from 1 to 64"
            )
        );
    }
    for order in PatchOrder::ALL {
        assert_eq!(order.name().parse(), Ok(order));
    }
    let merged = patchify.merge(2).expect("two");
    for (width, height) in [(15, 12), (16, 13), (12, 12), (16, 9)] {
        let shape = ImageShape::u8(width, height, 3);
        assert_eq!(
            message(merged.plan(&[shape])),
            format!(
                "patchify cannot take {shape}: its sides are no multiples of 8x6, 2 patch(es) of 4x3 along each axis; \
                 resize or pad it first"
            )
        );
    }
    // The products do not overflow.
    let most = Patchify::new(65_536, 65_536)
        .expect("a patch")
        .merge(65_536)
        .expect("a number");
    assert!(
        message(most.plan(&[ImageShape::u8(65_536, 65_536, 3)])).contains("4294967296x4294967296")
    );
    let pixels = Patchify::new(1, 1).expect("a patch");
    assert_eq!(
        message(pixels.plan(&[ImageShape::u8(65_536, 65_536, 1)])),
        "patchify cannot take 65536x65536x1 u8: it has 4294967296 patches of 1 samples; fewer than 1073741824 of each are \
         possible"
    );
    let whole = Patchify::new(65_536, 16_384).expect("a patch");
    assert!(
        message(whole.plan(&[ImageShape::u8(65_536, 16_384, 1)]))
            .contains("1 patches of 1073741824")
    );
    let tiles = Patchify::new(512, 512).expect("a tile");
    let matrix = tiles
        .plan(&[ImageShape::u8(1536, 1024, 3)])
        .expect("tiles")
        .output();
    assert_eq!(matrix, ImageShape::u8(786_432, 6, 1));
}
