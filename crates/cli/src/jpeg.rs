//! Whether a JPEG file is complete.
//!
//! JPEG decoders fill what is missing with gray and say nothing, and half an image must not pass for a whole one.

/// The byte that begins every marker.
const MARKER: u8 = 0xff;
/// Start of scan: compressed data follows its segment.
const START_OF_SCAN: u8 = 0xda;
/// End of image.
const END_OF_IMAGE: u8 = 0xd9;

/// Codes that no segment follows: no marker at all, reserved, restarts 0 to 7, start of image.
const STAND_ALONE: [u8; 11] = [0, 1, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];

/// Whether the compressed data is followed by the marker that ends the image. Markers in the segments before it, such as
/// those of a thumbnail, do not count.
///
/// Compressed data never has the two bytes of a marker by chance: after each byte 0xff of it a zero is inserted
/// (ITU-T T.81, B.1.1.5).
pub(crate) fn is_complete(file: &[u8]) -> bool {
    let Some(data) = compressed_data(file) else {
        return false;
    };
    // From the end, where the marker is in nearly every file.
    data.windows(2)
        .rev()
        .any(|bytes| bytes == [MARKER, END_OF_IMAGE])
}

/// What follows the header of the first scan; `None` where the file ends before it.
fn compressed_data(file: &[u8]) -> Option<&[u8]> {
    // The file begins with the marker for the start of the image, which has no segment.
    let mut rest = file.get(2..)?;
    loop {
        // Decoders skip what stands between segments, and markers begin with any number of fill bytes.
        let marker = rest.iter().position(|&byte| byte == MARKER)?;
        rest = &rest[marker + 1..];
        let kind = *rest.first()?;
        if kind == MARKER || STAND_ALONE.contains(&kind) {
            continue;
        }
        // The length of a segment counts its own two bytes.
        let length = usize::from(u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]));
        rest = rest.get(1 + length..)?;
        if kind == START_OF_SCAN {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of a stray byte, one segment, fill bytes and a scan.
    fn file(segment: &[u8], data: &[u8]) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8, 9, 0xff, 0xe1, 0, segment.len() as u8 + 2];
        file.extend(segment);
        file.extend([0xff, 0xff, 0xff, START_OF_SCAN, 0, 3, 7]);
        file.extend(data);
        file
    }

    #[test]
    fn the_end_counts_only_after_the_scan_began() {
        let end = [0xff, 0xd9];
        assert!(is_complete(&file(b"abc", &[1, 2, 0xff, 0, 3, 0xff, 0xd9])));
        assert!(is_complete(&file(b"abc", &[1, 0xff, 0xd9, 0, 0, 0])));
        assert!(!is_complete(&file(b"abc", &[1, 2, 0xff, 0, 0xd9, 3, 0xff])));
        assert!(!is_complete(&file(&end, &[1, 2])));
    }

    #[test]
    fn every_cut_of_a_file_is_noticed() {
        let file = file(b"abc", &[1, 2, 3, 0xff, 0xd9]);
        assert!(is_complete(&file));
        for length in 0..file.len() {
            assert!(!is_complete(&file[..length]), "{length}");
        }
    }

    #[test]
    fn encoded_files_are_complete() {
        let mut file = Vec::new();
        let gray: Vec<u8> = (0..64 * 64).map(|n| (n * n / 7) as u8).collect();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90)
            .encode(&gray, 64, 64, image::ExtendedColorType::L8)
            .unwrap();
        assert!(is_complete(&file));
        assert!(!is_complete(&file[..file.len() - 1]));
    }
}
