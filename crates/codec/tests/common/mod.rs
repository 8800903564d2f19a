//! What several tests need.

/// A JPEG file with EXIF data that says this orientation.
pub(crate) fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    // Tag 0x0112 of type 3 (short), one value.
    exif.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let marker = [0xff, 0xe1, length[0], length[1]];
    [&jpeg[..2], &marker, &exif, &jpeg[2..]].concat()
}
