//! Tests of decoded images, and of files that are no images.

use super::*;
use image::{ImageBuffer, Luma, LumaA, Rgb};
use std::fs;

const LIMITS: Limits = Limits {
    max_pixels: 1 << 28,
    host_memory: 1 << 30,
};

fn decode_one<P>(path: &Path, admit: impl FnOnce(&[Need]) -> P) -> Result<(Image, P), String> {
    let (mut images, permit) = decode(&[path.to_owned()], &LIMITS, |needs| Ok(admit(needs)))?;
    Ok((images.remove(0), permit))
}

fn decode_plain(path: &Path) -> Result<Image, String> {
    decode_one(path, |_| ()).map(|(image, ())| image)
}

#[test]
fn sixteen_bits_round_to_eight() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.png");
    let all = ImageBuffer::<Luma<u16>, _>::from_fn(256, 256, |x, y| Luma([(y * 256 + x) as u16]));
    DynamicImage::ImageLuma16(all).save(&path).unwrap();
    let image = decode_plain(&path).unwrap();
    for (value, &got) in image.data().iter().enumerate() {
        let expected = (value as f64 / 257.0).round() as u8;
        assert_eq!(got, expected, "16-bit value {value}");
    }
}

#[test]
fn channels_stay_and_gray_with_alpha_becomes_rgba() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let pixels = vec![10, 20, 30, 255, 0, 7];
    DynamicImage::from(ImageBuffer::<Rgb<u8>, _>::from_raw(2, 1, pixels.clone()).unwrap())
        .save(&path)
        .unwrap();
    let image = decode_plain(&path).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(2, 1, 3));
    assert_eq!(image.data(), pixels);

    DynamicImage::from(ImageBuffer::<LumaA<u8>, _>::from_raw(1, 2, vec![9, 8, 7, 6]).unwrap())
        .save(&path)
        .unwrap();
    let image = decode_plain(&path).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(1, 2, 4));
    assert_eq!(image.data(), [9, 9, 9, 8, 7, 7, 7, 6]);
}

/// A JPEG file of gray rows with an EXIF orientation.
fn turned_jpeg(width: u32, height: u32, gray: &[u8], orientation: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 100)
        .encode(gray, width, height, image::ExtendedColorType::L8)
        .unwrap();
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    // Tag 0x0112 of type 3 (short), one value.
    exif.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let marker = [0xff, 0xe1, length[0], length[1]];
    [&plain[..2], &marker, &exif, &plain[2..]].concat()
}

#[test]
fn photographs_are_turned_as_exif_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    // 16 columns by 8 rows, the left half bright.
    let gray: Vec<u8> = (0..16 * 8)
        .map(|n| if n % 16 < 8 { 240 } else { 10 })
        .collect();
    for (orientation, width, corners) in [
        (1, 16, [true, false, true, false]),
        (3, 16, [false, true, false, true]),
        // Turned clockwise by a quarter: left becomes top.
        (6, 8, [true, true, false, false]),
        (8, 8, [false, false, true, true]),
    ] {
        fs::write(&path, turned_jpeg(16, 8, &gray, orientation)).unwrap();
        let image = decode_plain(&path).unwrap();
        let height = 16 * 8 / width;
        assert_eq!(
            image.shape(),
            ImageShape::u8(width, height, 1),
            "{orientation}"
        );
        let (width, height) = (width as usize, height as usize);
        let places = [0, width - 1, (height - 1) * width, height * width - 1];
        let bright = places.map(|place| image.data()[place] > 128);
        assert_eq!(bright, corners, "{orientation}");
    }
}

#[test]
fn the_size_is_told_before_decoding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pgm");
    fs::write(&path, b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06").unwrap();
    let (image, told) = decode_one(&path, |needs| needs.to_vec()).unwrap();
    let need = Need {
        shape: ImageShape::u8(3, 2, 1),
        bytes: 6,
    };
    assert_eq!(told, [need]);
    assert_eq!(image.data(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn damage_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    assert!(decode_plain(&path).is_err());
    for content in [
        &b""[..],
        b"no image",
        b"\x89PNG\r\n\x1a\n",
        b"P5 0 0 255\n",
        b"P5 9 9 255\n1",
    ] {
        fs::write(&path, content).unwrap();
        assert!(decode_plain(&path).is_err(), "{content:?}");
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.pgm");
    fs::write(&path, b"P5 60000 60000 255\n\x01").unwrap();
    let error = decode_one(&path, |_| -> () { panic!("admitted") }).unwrap_err();
    let expected = "60000x60000 is more than 268435456 pixels";
    assert!(
        error.contains(expected) && error.contains("--max-pixels"),
        "{error}"
    );
    fs::write(&path, b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06").unwrap();
    let paths = [path];
    let with = |max_pixels| {
        let limits = Limits {
            max_pixels,
            ..LIMITS
        };
        decode(&paths, &limits, |_| Ok(())).is_ok()
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
    let admit = |needs: &[Need]| Ok(needs.iter().map(|need| need.bytes).sum::<u64>());
    let (images, told) = decode(&paths, &LIMITS, admit).unwrap();
    assert_eq!((images.len(), told), (2, 7));
    assert_eq!(images[1].data(), [9]);
    fs::write(&paths[1], b"P5 1 1 255\n").unwrap();
    let error = decode(&paths, &LIMITS, |_| Ok(())).unwrap_err();
    assert!(error.contains("b.pgm: "), "{error}");
}

#[test]
fn a_broken_decoder_is_an_error_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pgm");
    fs::write(&path, b"P5 1 1 255\n\x01").unwrap();
    // The panic stands for a panic within a decoder.
    let error = decode_one(&path, |_| -> () { panic!("as a decoder might") }).unwrap_err();
    assert!(error.contains("broke down"), "{error}");
}

#[test]
fn pnm_samples_are_those_that_opencv_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pnm");
    let pam = "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 3\nMAXVAL 100\nTUPLTYPE RGB\nENDHDR\n2d\u{7f}";
    // cv2.imread of OpenCV 5.0.0 returns these for the same files (in the order of RGB).
    for (file, expected) in [
        (&b"P5 4 1 100\n\x00\x32\x64\xc8"[..], &[0, 50, 100, 200][..]),
        (b"P5 4 1 1\n\x00\x01\x02\xff", &[0, 1, 2, 255]),
        (b"P6 1 1 15\n\x00\x07\x0f", &[0, 7, 15]),
        (b"P2 4 1 100\n0 50 100 200\n", &[0, 127, 255, 255]),
        (b"P2 4 1 1\n0 1 1 7\n", &[0, 255, 255, 255]),
        (b"P2 4 1 254\n0 1 127 254\n", &[0, 1, 127, 255]),
        (b"P3 1 1 # one\n100\n0 50 99\n", &[0, 127, 252]),
        (pam.as_bytes(), &[50, 100, 127]),
        (b"P5 2 1 255\n\x07\xfe", &[7, 254]),
        (b"P1 2 1\n1 0\n", &[0, 255]),
    ] {
        fs::write(&path, file).unwrap();
        let image = decode_plain(&path).unwrap();
        assert_eq!(image.data(), expected, "{}", file.escape_ascii());
    }
}

#[test]
fn what_an_image_needs_is_known_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let bytes = |image: DynamicImage| {
        image.save(&path).unwrap();
        decode_one(&path, |needs| needs[0].bytes).unwrap().1
    };
    let (width, height) = (7, 5);
    assert_eq!(bytes(DynamicImage::new_luma8(width, height)), 35);
    assert_eq!(bytes(DynamicImage::new_rgb8(width, height)), 105);
    // Gray with alpha gets more channels, and 16 bits become 8.
    assert_eq!(bytes(DynamicImage::new_luma_a8(width, height)), 70 + 140);
    assert_eq!(bytes(DynamicImage::new_rgba16(width, height)), 280 + 140);
    // The file, and the larger of: the file once more, or twice the pixels and coefficients of two bytes.
    let path = folder.path().join("a.jpg");
    DynamicImage::new_rgb8(width, height).save(&path).unwrap();
    let told = decode_one(&path, |needs| needs[0].bytes).unwrap().1;
    let file = fs::metadata(&path).unwrap().len();
    assert_eq!(told, file + file.max(2 * 105 + 2 * 105));
}

#[test]
fn a_second_size_in_a_jpeg_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    let jpeg = turned_jpeg(16, 8, &[7; 16 * 8], 1);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    // A frame of one pixel before the true one, and after it one that is larger than allowed.
    let segment = |rows: u8, columns: u8| {
        let mut segment = jpeg[frame..frame + 13].to_vec();
        (segment[6], segment[8]) = (rows, columns);
        segment
    };
    let small = [&jpeg[..frame], &segment(1, 1), &jpeg[frame..]].concat();
    fs::write(&path, small).unwrap();
    let error = decode_plain(&path).unwrap_err();
    assert!(!error.contains("broke down"), "{error}");
}
