//! Decodes the images of a set together, by `pixelflume::codec`, and names the command's options in its errors.

use crate::container::header::SizeError;
use crate::limits::Limits;
use pixelflume::codec::{self, DecodeError, DecodeOptions, Need, OpenImage};
use pixelflume::pipeline::Image;
use std::path::{Path, PathBuf};

/// Decodes images that are processed together. An image of more than
/// `limits.max_pixels` pixels is refused.
///
/// `admit` is called with the memory that the images need, before it is allocated; its result is returned with the images.
/// Errors name the file where there are several.
pub(crate) fn decode<P>(
    paths: &[PathBuf],
    options: &DecodeOptions,
    limits: &Limits,
    admit: impl FnOnce(&[Need]) -> Result<P, String>,
) -> Result<(Vec<Image>, P), String> {
    let named = |path: &Path, error: DecodeError| match paths.len() {
        1 => text(error),
        _ => format!("{}: {}", path.display(), text(error)),
    };
    let options = DecodeOptions {
        limits: codec::Limits {
            max_pixels: limits.max_pixels,
            // `admit` knows how much memory there is.
            max_bytes: u64::MAX,
            ..codec::Limits::default()
        },
        ..*options
    };
    // All files are opened before any is decoded, so that memory is requested once: a decoder that waits for more while it
    // holds some could wait forever.
    let open = |path: &PathBuf| {
        let opened = OpenImage::of_file(path, &options);
        opened.map_err(|error| named(path, error))
    };
    let opened = paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let needs: Vec<Need> = opened.iter().map(OpenImage::need).collect();
    let permit = admit(&needs)?;
    let images = opened
        .into_iter()
        .zip(paths)
        .map(|(opened, path)| opened.decode().map_err(|error| named(path, error)));
    Ok((images.collect::<Result<_, _>>()?, permit))
}

/// The text of an error, with the option where there is one.
fn text(error: DecodeError) -> String {
    match error {
        DecodeError::TooManyPixels {
            width,
            height,
            limit,
            ..
        } => SizeError::TooLarge {
            width,
            height,
            limit,
        }
        .to_string(),
        error => error.to_string(),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
