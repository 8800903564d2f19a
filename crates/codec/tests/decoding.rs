//! Decoded images: samples, channels, orientation, limits, and files that are no images.

mod common;

use common::with_orientation;
use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb};
use pixelflume_codec::{
    Color, DecodeError, DecodeOptions, EncodeOptions, Format, JpegError, Limits, Need, OpenImage,
    Orientation, decode, encode, read, read_bytes, with_channels,
};
use pixelflume_ops::ImageShape;
use pixelflume_ops::{Image, ImageView};
use std::fs;
use std::io::Cursor;

fn decoded(file: &[u8]) -> Result<Image, DecodeError> {
    decode(file, &DecodeOptions::default())
}

fn ignoring() -> DecodeOptions {
    DecodeOptions {
        orientation: Orientation::Ignore,
        ..DecodeOptions::default()
    }
}

fn within(limits: Limits) -> DecodeOptions {
    DecodeOptions {
        limits,
        ..DecodeOptions::default()
    }
}

fn need(file: &[u8]) -> Need {
    let opened = OpenImage::of_bytes(file, &DecodeOptions::default());
    opened.unwrap().need()
}

/// The file that the crate `image` makes of an image.
fn file_of(image: impl Into<DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    file_of(image, image::ImageFormat::Png)
}

/// A JPEG file of gray rows with an EXIF orientation.
fn turned_jpeg(width: u32, height: u32, gray: &[u8], orientation: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 100)
        .encode(gray, width, height, image::ExtendedColorType::L8)
        .unwrap();
    with_orientation(&plain, orientation)
}

#[test]
fn sixteen_bits_round_to_eight() {
    let all = ImageBuffer::<Luma<u16>, _>::from_fn(256, 256, |x, y| Luma([(y * 256 + x) as u16]));
    let image = decoded(&png(all)).unwrap();
    for (value, &got) in image.data().iter().enumerate() {
        let expected = (value as f64 / 257.0).round() as u8;
        assert_eq!(got, expected, "16-bit value {value}");
    }
}

#[test]
fn channels_stay_and_gray_with_alpha_becomes_rgba() {
    let pixels = vec![10, 20, 30, 255, 0, 7];
    let color = ImageBuffer::<Rgb<u8>, _>::from_raw(2, 1, pixels.clone()).unwrap();
    let image = decoded(&png(color)).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(2, 1, 3));
    assert_eq!(image.data(), pixels);
    let gray = ImageBuffer::<LumaA<u8>, _>::from_raw(1, 2, vec![9, 8, 7, 6]).unwrap();
    let image = decoded(&png(gray)).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(1, 2, 4));
    assert_eq!(image.data(), [9, 9, 9, 8, 7, 7, 7, 6]);
}

#[test]
fn photographs_are_turned_as_exif_says() {
    // 16 columns by 8 rows, the left half bright.
    let gray: Vec<u8> = (0..16 * 8)
        .map(|n| if n % 16 < 8 { 240 } else { 10 })
        .collect();
    for (orientation, width, corners) in [
        (1, 16, [true, false, true, false]),
        (2, 16, [false, true, false, true]),
        (3, 16, [false, true, false, true]),
        (4, 16, [true, false, true, false]),
        // Mirrored along the diagonal, and turned clockwise by a quarter: left becomes top.
        (5, 8, [true, true, false, false]),
        (6, 8, [true, true, false, false]),
        (7, 8, [false, false, true, true]),
        (8, 8, [false, false, true, true]),
        // No orientation: the image stays.
        (0, 16, [true, false, true, false]),
        (9, 16, [true, false, true, false]),
    ] {
        let file = turned_jpeg(16, 8, &gray, orientation);
        let image = decoded(&file).unwrap();
        let height = 16 * 8 / width;
        let shape = ImageShape::u8(width, height, 1);
        assert_eq!(image.shape(), shape, "{orientation}");
        assert_eq!(need(&file).shape, shape, "{orientation}");
        let (width, height) = (width as usize, height as usize);
        let places = [0, width - 1, (height - 1) * width, height * width - 1];
        let bright = places.map(|place| image.data()[place] > 128);
        assert_eq!(bright, corners, "{orientation}");
        // The same pixels where the orientation is ignored.
        let stored = decode(&file, &ignoring()).unwrap();
        let plain = decoded(&turned_jpeg(16, 8, &gray, 1)).unwrap();
        assert_eq!(stored, plain, "{orientation}");
    }
}

#[test]
fn files_are_read_as_bytes_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no extension");
    let image = Image::from_fn(9, 7, 3, |x, y, c| (x * 20 + y * 9 + c) as u8).unwrap();
    for format in Format::ALL.into_iter().filter(|format| format.is_written()) {
        let file = encode(ImageView::from(&image), format, &EncodeOptions::default()).unwrap();
        fs::write(&path, &file).unwrap();
        let opened = OpenImage::of_file(&path, &DecodeOptions::default()).unwrap();
        assert_eq!(opened.format(), format);
        // A JPEG file on disk is in memory, too, while it is decoded.
        let beside = match format {
            Format::Jpeg => file.len() as u64,
            _ => 0,
        };
        let Need { shape, bytes } = need(&file);
        let bytes = bytes + beside;
        assert_eq!(opened.need(), Need { shape, bytes }, "{format}");
        assert_eq!(opened.decode().unwrap(), decoded(&file).unwrap());
        // Without decoding them.
        let at_most = |max_bytes| Limits {
            max_bytes,
            ..Limits::default()
        };
        let length = file.len() as u64;
        assert_eq!(read_bytes(&path, &at_most(length)).unwrap(), file);
        let error = read_bytes(&path, &at_most(length - 1)).unwrap_err();
        let DecodeError::TooLong { bytes, limit, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((bytes, limit), (length, length - 1));
    }
    fs::write(&path, b"<html>").unwrap();
    let error = read_bytes(&path, &Limits::default()).unwrap_err();
    assert!(matches!(error, DecodeError::Unknown { .. }), "{error:?}");
    let error = read_bytes(folder.path(), &Limits::default()).unwrap_err();
    assert!(error.to_string().starts_with("it is a folder"), "{error}");
    let read = |path| read(path, &DecodeOptions::default());
    let error = read(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("it is a folder"), "{error}");
    let error = read(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(error, DecodeError::Read(_)), "{error:?}");
}

#[test]
fn headers_may_be_read_in_one_thread_and_pixels_in_another() {
    let file = b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06";
    let opened = OpenImage::of_bytes(file, &DecodeOptions::default()).unwrap();
    assert_eq!(opened.need().bytes, 6);
    let image = std::thread::scope(|scope| scope.spawn(|| opened.decode()).join().unwrap());
    assert_eq!(image.unwrap().data(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn channels_are_converted_as_asked_and_counted() {
    let color = ImageBuffer::<Rgb<u8>, _>::from_raw(2, 1, vec![10, 20, 30, 255, 0, 7]).unwrap();
    let file = png(color);
    let kept = decoded(&file).unwrap();
    for (color, channels) in [
        (Color::Keep, 3),
        (Color::Gray, 1),
        (Color::Rgb, 3),
        (Color::Rgba, 4),
    ] {
        let options = DecodeOptions {
            color,
            ..DecodeOptions::default()
        };
        let opened = OpenImage::of_bytes(&file, &options).unwrap();
        assert_eq!(opened.need().shape, ImageShape::u8(2, 1, channels));
        let converted = if channels == 3 {
            6
        } else {
            2 * (3 + u64::from(channels))
        };
        assert_eq!(opened.need().bytes, converted);
        let expected = with_channels(kept.clone(), channels).unwrap();
        assert_eq!(opened.decode().unwrap(), expected);
    }
}

#[test]
fn damage_is_an_error() {
    for content in [
        &b""[..],
        b"no image",
        b"\x89PNG\r\n\x1a\n",
        b"P5 0 0 255\n",
        b"P5 9 9 255\n1",
    ] {
        assert!(decoded(content).is_err(), "{content:?}");
    }
    let text = |content: &[u8]| decoded(content).unwrap_err().to_string();
    assert_eq!(
        text(b"8BPS\0\x01"),
        "no image of a known format: it begins with \"8BPS\\x00\\x01\"; PNG, JPEG, BMP, PNM, GIF, TIFF and WebP are read"
    );
    let cut = text(b"P5 9 9 255\n1");
    assert!(cut.contains("ends before its image does"), "{cut}");
}

#[test]
fn every_cut_of_a_file_is_noticed() {
    let image = Image::from_fn(24, 17, 3, |x, y, c| (x * y * 5 + c * 70) as u8).unwrap();
    for format in [Format::Png, Format::Jpeg, Format::Pnm] {
        let file = encode(ImageView::from(&image), format, &EncodeOptions::default()).unwrap();
        // The last chunk of PNG has no pixels, nor has the last marker of JPEG, which is also there without its second byte.
        let end = match format {
            Format::Png => 16,
            Format::Jpeg => 2,
            _ => 0,
        };
        for length in 0..file.len() - end {
            assert!(decoded(&file[..length]).is_err(), "{format} {length}");
        }
    }
}

#[test]
fn limits_are_compared_before_memory_is_taken() {
    let limits = |max_pixels, max_bytes| Limits {
        max_pixels,
        max_bytes,
        ..Limits::default()
    };
    let open = |file, limits| OpenImage::of_bytes(file, &within(limits)).map(drop);
    let bomb = b"P5 60000 60000 255\n\x01";
    let error = open(bomb, Limits::default()).unwrap_err().to_string();
    assert_eq!(
        error,
        "60000x60000 is more than 178956970 pixels; raise max_pixels if the source is to be trusted"
    );
    let error = open(bomb, limits(u64::MAX, 1 << 20)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "decoding 60000x60000x1 u8 takes 3600000000 bytes of memory, and may take 1048576; raise max_bytes if the source is to be trusted"
    );
    let file = b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06";
    assert!(open(file, limits(6, 6)).is_ok());
    assert!(matches!(
        open(file, limits(5, 6)),
        Err(DecodeError::TooManyPixels { limit: 5, .. })
    ));
    assert!(matches!(
        open(file, limits(6, 5)),
        Err(DecodeError::TooManyBytes { bytes: 6, .. })
    ));
}

#[test]
fn sizes_beyond_any_memory_are_compared_without_overflow() {
    let without = Limits {
        max_pixels: u64::MAX,
        max_bytes: u64::MAX - 1,
        ..Limits::default()
    };
    let mut png = png(DynamicImage::new_rgba8(1, 1));
    png[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let pnm = b"P7\nWIDTH 4294967295\nHEIGHT 4294967295\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
    for file in [&png[..], pnm] {
        let opened = OpenImage::of_bytes(file, &within(without));
        assert!(opened.is_err(), "{opened:?}");
    }
}

#[test]
fn pnm_samples_are_those_that_opencv_reads() {
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
        let image = decoded(file).unwrap();
        assert_eq!(image.data(), expected, "{}", file.escape_ascii());
    }
}

#[test]
fn what_an_image_needs_is_known_before_it_is_read() {
    let (width, height) = (7, 5);
    let bytes = |image: DynamicImage| need(&png(image)).bytes;
    assert_eq!(bytes(DynamicImage::new_luma8(width, height)), 35);
    assert_eq!(bytes(DynamicImage::new_rgb8(width, height)), 105);
    // Gray with alpha gets more channels, and 16 bits become 8.
    assert_eq!(bytes(DynamicImage::new_luma_a8(width, height)), 70 + 140);
    assert_eq!(bytes(DynamicImage::new_rgba16(width, height)), 280 + 140);
    // The pixels, and what the decoder takes.
    let jpeg = file_of(
        DynamicImage::new_rgb8(width, height),
        image::ImageFormat::Jpeg,
    );
    let header = pixelflume_jpeg::Header::read(&jpeg).unwrap();
    let decoder = header.bytes_needed(&pixelflume_jpeg::Options::default());
    assert_eq!(need(&jpeg).bytes, 105 + decoder.unwrap());
}

#[test]
fn a_second_size_in_a_jpeg_file_is_refused() {
    let jpeg = turned_jpeg(16, 8, &[7; 16 * 8], 1);
    let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    // A frame of one pixel before the true one, and after it one that is larger than allowed.
    let segment = |rows: u8, columns: u8| {
        let mut segment = jpeg[frame..frame + 13].to_vec();
        (segment[6], segment[8]) = (rows, columns);
        segment
    };
    let small = [&jpeg[..frame], &segment(1, 1), &jpeg[frame..]].concat();
    // A frame of the same size, with three components in place of one.
    let color = [
        &[0xff, 0xc0, 0, 17, 8, 0, 8, 0, 16, 3][..],
        &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0],
    ];
    let color = [&jpeg[..frame], &color.concat(), &jpeg[frame..]].concat();
    for file in [small, color] {
        let error = decoded(&file).unwrap_err();
        let DecodeError::Jpeg(JpegError::Invalid { offset, fault }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(fault, pixelflume_jpeg::Fault::Twice { marker: 0xc0 });
        assert!((frame..file.len()).contains(&offset));
    }
}

#[test]
fn gray_of_a_color_file_is_its_luma() {
    let color = ImageBuffer::<Rgb<u8>, _>::from_fn(33, 21, |x, y| {
        Rgb([(x * 7) as u8, (y * 12) as u8, (x * y) as u8])
    });
    let file = file_of(color, image::ImageFormat::Jpeg);
    let gray = DecodeOptions {
        color: Color::Gray,
        ..DecodeOptions::default()
    };
    let opened = OpenImage::of_bytes(&file, &gray).unwrap();
    assert_eq!(opened.need().shape, ImageShape::u8(33, 21, 1));
    let luma = opened.decode().unwrap();
    let mut expected = vec![0; 33 * 21];
    let options = pixelflume_jpeg::Options {
        color: pixelflume_jpeg::Color::Gray,
        ..Default::default()
    };
    let target = pixelflume_jpeg::Target {
        data: &mut expected,
        pitch: 33,
    };
    let mut decoder = pixelflume_jpeg::Decoder::new();
    decoder.decode(&file, &options, target).unwrap();
    assert_eq!(luma.data(), expected);
    let rgba = DecodeOptions {
        color: Color::Rgba,
        ..DecodeOptions::default()
    };
    let rgba = decode(&file, &rgba).unwrap();
    let kept = decoded(&file).unwrap();
    assert_eq!(Some(rgba), with_channels(kept, 4));
}

#[test]
fn what_is_there_of_a_cut_file_is_decoded_where_that_is_asked() {
    let gray: Vec<u8> = (0..64 * 64).map(|n| (n % 64 * 3) as u8).collect();
    let whole = turned_jpeg(64, 64, &gray, 6);
    let cut = &whole[..whole.len() * 3 / 4];
    let error = decoded(cut).unwrap_err();
    let DecodeError::Jpeg(JpegError::Truncated { offset }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(offset, cut.len());
    assert!(error.to_string().contains("allow_truncated"), "{error}");
    let allowed = DecodeOptions {
        allow_truncated: true,
        orientation: Orientation::Ignore,
        ..DecodeOptions::default()
    };
    let part = decode(cut, &allowed).unwrap();
    let whole = decode(&whole, &ignoring()).unwrap();
    assert_eq!(part.shape(), whole.shape());
    // The upper half is there, and the last row of blocks is gray.
    let half = 64 * 32;
    assert_eq!(part.data()[..half], whole.data()[..half]);
    assert!(part.data()[64 * 63..].iter().all(|&sample| sample == 128));
}
