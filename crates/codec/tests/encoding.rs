//! Encoded images: round trips, refusals, and files that appear complete or not at all.

use pixelflume_codec::{
    DecodeOptions, EncodeError, EncodeOptions, Existing, Format, Subsampling, check_shape, decode,
    encode, write,
};
use pixelflume_ops::{Image, ImageView};
use pixelflume_ops::{ImageShape, Layout, SampleType};
use std::fs;
use std::path::Path;

fn image(width: u32, height: u32, channels: u32) -> Image {
    let sample = |x, y, c| (x * 31 + y * 57 + c * 83 + x * y) as u8;
    Image::from_fn(width, height, channels, sample).unwrap()
}

fn decoded(file: &[u8]) -> Image {
    decode(file, &DecodeOptions::default()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn lossless_formats_keep_every_sample() {
    for format in [Format::Png, Format::Bmp, Format::Pnm] {
        for channels in [1, 3, 4] {
            for (width, height) in [(1, 1), (5, 3), (64, 17)] {
                let image = image(width, height, channels);
                let file =
                    encode(ImageView::from(&image), format, &EncodeOptions::default()).unwrap();
                assert_eq!(Format::of_content(&file), Some(format));
                let got = decoded(&file);
                // BMP has a palette for gray, and decoders give its colors.
                if format == Format::Bmp && channels == 1 {
                    let gray: Vec<u8> = got.data().iter().step_by(3).copied().collect();
                    assert_eq!((got.shape().channels, &gray[..]), (3, image.data()));
                    continue;
                }
                assert_eq!(got.shape(), image.shape(), "{format}");
                assert_eq!(got.data(), image.data(), "{format} {:?}", image.shape());
            }
        }
    }
}

#[test]
fn jpeg_is_near_and_nearer_with_quality() {
    let smooth = Image::from_fn(40, 24, 3, |x, y, c| (x * 4 + y * 3 + c * 9) as u8).unwrap();
    let far = |quality| {
        let options = EncodeOptions {
            quality,
            ..EncodeOptions::default()
        };
        let file = encode(ImageView::from(&smooth), Format::Jpeg, &options).unwrap();
        let got = decoded(&file);
        assert_eq!(got.shape(), smooth.shape());
        let pairs = got.data().iter().zip(smooth.data());
        let most = pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        (most, file.len())
    };
    let (low, default, high) = (far(Some(10)), far(None), far(Some(100)));
    assert!(high.0 <= 4 && low.0 > high.0, "{low:?} {high:?}");
    assert!(low.1 < default.1 && default.1 < high.1);
    assert_eq!(far(Some(95)), default);
}

#[test]
fn jpeg_has_the_subsampling_and_the_tables_that_are_said() {
    let image = image(50, 40, 3);
    let encoded =
        |options: &EncodeOptions| encode(ImageView::from(&image), Format::Jpeg, options).unwrap();
    // The sampling factors of the first component: byte 11 of the frame header.
    let factors = |file: &[u8]| {
        let frame = file
            .windows(4)
            .position(|four| four == [0xff, 0xc0, 0, 17])
            .unwrap();
        file[frame + 11]
    };
    let default = encoded(&EncodeOptions::default());
    assert_eq!(factors(&default), 0x22);
    for (subsampling, expected) in Subsampling::ALL
        .into_iter()
        .zip([0x11, 0x21, 0x22, 0x12, 0x41])
    {
        let options = EncodeOptions {
            subsampling: Some(subsampling),
            ..EncodeOptions::default()
        };
        assert_eq!(factors(&encoded(&options)), expected);
    }
    let optimized = encoded(&EncodeOptions {
        optimize: true,
        ..EncodeOptions::default()
    });
    assert!(optimized.len() < default.len());
    assert_eq!(decoded(&optimized), decoded(&default));
}

#[test]
fn padding_between_rows_is_left_out() {
    let whole = image(10, 6, 3);
    let part = ImageView::from(&whole).region(2, 1, 5, 4).unwrap();
    let file = encode(part, Format::Png, &EncodeOptions::default()).unwrap();
    assert_eq!(decoded(&file), part.to_image());
}

#[test]
fn what_a_format_cannot_hold_is_refused_with_advice() {
    let text = |shape, format| check_shape(&shape, format).unwrap_err().to_string();
    let of = |channels, sample, layout| ImageShape {
        sample,
        layout,
        ..ImageShape::u8(4, 3, channels)
    };
    let jpeg = text(ImageShape::u8(4, 3, 4), Format::Jpeg);
    assert!(
        jpeg.starts_with("JPEG cannot hold an image of 4x3x4 u8: ") && jpeg.contains("rgba_to_rgb")
    );
    let two = text(ImageShape::u8(4, 3, 2), Format::Png);
    assert!(two.contains("1, 3 or 4 channels"), "{two}");
    let float = text(of(3, SampleType::F32, Layout::Interleaved), Format::Png);
    assert!(float.contains("to_u8"), "{float}");
    let planar = text(of(3, SampleType::U8, Layout::Planar), Format::Bmp);
    assert!(planar.contains("HWC"), "{planar}");
    let wide = text(ImageShape::u8(65_536, 1, 1), Format::Jpeg);
    assert!(wide.contains("65500"), "{wide}");
    assert!(check_shape(&of(1, SampleType::U8, Layout::Planar), Format::Png).is_ok());

    let gif = text(ImageShape::u8(4, 3, 4), Format::Gif);
    assert_eq!(gif, "GIF is read and not written; take PNG");

    let image = image(4, 3, 3);
    let with = |format, quality| {
        encode(
            ImageView::from(&image),
            format,
            &EncodeOptions::of_quality(quality),
        )
    };
    for quality in [0, 101, 255] {
        let error = with(Format::Jpeg, quality).unwrap_err();
        assert!(matches!(error, EncodeError::Quality { .. }), "{error:?}");
    }
    let error = with(Format::Png, 90).unwrap_err().to_string();
    assert!(
        error.starts_with("PNG keeps every sample and has no quality"),
        "{error}"
    );
    let subsampling = Some(Subsampling::S444);
    for (options, option) in [
        (
            EncodeOptions {
                subsampling,
                ..EncodeOptions::default()
            },
            "subsampling",
        ),
        (
            EncodeOptions {
                optimize: true,
                ..EncodeOptions::default()
            },
            "optimize",
        ),
    ] {
        let error = encode(ImageView::from(&image), Format::Bmp, &options).unwrap_err();
        assert!(
            matches!(error, EncodeError::NoOption { option: name, .. } if name == option),
            "{error:?}"
        );
    }
}

#[test]
fn files_are_replaced_only_where_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let (first, second) = (image(4, 3, 3), image(3, 4, 1));
    let write_to = |path: &Path, image: &Image, existing| {
        write(
            path,
            image.into(),
            Format::Png,
            &EncodeOptions::default(),
            existing,
        )
    };
    write_to(&path, &first, Existing::Refuse).unwrap();
    let error = write_to(&path, &second, Existing::Refuse).unwrap_err();
    assert!(matches!(error, EncodeError::Exists { .. }), "{error:?}");
    assert_eq!(decoded(&fs::read(&path).unwrap()), first);
    write_to(&path, &second, Existing::Replace).unwrap();
    assert_eq!(decoded(&fs::read(&path).unwrap()), second);

    let below = folder.path().join("folder.png");
    fs::create_dir(&below).unwrap();
    let error = write_to(&below, &first, Existing::Replace).unwrap_err();
    assert!(matches!(error, EncodeError::NotRegular { .. }), "{error:?}");
    let missing = folder.path().join("missing/a.png");
    let error = write_to(&missing, &first, Existing::Refuse).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");
    let mut names = names(folder.path());
    names.sort();
    assert_eq!(names, ["a.png", "folder.png"]);
}

#[test]
fn a_failed_encoding_leaves_no_file_and_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    fs::write(&path, "old").unwrap();
    let image = image(4, 3, 4);
    let failed = write(
        &path,
        ImageView::from(&image),
        Format::Jpeg,
        &EncodeOptions::default(),
        Existing::Replace,
    );
    assert!(failed.is_err());
    assert_eq!(names(folder.path()), ["a.jpg"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let (path, other) = (folder.path().join("a.png"), folder.path().join("b"));
    write(
        &path,
        ImageView::from(&image(1, 1, 1)),
        Format::Png,
        &EncodeOptions::default(),
        Existing::Refuse,
    )
    .unwrap();
    fs::write(&other, "").unwrap();
    assert_eq!(mode(&path), mode(&other));
    // One that is replaced keeps those that it has.
    for kept in [0o600, 0o664, 0o755] {
        fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
        write(
            &path,
            ImageView::from(&image(1, 1, 1)),
            Format::Png,
            &EncodeOptions::default(),
            Existing::Replace,
        )
        .unwrap();
        assert_eq!(mode(&path) & 0o7777, kept);
    }
}

#[cfg(unix)]
#[test]
fn links_stay_and_lead_to_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, link) = (folder.path().join("kept"), folder.path().join("link.png"));
    fs::write(&kept, "kept").unwrap();
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    let image = image(2, 2, 1);
    let write = |existing| {
        write(
            &link,
            ImageView::from(&image),
            Format::Png,
            &EncodeOptions::default(),
            existing,
        )
    };
    assert!(matches!(
        write(Existing::Refuse),
        Err(EncodeError::Exists { .. })
    ));
    assert_eq!(fs::read(&kept).unwrap(), b"kept");
    write(Existing::Replace).unwrap();
    assert!(fs::read(&kept).unwrap().starts_with(b"\x89PNG"));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    // It leads nowhere, then to a folder.
    fs::remove_file(&kept).unwrap();
    let error = write(Existing::Replace).unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert!(!kept.exists());
    fs::create_dir(&kept).unwrap();
    let error = write(Existing::Replace).unwrap_err();
    assert!(matches!(error, EncodeError::NotRegular { .. }), "{error}");
}
