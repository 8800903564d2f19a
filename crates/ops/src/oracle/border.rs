//! Borders that mirror the image.

/// Maps an index outside `0..len` back inside by reflect-101: `gfedcb|abcdefgh|gfedcba`.
///
/// The border sample itself is not repeated (OpenCV `BORDER_REFLECT_101`, its default). The index is reflected as often
/// as needed, so that images smaller than the radius work; in an image of length 1 every index maps to 0.
///
/// # Panics
/// When `len` is 0.
pub fn reflect_101(index: isize, len: usize) -> usize {
    assert!(len > 0, "there is no sample to reflect to");
    if len == 1 {
        return 0;
    }
    let last = len as isize - 1;
    let mut index = index;
    while index < 0 || index > last {
        index = if index < 0 { -index } else { 2 * last - index };
    }
    index as usize
}

/// Maps an index outside `0..len` back inside by mirroring behind the border sample: `fedcba|abcdefgh|hgfedcb` (OpenCV
/// `BORDER_REFLECT`), as often as needed.
pub(crate) fn reflect(index: isize, len: usize) -> usize {
    assert!(len > 0, "there is no sample to reflect to");
    let mut index = index;
    while index < 0 || index >= len as isize {
        index = if index < 0 {
            -1 - index
        } else {
            2 * len as isize - 1 - index
        };
    }
    index as usize
}
