//! Tests of shapes and strides.

use super::*;

fn u8_layout(shape: &[i64], strides: Option<&[i64]>, axes: Option<Axes>) -> BatchLayout {
    layout(shape, strides, SampleType::U8, axes).expect("they are images")
}

fn refused(shape: &[i64], strides: Option<&[i64]>, axes: Option<Axes>) -> DlpackError {
    layout(shape, strides, SampleType::F32, axes).expect_err("they are no images")
}

fn planar(width: u32, height: u32, channels: u32) -> ImageShape {
    ImageShape {
        layout: Layout::Planar,
        ..ImageShape::u8(width, height, channels)
    }
}

#[test]
fn tensors_without_gaps_are_tight_batches() {
    for (shape, axes, image, batch) in [
        (&[5, 7][..], Axes::Hw, ImageShape::u8(7, 5, 1), 1),
        (&[5, 7, 3], Axes::Hwc, ImageShape::u8(7, 5, 3), 1),
        (&[3, 5, 7], Axes::Chw, planar(7, 5, 3), 1),
        (&[2, 5, 7, 3], Axes::Nhwc, ImageShape::u8(7, 5, 3), 2),
        (&[2, 3, 5, 7], Axes::Nchw, planar(7, 5, 3), 2),
    ] {
        let expected = BatchLayout::tight(image, batch);
        assert_eq!(u8_layout(shape, None, Some(axes)), expected);
        assert_eq!(
            u8_layout(shape, None, None),
            expected,
            "{axes:?} is guessed"
        );
        let strides: Vec<i64> = (1..=shape.len())
            .map(|from| shape[from..].iter().product())
            .collect();
        assert_eq!(u8_layout(shape, Some(&strides), Some(axes)), expected);
    }
}

#[test]
fn strides_say_where_the_channels_lie() {
    // `torch.empty(2, 3, 5, 7).to(memory_format=torch.channels_last)`.
    let channels_last = [105, 1, 21, 3];
    let expected = BatchLayout::tight(ImageShape::u8(7, 5, 3), 2);
    for axes in [Some(Axes::Nchw), None] {
        assert_eq!(
            u8_layout(&[2, 3, 5, 7], Some(&channels_last), axes),
            expected
        );
    }
    // `torch.empty(3, 5, 7).permute(1, 2, 0)`.
    let permuted = [7, 1, 35];
    let expected = BatchLayout::tight(planar(7, 5, 3), 1);
    for axes in [Some(Axes::Hwc), None] {
        assert_eq!(u8_layout(&[5, 7, 3], Some(&permuted), axes), expected);
    }
}

#[test]
fn rows_and_images_may_have_padding() {
    let rows = layout(&[2, 5, 7, 3], Some(&[300, 32, 3, 1]), SampleType::F32, None);
    let shape = ImageShape {
        sample: SampleType::F32,
        ..ImageShape::u8(7, 5, 3)
    };
    let expected = BatchLayout::tight(shape, 2).with_row_pitch(128);
    assert_eq!(
        rows.expect("rows are longer"),
        expected.with_batch_stride(1200)
    );
    let planes = u8_layout(&[3, 5, 7], Some(&[40, 8, 1]), Some(Axes::Chw));
    assert_eq!(
        planes,
        BatchLayout::tight(planar(7, 5, 3), 1).with_row_pitch(8)
    );
    // The padding of images of one row is that of planes.
    let planes = u8_layout(&[3, 1, 7], Some(&[9, 1, 1]), Some(Axes::Chw));
    assert_eq!(
        planes,
        BatchLayout::tight(planar(7, 1, 3), 1).with_row_pitch(9)
    );
    // A gap after each plane is none that images have, nor one after each pixel.
    for (shape, strides, axes) in [
        ([3, 5, 7], [36, 7, 1], Axes::Chw),
        ([5, 7, 3], [28, 4, 1], Axes::Hwc),
    ] {
        for axes in [Some(axes), None] {
            let error = refused(&shape, Some(&strides), axes);
            assert!(matches!(error, DlpackError::Strides { .. }), "{error}");
        }
    }
}

#[test]
fn strides_of_axes_of_one_element_do_not_matter() {
    for odd in [0, -3, 1, i64::MIN, i64::MAX] {
        let layout = u8_layout(&[1, 5, 7, 1], Some(&[odd, 7, 1, odd]), Some(Axes::Nhwc));
        assert_eq!(layout, BatchLayout::tight(ImageShape::u8(7, 5, 1), 1));
    }
}

#[test]
fn overlapping_backward_and_broadcast_axes_are_refused() {
    for (strides, axis) in [([-7, 1], 0), ([7, -1], 1), ([0, 1], 0), ([7, i64::MIN], 1)] {
        let error = refused(&[5, 7], Some(&strides), None);
        let stride = strides[axis];
        assert!(
            matches!(&error, DlpackError::Stride { axis: at, stride: got, .. } if (*at, *got) == (axis, stride)),
            "{error}"
        );
    }
    for (shape, strides) in [
        (&[5, 7][..], &[6, 1][..]),
        (&[2, 5, 7, 3], &[104, 21, 3, 1]),
    ] {
        let error = refused(shape, Some(strides), None);
        assert!(matches!(error, DlpackError::Strides { .. }), "{error}");
    }
}

#[test]
fn what_could_be_either_must_be_said() {
    let shape = [3, 224, 4];
    let error = refused(&shape, None, None);
    assert_eq!(
        error.to_string(),
        "a tensor of shape [3, 224, 4] can be Hwc or Chw; say which"
    );
    assert_eq!(
        u8_layout(&shape, None, Some(Axes::Hwc)).shape(),
        ImageShape::u8(224, 3, 4)
    );
    assert_eq!(
        u8_layout(&shape, None, Some(Axes::Chw)).shape(),
        planar(4, 224, 3)
    );
    // More than 4 channels are not guessed.
    let error = refused(&[10, 20, 30], None, None);
    assert!(
        matches!(error, DlpackError::Strides { axes: None, .. }),
        "{error}"
    );
    assert_eq!(
        u8_layout(&[10, 20, 30], None, Some(Axes::Chw)).shape(),
        planar(30, 20, 10)
    );
}

#[test]
fn other_dimensions_than_those_of_the_axes_are_refused() {
    for axes in Axes::ALL {
        for dimensions in (2..=4).filter(|&count| count != axes.dimensions()) {
            let error = refused(&[2; 4][..dimensions], None, Some(axes));
            assert!(matches!(error, DlpackError::Dimensions { .. }), "{error}");
        }
    }
}

#[test]
fn sizes_up_to_the_largest_number_do_not_overflow() {
    let huge = i64::from(u32::MAX);
    for extent in [0, -1, huge + 1, i64::MAX, i64::MIN] {
        let error = refused(&[2, extent], None, None);
        assert!(
            matches!(error, DlpackError::Extent { axis: 1, extent: got, .. } if got == extent),
            "{error}"
        );
    }
    for axes in Axes::ALL {
        let shape = &[huge; 4][..axes.dimensions()];
        let error = refused(shape, None, Some(axes));
        let too_large = matches!(
            error,
            DlpackError::TooLarge { .. } | DlpackError::Image(ImageError::TooLarge { .. })
        );
        assert!(too_large, "{error}");
        for stride in [1, huge, i64::MAX] {
            assert!(
                layout(
                    shape,
                    Some(&[stride; 4][..shape.len()]),
                    SampleType::F32,
                    Some(axes)
                )
                .is_err()
            );
        }
    }
    let error = refused(&[2, 5, 7, 3], Some(&[i64::MAX, 21, 3, 1]), None);
    assert!(
        matches!(error, DlpackError::Image(ImageError::TooLarge { .. })),
        "{error}"
    );
    let error = refused(&[huge, 1], Some(&[i64::MAX, 1]), None);
    assert!(
        matches!(error, DlpackError::Image(ImageError::TooLarge { .. })),
        "{error}"
    );
}
