//! TIFF files, made byte by byte.

use std::collections::BTreeMap;

/// A TIFF file, not compressed, in one strip: big-endian if `big`, else little-endian. `tags` are
/// added to those of a gray image of `width` x `height` pixels of 8 bits, or replace them; a tag of value `None` is left out.
pub(crate) fn tiff(
    width: u32,
    height: u32,
    tags: &[(u16, Option<u32>)],
    pixels: &[u8],
    big: bool,
) -> Vec<u8> {
    let mut all = BTreeMap::from([
        (256, Some(width)),
        (257, Some(height)),
        (258, Some(8)),
        (259, Some(1)),
        (262, Some(1)),
        (273, Some(8)),
        (277, Some(1)),
        (278, Some(height)),
        (279, Some(pixels.len() as u32)),
    ]);
    all.extend(tags.iter().copied());
    let entries: Vec<_> = all
        .into_iter()
        .filter_map(|(tag, value)| Some((tag, value?)))
        .collect();
    let short = |value: u16| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let long = |value: u32| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    // The header is followed by the pixels, and they by the directory.
    let directory = 8 + pixels.len() as u32;
    let mut file = if big { b"MM".to_vec() } else { b"II".to_vec() };
    file.extend(short(42));
    file.extend(long(directory));
    file.extend(pixels);
    file.extend(short(entries.len() as u16));
    for (tag, value) in entries {
        file.extend(short(tag));
        // Type SHORT where the value fits, else LONG; one value, in the first of four bytes.
        match u16::try_from(value) {
            Ok(value) => {
                file.extend(short(3));
                file.extend(long(1));
                file.extend(short(value));
                file.extend([0; 2]);
            }
            Err(_) => {
                file.extend(short(4));
                file.extend(long(1));
                file.extend(long(value));
            }
        }
    }
    file.extend([0; 4]);
    file
}
