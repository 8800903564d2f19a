//! The segments of a stream that are not entropy-coded.

use crate::testing::model::frame::Frame;
use crate::testing::random::Random;

/// Appends a segment: its marker, sometimes with fill bytes before it, its length and its contents.
pub(super) fn write(random: &mut Random, file: &mut Vec<u8>, marker: u8, contents: &[u8]) {
    if random.chance(3) && file.len() > 2 {
        file.extend(vec![0xff; 1 + random.below(3)]);
    }
    file.extend([0xff, marker]);
    file.extend((contents.len() as u16 + 2).to_be_bytes());
    file.extend(contents);
}

/// Appends the frame header.
pub(super) fn write_frame(random: &mut Random, file: &mut Vec<u8>, frame: &Frame) {
    let marker = match frame.is_progressive {
        true => 0xc2,
        false => 0xc0 + random.below(2) as u8,
    };
    let mut contents = vec![8];
    contents.extend((frame.height as u16).to_be_bytes());
    contents.extend((frame.width as u16).to_be_bytes());
    contents.push(frame.components.len() as u8);
    for c in &frame.components {
        contents.extend([c.id, (c.h << 4 | c.v) as u8, c.slot as u8]);
    }
    write(random, file, marker, &contents);
}

/// Appends quantizers of these slots, in one segment or in several, of values up to `largest`.
pub(super) fn write_quantizers(
    random: &mut Random,
    file: &mut Vec<u8>,
    slots: &[usize],
    largest: u16,
) {
    let mut contents = Vec::new();
    for slot in slots {
        let is_wide = largest > 255 || random.chance(10);
        contents.push(*slot as u8 | if is_wide { 0x10 } else { 0 });
        for _ in 0..64 {
            let value = match random.below(400) {
                0 => 0,
                _ => random.range(1, i32::from(largest)) as u16,
            };
            match is_wide {
                true => contents.extend(value.to_be_bytes()),
                false => contents.push(value as u8),
            }
        }
        if random.chance(50) {
            write(random, file, 0xdb, &contents);
            contents.clear();
        }
    }
    if !contents.is_empty() {
        write(random, file, 0xdb, &contents);
    }
}

/// Appends segments that say what the components are, and such that say nothing.
pub(super) fn write_applications(random: &mut Random, file: &mut Vec<u8>, exif: Option<Vec<u8>>) {
    let mut segments: Vec<(u8, Vec<u8>)> = Vec::new();
    if random.chance(50) {
        segments.push((0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec()));
    }
    if random.chance(35) {
        let transform = random.pick(&[0, 1, 2, 7]);
        segments.push((0xee, [&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat()));
    }
    segments.extend(exif.map(|exif| (0xe1, exif)));
    if random.chance(5) {
        segments.push((0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec()));
    }
    if random.chance(10) {
        let contents = (0..random.below(40)).map(|_| random.byte()).collect();
        segments.push((random.pick(&[0xfe, 0xe2, 0xed, 0xef]), contents));
    }
    if random.chance(5) {
        // Too short to mean anything.
        segments.push((0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0".to_vec()));
    }
    if random.chance(5) {
        segments.push((0xee, b"Adobe\0\x64\0\0\0\0".to_vec()));
    }
    random.shuffle(&mut segments);
    for (marker, contents) in segments {
        write(random, file, marker, &contents);
    }
}

/// The contents of APP1 with an orientation, most often one of 1 to 8, among other tags.
pub(super) fn exif(random: &mut Random) -> Vec<u8> {
    let is_little = random.chance(50);
    let word = |value: u16| {
        if is_little {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    };
    let long = |value: u32| {
        if is_little {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    };
    let orientation = match random.chance(85) {
        true => random.range(1, 8) as u16,
        false => random.pick(&[0, 9, 255, 256, 65535]),
    };
    let gap = 2 * random.below(8);
    let mut contents = b"Exif\0\0".to_vec();
    contents.extend(if is_little { b"II" } else { b"MM" });
    contents.extend(word(42));
    contents.extend(long(8 + gap as u32));
    contents.extend(vec![0; gap]);
    let mut tags = vec![(0x0112, orientation)];
    for _ in 0..random.below(3) {
        tags.push((
            random.pick(&[0x0100, 0x0101, 0x0128, 0x0213]),
            random.below(500) as u16,
        ));
    }
    tags.sort_unstable();
    contents.extend(word(tags.len() as u16));
    for (tag, value) in tags {
        contents.extend(word(tag));
        contents.extend(word(3));
        contents.extend(long(1));
        contents.extend(word(value));
        contents.extend(word(0));
    }
    contents.extend(long(0));
    contents
}
