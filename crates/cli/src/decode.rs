//! Decodes image files to 8-bit interleaved pixels.

use crate::jpeg;
use crate::video::header::check_size;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Decodes images that go through the pipeline together; the format of each follows from its content, and from its name
/// where the content does not tell.
///
/// Channels stay as they are (gray 1, RGB 3, RGBA 4); gray with alpha becomes RGBA. Samples of 16 bits become 8 bits by
/// `round(v / 257)`. The pixels are turned as the EXIF orientation says. Nothing is done about colour profiles. An image
/// of more than `max_pixels` is refused. A file that ends early is an error, not half an image.
///
/// `admit` is called with the size of all decoded images in bytes before memory is taken for them; what it gives is
/// returned with the images. Errors name the file where there are several.
pub(crate) fn decode<P>(
    paths: &[PathBuf],
    max_pixels: u64,
    admit: impl FnOnce(u64) -> P,
) -> Result<(Vec<Image>, P), String> {
    // Decoders read what strangers wrote. A panic in one of them must not end the run over all other images.
    catch_unwind(AssertUnwindSafe(|| {
        decode_unguarded(paths, max_pixels, admit)
    }))
    .unwrap_or_else(|_| Err("the decoder broke down over this file".to_owned()))
}

fn decode_unguarded<P>(
    paths: &[PathBuf],
    max_pixels: u64,
    admit: impl FnOnce(u64) -> P,
) -> Result<(Vec<Image>, P), String> {
    let named = |path: &Path, error: String| match paths.len() {
        1 => error,
        _ => format!("{}: {error}", path.display()),
    };
    // All are opened before any is decoded: memory is asked for once, so that nobody waits for more while holding some.
    let open = |path: &PathBuf| open(path, max_pixels).map_err(|error| named(path, error));
    let decoders = paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let bytes = decoders.iter().map(|decoder| decoder.total_bytes());
    let permit = admit(bytes.fold(0, u64::saturating_add));
    let images = decoders.into_iter().zip(paths);
    let images = images.map(|(decoder, path)| finish(decoder).map_err(|error| named(path, error)));
    Ok((images.collect::<Result<_, _>>()?, permit))
}

/// Reads as much of a file as tells how large its image is.
fn open(path: &Path, max_pixels: u64) -> Result<impl ImageDecoder + use<>, String> {
    let text = |error: image::ImageError| error.to_string();
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|error| error.to_string())?;
    // What the number of pixels allows, memory does: at most four samples of two bytes each.
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_pixels.saturating_mul(8).max(LEAST_LIMIT));
    reader.limits(limits.clone());
    if reader.format() == Some(ImageFormat::Jpeg) {
        let file = std::fs::read(path).map_err(|error| error.to_string())?;
        if !jpeg::is_complete(&file) {
            return Err("the JPEG file ends before its image does".to_owned());
        }
    }
    let mut decoder = reader.into_decoder().map_err(text)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, max_pixels).map_err(|error| error.to_string())?;
    limits.reserve(decoder.total_bytes()).map_err(text)?;
    decoder.set_limits(limits).map_err(text)?;
    Ok(decoder)
}

/// Memory that a decoder may take however few pixels are allowed: tables and the like.
const LEAST_LIMIT: u64 = 64 << 20;

fn finish(mut decoder: impl ImageDecoder) -> Result<Image, String> {
    // An orientation that cannot be read is none.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    decoded.apply_orientation(orientation);
    let (width, height) = (decoded.width(), decoded.height());
    let (channels, data) = to_bytes(decoded);
    let shape = ImageShape::u8(width, height, channels);
    Image::new(shape, data).map_err(|error| error.to_string())
}

/// Number of channels, and the samples as 8 bits.
fn to_bytes(image: DynamicImage) -> (u32, Vec<u8>) {
    match image.color() {
        ColorType::L8 | ColorType::L16 => (1, image.into_luma8().into_raw()),
        ColorType::La8 | ColorType::La16 | ColorType::Rgba8 | ColorType::Rgba16 => {
            (4, image.into_rgba8().into_raw())
        }
        color if color.has_alpha() => (4, image.into_rgba8().into_raw()),
        _ => (3, image.into_rgb8().into_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Luma, LumaA, Rgb};
    use std::fs;

    const LIMIT: u64 = 1 << 28;

    fn decode_one<P>(path: &Path, admit: impl FnOnce(u64) -> P) -> Result<(Image, P), String> {
        let (mut images, permit) = decode(&[path.to_owned()], LIMIT, admit)?;
        Ok((images.remove(0), permit))
    }

    fn decode_plain(path: &Path) -> Result<Image, String> {
        decode_one(path, |_| ()).map(|(image, ())| image)
    }

    #[test]
    fn sixteen_bits_round_to_eight() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep.png");
        let all =
            ImageBuffer::<Luma<u16>, _>::from_fn(256, 256, |x, y| Luma([(y * 256 + x) as u16]));
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

    /// A JPEG file of these rows of gray, with an EXIF block that says how to turn it.
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
            // Turned by a quarter, clockwise: left becomes top.
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
        let (image, told) = decode_one(&path, |bytes| bytes).unwrap();
        assert_eq!(told, 6);
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
        assert!(decode(&paths, 6, |_| ()).is_ok());
        assert!(decode(&paths, 5, |_| ()).is_err());
    }

    #[test]
    fn images_that_belong_together_are_admitted_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.pgm", "b.pgm"].map(|name| folder.path().join(name));
        fs::write(&paths[0], b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06").unwrap();
        fs::write(&paths[1], b"P5 1 1 255\n\x09").unwrap();
        let (images, told) = decode(&paths, LIMIT, |bytes| bytes).unwrap();
        assert_eq!((images.len(), told), (2, 7));
        assert_eq!(images[1].data(), [9]);
        fs::write(&paths[1], b"P5 1 1 255\n").unwrap();
        let error = decode(&paths, LIMIT, |_| ()).unwrap_err();
        assert!(error.contains("b.pgm: "), "{error}");
    }

    #[test]
    fn a_broken_decoder_is_an_error_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pgm");
        fs::write(&path, b"P5 1 1 255\n\x01").unwrap();
        // A panic at any point inside stands for a panic in a decoder.
        let error = decode_one(&path, |_| -> () { panic!("as a decoder might") }).unwrap_err();
        assert!(error.contains("broke down"), "{error}");
    }
}
