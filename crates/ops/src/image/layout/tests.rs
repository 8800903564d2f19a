//! Tests of valid and invalid layouts.

use super::*;
use crate::image::SampleType;
use proptest::prelude::*;
use std::collections::BTreeSet;

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

/// The offsets of all bytes of the samples.
fn bytes_of(layout: &BatchLayout, base: usize) -> BTreeSet<usize> {
    let shape = layout.shape();
    let first = base + layout.offset();
    (0..layout.batch())
        .flat_map(|image| (0..shape.rows()).map(move |row| (image, row)))
        .flat_map(|(image, row)| {
            let start = first + image * layout.batch_stride() + row * layout.row_pitch();
            start..start + shape.row_bytes()
        })
        .collect()
}

proptest! {
    /// Layouts that share a byte are found, whatever their pitches; layouts with one byte range each behind the other, and
    /// columns of the same rows, are not.
    #[test]
    fn shared_bytes_are_found_as_by_comparing_all(
        sizes in prop::array::uniform2((1u32..6, 1u32..4, 1usize..3, 0usize..3)),
        pitch in 6usize..20,
        offsets in prop::array::uniform2(0usize..70),
        same_pitch in any::<bool>(),
    ) {
        let mut layouts = sizes.iter().zip(offsets).enumerate().map(|(index, (size, offset))| {
            let (width, height, batch, gap) = *size;
            let pitch = if same_pitch { pitch } else { pitch + 3 * index };
            let layout = BatchLayout::tight(ImageShape::u8(width, height, 1), batch).at(offset);
            let layout = layout.with_row_pitch(pitch);
            layout.with_batch_stride(pitch * (height as usize + gap))
        });
        let (Some(a), Some(b)) = (layouts.next(), layouts.next()) else {
            unreachable!("there are two");
        };
        let base = Address::new(4096);
        let [of_a, of_b] = [a, b].map(|layout| bytes_of(&layout, 4096));
        let shared = of_a.intersection(&of_b).next().is_some();
        let told = a.shares_bytes(base, b, base);
        prop_assert_eq!(told, b.shares_bytes(base, a, base));
        prop_assert!(told || !shared, "{:?} and {:?} share bytes", a, b);
        // In rows of the same places nothing is refused that shares no column.
        let columns = |bytes: &BTreeSet<usize>| bytes.iter().map(|byte| byte % pitch).collect::<BTreeSet<_>>();
        let beside = columns(&of_a).is_disjoint(&columns(&of_b));
        prop_assert!(!(same_pitch && beside && told), "{:?} lies beside {:?}", a, b);
    }
}
