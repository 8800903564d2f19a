//! A GIF file, made byte by byte.

/// A GIF file of 4x3 pixels whose frame of 2x2 pixels lies at column 1 and row 1: red and green, green and red. Color 2 is blue, and
/// transparent if this is asked for.
pub(crate) fn gif(transparent: bool) -> Vec<u8> {
    let mut file = b"GIF89a\x04\0\x03\0\x81\0\0".to_vec();
    file.extend([[255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 2, 3]].as_flattened());
    if transparent {
        file.extend(b"!\xf9\x04\x01\0\0\x02\0");
    }
    file.extend(b",\x01\0\x01\0\x02\0\x02\0\0");
    // Clear, red, green, green in 3 bits each; red and the end in 4 bits, since the table has 8 codes by then.
    let codes = [(4, 3), (0, 3), (1, 3), (1, 3), (0, 4), (5, 4)];
    let bits = codes.iter().rev();
    let bits = bits.fold(0_u32, |bits, (code, count)| bits << count | code);
    file.extend([2, 3]);
    file.extend(&bits.to_le_bytes()[..3]);
    file.extend(b"\0;");
    file
}
