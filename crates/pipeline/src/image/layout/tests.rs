//! Tests of valid and invalid layouts.

use super::*;
use pixelflume_ops::SampleType;

#[test]
fn regions_and_frames_stay_inside() {
    let layout = BatchLayout::tight(ImageShape::u8(6, 5, 3), 3).with_row_pitch(20);
    for (x, y, width, height) in [
        (0, 0, 7, 1),
        (6, 0, 1, 1),
        (0, 0, 0, 1),
        (1, 5, 1, 1),
        (u32::MAX, 0, 2, 1),
    ] {
        assert!(matches!(
            layout.region(x, y, width, height),
            Err(ImageError::Region { .. })
        ));
    }
    let corner = layout.region(4, 3, 2, 2).unwrap();
    assert_eq!(corner.end(), layout.end());
    assert_eq!(
        layout.frames(1..3).unwrap().region(4, 3, 2, 2),
        corner.frames(1..3)
    );
    assert!(layout.frames(2..4).is_err());
    assert_eq!(
        layout.frames(1..1).unwrap().end(),
        Err(ImageError::NoImages)
    );
}

#[test]
fn planes_can_be_cut_in_width_alone() {
    let shape = ImageShape {
        layout: Layout::Planar,
        ..ImageShape::u8(6, 5, 3)
    };
    let layout = BatchLayout::tight(shape, 1);
    assert!(layout.region(0, 0, 6, 4).is_err());
    let left = layout.region(0, 0, 2, 5).unwrap();
    assert_eq!((left.row_pitch(), left.end()), (6, Ok(14 * 6 + 2)));
}

#[test]
fn what_overlaps_or_cannot_be_addressed_is_refused() {
    let shape = ImageShape::u8(6, 5, 1);
    let tight = BatchLayout::tight(shape, 2);
    assert!(matches!(
        tight.with_row_pitch(5).end(),
        Err(ImageError::RowPitch { expected: 6, .. })
    ));
    let stride = tight.with_row_pitch(10).with_batch_stride(45);
    assert!(matches!(
        stride.end(),
        Err(ImageError::BatchStride { expected: 46, .. })
    ));
    assert_eq!(stride.with_batch_stride(46).end(), Ok(92));
    assert!(tight.at(usize::MAX).end().is_err());
    assert!(BatchLayout::tight(shape, usize::MAX).end().is_err());
    assert!(tight.with_row_pitch(usize::MAX).end().is_err());
    let wide = ImageShape {
        sample: SampleType::I16,
        ..shape
    };
    assert!(
        BatchLayout::tight(wide, 1)
            .with_row_pitch(13)
            .check_alignment(Address::new(512))
            .is_err()
    );
    assert!(tight.check(60).is_ok() && tight.check(59).is_err());
}
