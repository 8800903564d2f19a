//! The orientation of EXIF, as the model reads it.

/// The orientation in a segment APP1: tag 0x0112 of the first directory of the TIFF file behind `Exif\0\0`, or 1 where its value is not
/// valid. `None` where there is no such tag.
pub(super) fn orientation(segment: &[u8]) -> Option<u8> {
    match of_tiff(segment.strip_prefix(b"Exif\0\0")?)? {
        value @ 1..=8 => Some(value as u8),
        _ => Some(1),
    }
}

/// The bytes of the fractions of the tags that OpenCV reads; it gives up where they are not in the data.
const FRACTIONS: [(u16, usize); 6] = [
    (0x011A, 8),
    (0x011B, 8),
    (0x013E, 16),
    (0x013F, 48),
    (0x0211, 24),
    (0x0214, 48),
];
/// The tags of texts that it reads.
const TEXTS: [u16; 6] = [0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x8298];

fn of_tiff(tiff: &[u8]) -> Option<u16> {
    // As OpenCV has it: what is not little-endian is big-endian.
    let is_little = tiff.get(..2)? == b"II";
    let word = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(match is_little {
            true => u16::from_le_bytes(bytes),
            false => u16::from_be_bytes(bytes),
        })
    };
    let long = |at: usize| {
        let (first, second) = (usize::from(word(at)?), usize::from(word(at + 2)?));
        Some(match is_little {
            true => second << 16 | first,
            false => first << 16 | second,
        })
    };
    if word(2)? != 42 {
        return None;
    }
    let directory = long(4)?;
    let entries = usize::from(word(directory)?);
    for entry in (0..entries).map(|index| directory + 2 + 12 * index) {
        let tag = word(entry)?;
        if tag == 0x0112 {
            return word(entry + 8);
        }
        let mut end = entry;
        if TEXTS.contains(&tag) {
            let count = long(entry + 4)?;
            end = count + if count > 4 { long(entry + 8)? } else { 8 };
        } else if let Some((_, bytes)) = FRACTIONS.iter().find(|fraction| fraction.0 == tag) {
            end = long(entry + 8)? + bytes;
        } else if tag == 0x0128 || tag == 0x0213 {
            word(entry + 8)?;
        }
        if end > tiff.len() {
            return None;
        }
    }
    None
}
