use super::{levels, model};
use crate::file::color::ColorSpace;
use crate::samples::color::cmyk::Cmyk;
use crate::samples::color::{Conversion, Output, convert};
use fearless_simd::Level;

/// Compares all pixels of one luma and one blue difference with the formula.
fn check_differences(level: Level, y: u8, cb: u8) {
    let conversion = Conversion {
        source: ColorSpace::YCbCr,
        output: Output::Rgb,
        cmyk: Cmyk::OpenCv,
    };
    let cr: Vec<u8> = (0..=255).collect();
    let mut got = [0; 3 * 256];
    convert(
        level,
        conversion,
        [&[y; 256], &[cb; 256], &cr, &[]],
        &mut got,
    );
    for (cr, got) in (0..=255).zip(got.as_chunks::<3>().0) {
        let expected = model::rgb_of_ycc([y, cb, cr]);
        assert_eq!(*got, expected, "{level:?}: {y}, {cb}, {cr}");
    }
}

#[test]
fn all_colors() {
    // What depends on the differences is added to luma, so that one instruction set has to do all values of luma.
    for (level, step) in levels().into_iter().zip([5, 1, 5, 5]) {
        for y in (0..=255).step_by(step) {
            for cb in 0..=255 {
                check_differences(level, y, cb);
            }
        }
    }
}

#[test]
fn all_inks() {
    for (cmyk, formula) in [
        (Cmyk::OpenCv, model::opencv_ink as fn(u8, u8) -> u8),
        (Cmyk::Pillow, model::pillow_ink),
    ] {
        let conversion = Conversion {
            source: ColorSpace::Cmyk,
            output: Output::Rgb,
            cmyk,
        };
        let inks: Vec<u8> = (0..=255).collect();
        let turned: Vec<u8> = inks.iter().rev().copied().collect();
        for level in levels() {
            for black in 0..=255 {
                let mut got = [0; 3 * 256];
                let rows: [&[u8]; 4] = [&inks, &turned, &inks, &[black; 256]];
                convert(level, conversion, rows, &mut got);
                for (ink, got) in (0..=255_u8).zip(got.as_chunks::<3>().0) {
                    let expected = [ink, 255 - ink, ink].map(|ink| formula(ink, black));
                    assert_eq!(*got, expected, "{level:?}: {ink}, {black}");
                }
            }
        }
    }
}
