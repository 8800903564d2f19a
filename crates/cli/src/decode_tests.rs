//! Tests of images that are decoded together.

use super::*;
use pixelflume::codec::{Color, Orientation};
use pixelflume::pipeline::Image;

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

/// Reads images that the CPU decodes.
fn decode<P>(
    paths: &[PathBuf],
    options: &DecodeOptions,
    limits: &Limits,
    admit: impl FnOnce(&[Need]) -> Result<P, String>,
) -> Result<(Vec<Image>, P), String> {
    let never = |_: &[ImageShape], _| panic!("there is no JPEG file");
    let admit = |needs: &[Need], bytes| {
        assert_eq!(needs.iter().map(|need| need.bytes).sum::<u64>(), bytes);
        admit(needs)
    };
    let (images, permit) = read(paths, options, limits, never, admit)?;
    let images = images.into_iter().map(|pixels| match pixels {
        Pixels::Ready(FrameImage::Image(image)) => image,
        other => panic!("{other:?}"),
    });
    Ok((images.collect(), permit))
}

#[test]
fn files_for_the_device_are_read_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.jpg", "b.pgm"].map(|name| folder.path().join(name));
    let image = Image::from_fn(30, 20, 3, |x, y, _| (x * y) as u8).unwrap();
    let file = codec::encode(
        (&image).into(),
        Format::Jpeg,
        &codec::EncodeOptions::default(),
    );
    let file = file.unwrap();
    fs::write(&paths[0], &file).unwrap();
    fs::write(&paths[1], b"P5 1 1 255\n\x09").unwrap();
    let all = [ImageShape::u8(30, 20, 3), ImageShape::u8(1, 1, 1)];
    let asked = |shapes: &[ImageShape], number: usize| {
        assert_eq!((shapes, number), (all.as_slice(), 0));
        true
    };
    let admit = |needs: &[Need], bytes| {
        // The CPU would need more.
        assert_eq!(bytes, file.len() as u64 + needs[1].bytes);
        assert!(needs[0].bytes > all[0].bytes() as u64);
        Ok(())
    };
    let (images, ()) = read(&paths, &PLAIN, &LIMITS, asked, admit).unwrap();
    assert!(matches!(&images[0], Pixels::File(bytes, shape) if *bytes == file && *shape == all[0]));
    assert!(!images[1].is_tensor());
    // So much is behind its image that the CPU decodes it.
    let mut long = file.clone();
    long.resize(file.len() + (100 << 10), 0);
    fs::write(&paths[0], &long).unwrap();
    let (images, ()) = read(&paths[..1], &PLAIN, &LIMITS, |_, _| true, |_, _| Ok(())).unwrap();
    assert!(matches!(&images[0], Pixels::Ready(FrameImage::Image(_))));
    // A file that grows meanwhile is told.
    fs::write(&paths[0], &file).unwrap();
    let grow = |_: &[Need], _| {
        fs::write(&paths[0], &long).unwrap();
        Ok(())
    };
    let error = read(&paths[..1], &PLAIN, &LIMITS, |_, _| true, grow).unwrap_err();
    assert!(error.contains("it changed while it was read"), "{error}");
}

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
