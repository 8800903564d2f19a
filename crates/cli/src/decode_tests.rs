//! Tests of images that are decoded together.

use super::*;
use pixelflume::codec::{Color, Orientation};
use pixelflume::ops::ImageShape;
use std::fs;

const PLAIN: DecodeOptions = DecodeOptions {
    limits: codec::Limits {
        max_pixels: 0,
        max_bytes: 0,
        max_batch_bytes: 0,
    },
    orientation: Orientation::Exif,
    color: Color::Keep,
    allow_truncated: false,
    crop: None,
};

const LIMITS: Limits = Limits {
    max_pixels: 1 << 28,
    host_memory: 1 << 30,
};

#[test]
fn a_header_that_promises_too_much_is_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("bomb.pgm")];
    fs::write(&paths[0], b"P5 60000 60000 255\n\x01").unwrap();
    let admitted = |_: &[Need]| -> Result<(), String> { panic!("admitted") };
    let error = decode(&paths, &PLAIN, &LIMITS, admitted).unwrap_err();
    let expected = "60000x60000 is more than 268435456 pixels";
    assert!(
        error.contains(expected) && error.contains("--max-pixels"),
        "{error}"
    );
    fs::write(&paths[0], b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06").unwrap();
    let with = |max_pixels| {
        let limits = Limits {
            max_pixels,
            ..LIMITS
        };
        decode(&paths, &PLAIN, &limits, |_| Ok(())).is_ok()
    };
    assert!(with(6));
    assert!(!with(5));
}

#[test]
fn images_that_belong_together_are_admitted_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.pgm", "b.pgm"].map(|name| folder.path().join(name));
    fs::write(&paths[0], b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06").unwrap();
    fs::write(&paths[1], b"P5 1 1 255\n\x09").unwrap();
    let (images, told) = decode(&paths, &PLAIN, &LIMITS, |needs| Ok(needs.to_vec())).unwrap();
    let shapes = told.iter().map(|need| need.shape);
    assert!(shapes.eq([ImageShape::u8(3, 2, 1), ImageShape::u8(1, 1, 1)]));
    assert_eq!(told.iter().map(|need| need.bytes).sum::<u64>(), 7);
    assert_eq!(images[1].data(), [9]);
    fs::write(&paths[1], b"P5 1 1 255\n").unwrap();
    let error = decode(&paths, &PLAIN, &LIMITS, |_| Ok(())).unwrap_err();
    assert!(error.contains("b.pgm: "), "{error}");
    // What is refused is not decoded.
    let refused = decode(&paths[..1], &PLAIN, &LIMITS, |_| {
        Err::<(), _>("full".to_owned())
    });
    assert_eq!(refused.unwrap_err(), "full");
}
