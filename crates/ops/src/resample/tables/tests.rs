use super::*;
use crate::contract::stage::{AxisWeights, ResampleAxis};

fn tables(
    like: ResampleLike,
    filter: ResampleFilter,
    src: (u32, u32),
    dst: (u32, u32),
) -> ResampleTables {
    ResampleTables::new(
        like,
        filter,
        None,
        &ImageShape::u8(src.0, src.1, 3),
        &ImageShape::u8(dst.0, dst.1, 3),
    )
}

const LENGTHS: [u32; 9] = [1, 2, 3, 7, 64, 333, 1080, 1920, 65_536];

/// The executors read the rows of spans without another check, reuse rows from span to span, and sum in 32 bits.
#[test]
fn spans_stay_inside_and_sums_fit() {
    for like in ResampleLike::ALL {
        for &filter in like.filters() {
            for src in LENGTHS {
                for dst in LENGTHS.into_iter().filter(|&dst| dst != src) {
                    let axis = tables(like, filter, (src, 1), (dst, 1)).columns;
                    check(&axis.expect("a pass"), src, dst);
                }
            }
        }
    }
}

fn check(axis: &ResampleAxis, src: u32, dst: u32) {
    assert_eq!(axis.spans.len(), dst as usize);
    let mut last = (0, 0);
    for span in &axis.spans {
        let end = span.first + span.count;
        assert!(span.count >= 1 && end <= src, "{src} to {dst}: {span:?}");
        assert!(
            last.0 <= span.first && last.1 <= end,
            "{src} to {dst}: {span:?}"
        );
        last = (span.first, end);
        let weights = span.weight as usize..(span.weight + span.count) as usize;
        match &axis.weights {
            AxisWeights::Fixed { values, shift } => {
                assert!((1..=22).contains(shift));
                let magnitudes = values[weights].iter().map(|weight| i64::from(weight.abs()));
                let most = magnitudes.sum::<i64>() * 255 + (1 << (shift - 1));
                assert!(i32::try_from(most).is_ok(), "{src} to {dst}: {span:?}");
            }
            AxisWeights::Float(values) => {
                let sum: f32 = values[weights].iter().sum();
                assert!((sum - 1.0).abs() < 1e-3, "{src} to {dst}: {span:?}");
            }
        }
    }
}

#[test]
fn parts_between_pixels_stay_inside() {
    let (input, output) = (ImageShape::u8(10, 7, 1), ImageShape::u8(33, 4, 1));
    let tiny = f64::from(f32::EPSILON);
    for source_box in [
        [0.0, 0.0, 1e-30, 1e-30],
        [10.0 - 10.0 * tiny, 7.0 - 7.0 * tiny, 10.0, 7.0],
        [0.4, 6.5, 9.9, 6.75],
        [3.0, 2.0, 4.0, 3.0],
    ] {
        for filter in ResampleFilter::ALL {
            let tables = ResampleTables::new(
                ResampleLike::Pillow13,
                filter,
                Some(source_box),
                &input,
                &output,
            );
            check(&tables.columns.expect("columns"), 10, 33);
            check(&tables.lines.expect("lines"), 7, 4);
        }
    }
}

#[test]
fn the_first_pass_is_that_of_the_library() {
    for (src, dst, in_12, in_13) in [
        ((640, 480), (320, 240), false, false),
        ((300, 600), (150, 300), false, false),
        ((300, 601), (150, 300), false, true),
        ((300, 601), (150, 601), false, false),
        ((3, 301), (2, 300), true, false),
        ((3, 301), (2, 298), true, true),
        ((3, 301), (2, 301), false, false),
        ((3, 300), (2, 150), false, true),
    ] {
        let first = |like| tables(like, ResampleFilter::Bilinear, src, dst).vertical_first;
        let firsts = ResampleLike::ALL.map(first);
        assert_eq!(firsts, [in_12, in_13, false, false], "{src:?} to {dst:?}");
    }
}

#[test]
fn axes_that_stay_have_no_pass_and_crops_have_one_weight() {
    let tables = tables(
        ResampleLike::Torchvision,
        ResampleFilter::Lanczos,
        (20, 30),
        (20, 15),
    );
    assert!(tables.columns.is_none() && tables.lines.is_some());
    let crop = ResampleTables::new(
        ResampleLike::Pillow12,
        ResampleFilter::Lanczos,
        Some([4.0, 0.0, 14.0, 15.0]),
        &ImageShape::u8(20, 15, 4),
        &ImageShape::u8(10, 15, 4),
    );
    assert!(crop.lines.is_none() && crop.premultiplied);
    let columns = crop.columns.expect("a crop");
    assert_eq!((columns.spans[0].first, columns.spans[9].first), (4, 13));
    assert!(matches!(&columns.weights, AxisWeights::Fixed { values, .. } if values.len() == 1));
}
