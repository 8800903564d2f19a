//! The conversion of RGB to luma and two color components (JFIF), in libjpeg's fixed point.

/// The pixels that are converted at a time.
pub(super) const PIXELS: usize = 32;

/// Bits behind the point.
const BITS: u32 = 16;
const HALF: u32 = 1 << (BITS - 1);
/// The color components are around 128. Just below a half is added to them: 255.5 would be 256.
const CENTER: u32 = (128 << BITS) + HALF - 1;

/// Converts a row of RGB pixels. The rows of samples are longer: the last pixel is repeated to their end.
#[inline(always)]
pub(super) fn convert_row(pixels: &[u8], y: &mut [u8], cb: &mut [u8], cr: &mut [u8]) {
    let (blocks, rest) = pixels.as_chunks::<{ 3 * PIXELS }>();
    let (y, _) = y.as_chunks_mut::<PIXELS>();
    let (cb, _) = cb.as_chunks_mut::<PIXELS>();
    let (cr, _) = cr.as_chunks_mut::<PIXELS>();
    let mut targets = y.iter_mut().zip(cb).zip(cr);
    for (block, ((y, cb), cr)) in blocks.iter().zip(&mut targets) {
        convert(block, y, cb, cr);
    }
    let Some(&last) = pixels.as_chunks::<3>().0.last() else {
        return;
    };
    let mut block = [0; 3 * PIXELS];
    for pixel in block.as_chunks_mut::<3>().0 {
        *pixel = last;
    }
    block[..rest.len()].copy_from_slice(rest);
    for ((y, cb), cr) in targets {
        convert(&block, y, cb, cr);
        for pixel in block.as_chunks_mut::<3>().0 {
            *pixel = last;
        }
    }
}

/// Y = 0.299 R + 0.587 G + 0.114 B, Cb = 128 - 0.16874 R - 0.33126 G + 0.5 B, Cr = 128 + 0.5 R - 0.41869 G - 0.08131 B.
#[inline(always)]
fn convert(
    pixels: &[u8; 3 * PIXELS],
    y: &mut [u8; PIXELS],
    cb: &mut [u8; PIXELS],
    cr: &mut [u8; PIXELS],
) {
    let mut planes = [[0_u8; PIXELS]; 3];
    for i in 0..PIXELS {
        for (c, plane) in planes.iter_mut().enumerate() {
            plane[i] = pixels[3 * i + c];
        }
    }
    let [red, green, blue] = planes;
    for i in 0..PIXELS {
        let (r, g, b) = (u32::from(red[i]), u32::from(green[i]), u32::from(blue[i]));
        // 38470 = 2 * 19235: factors below 2^15 are faster in vectors.
        let luma = 19595 * r + 2 * (19235 * g) + 7471 * b + HALF;
        y[i] = (luma >> BITS) as u8;
        cb[i] = ((CENTER + (b << 15) - 11059 * r - 21709 * g) >> BITS) as u8;
        cr[i] = ((CENTER + (r << 15) - 27439 * g - 5329 * b) >> BITS) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_stays_gray_and_the_extremes_are_reached() {
        let of = |pixel: [u8; 3]| {
            let mut out = [[0; PIXELS]; 3];
            let [y, cb, cr] = &mut out;
            convert_row(&pixel, y, cb, cr);
            assert!(
                out.iter()
                    .all(|row| row.iter().all(|&sample| sample == row[0]))
            );
            out.map(|row| row[0])
        };
        for value in 0..=255 {
            assert_eq!(of([value; 3]), [value, 128, 128]);
        }
        assert_eq!(of([255, 0, 0]), [76, 85, 255]);
        assert_eq!(of([0, 0, 255]), [29, 255, 107]);
        assert_eq!(of([255, 255, 0]), [226, 0, 149]);
        assert_eq!(of([0, 255, 255]), [179, 171, 0]);
    }
}
