//! Reads the images of a set together, by `pixelflume::codec`, and names the command's options in its errors. What the device will
//! decode is read as it is.

use crate::advice;
use crate::limits::Limits;
use crate::pixels::Pixels;
use pixelflume::codec::{self, DecodeError, DecodeOptions, Format, Need, OpenImage, read_bytes};
use pixelflume::files::video::SizeError;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::FrameImage;
use std::fs;
use std::path::PathBuf;

/// Bytes of a file, with those for each pixel of its image, above which the CPU decodes it: few files have so many, and what is behind the image
/// is not read then.
const FILE_BYTES: u64 = 64 << 10;
const PIXEL_BYTES: u64 = 8;

/// The options of a pipeline within the limits of a run.
pub(crate) fn within(options: &DecodeOptions, limits: &Limits) -> DecodeOptions {
    DecodeOptions {
        limits: codec::Limits {
            max_pixels: limits.max_pixels,
            // `admit` knows how much memory there is.
            max_bytes: u64::MAX,
            ..codec::Limits::default()
        },
        ..*options
    }
}

/// Reads images that are processed together, and decodes those for which `on_device` is not true: it is asked with the shapes of all of
/// them and the number of one JPEG file. An image of more than `limits.max_pixels` pixels is refused.
///
/// `admit` is called with the memory that the images need when the CPU decodes them, and with the bytes that they take here, before
/// these are allocated; its result is returned with the images. Errors name the file where there are several.
pub(crate) fn read<P>(
    paths: &[PathBuf],
    options: &DecodeOptions,
    limits: &Limits,
    on_device: impl Fn(&[ImageShape], usize) -> bool,
    admit: impl FnOnce(&[Need], u64) -> Result<P, String>,
) -> Result<(Vec<Pixels>, P), String> {
    let options = within(options, limits);
    // All files are opened before any is decoded, so that memory is requested once: a decoder that waits for more while it
    // holds some could wait forever.
    let open = |(number, path): (usize, &PathBuf)| {
        let opened = OpenImage::of_file(path, &options);
        opened.map_err(|error| named(paths, number, error))
    };
    let opened = paths.iter().enumerate().map(open);
    let opened = opened.collect::<Result<Vec<_>, _>>()?;
    let needs: Vec<Need> = opened.iter().map(OpenImage::need).collect();
    let shapes: Vec<ImageShape> = needs.iter().map(|need| need.shape).collect();
    let lengths = opened.iter().enumerate().map(|(number, opened)| {
        let is_jpeg = opened.format() == Format::Jpeg;
        let asked = is_jpeg && on_device(&shapes, number);
        let length = asked.then(|| fs::metadata(&paths[number]).ok())??.len();
        let pixels = u64::from(shapes[number].width) * u64::from(shapes[number].height);
        (length <= pixels * PIXEL_BYTES + FILE_BYTES).then_some(length)
    });
    let lengths: Vec<Option<u64>> = lengths.collect();
    let held = lengths.iter().zip(&needs);
    let held = held.map(|(length, need)| length.unwrap_or(need.bytes));
    let permit = admit(&needs, held.fold(0, u64::saturating_add))?;
    let images = opened.into_iter().zip(lengths).enumerate();
    let images = images.map(|(number, (opened, length))| {
        let read = match length {
            None => opened.decode().map(FrameImage::Image).map(Pixels::Ready),
            Some(length) => {
                drop(opened);
                let limits = codec::Limits {
                    max_bytes: length,
                    ..options.limits
                };
                let bytes = read_bytes(&paths[number], &limits);
                bytes.map(|bytes| Pixels::File(bytes, shapes[number]))
            }
        };
        read.map_err(|error| match error {
            // It was shorter when its length was asked for.
            DecodeError::TooLong { .. } => named(paths, number, changed()),
            error => named(paths, number, error),
        })
    });
    Ok((images.collect::<Result<_, _>>()?, permit))
}

/// The error of a file that is another one than when its header was read.
pub(crate) fn changed() -> DecodeError {
    DecodeError::Damaged {
        format: Format::Jpeg,
        reason: "it changed while it was read".to_owned(),
    }
}

/// The text of the error of a file, with its name where there are several.
pub(crate) fn named(paths: &[PathBuf], number: usize, error: DecodeError) -> String {
    match paths.len() {
        1 => text(error),
        _ => format!("{}: {}", paths[number].display(), text(error)),
    }
}

/// The text of an error, with the option where there is one.
fn text(error: DecodeError) -> String {
    match error {
        DecodeError::TooManyPixels {
            width,
            height,
            limit,
            ..
        } => advice::size(&SizeError::TooLarge {
            width,
            height,
            limit,
        }),
        error => error.to_string(),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
