//! Checks of the image arguments of a launch.

use crate::image::ImageParam;
use std::fmt;
use std::ops::Range;

/// Checks the memory of a launch with one input, see [`check_memory`]. `source_sample` and `target_sample` are the bytes of the
/// samples.
pub(crate) fn check_images(
    source: &ImageParam,
    source_sample: usize,
    target: &ImageParam,
    target_sample: usize,
) -> Result<(), String> {
    check_memory(&[(*source, source_sample)], (*target, target_sample))
}

/// Checks the memory of a launch that reads the images `sources` and writes `target`; each image comes with the bytes of its
/// samples. All batches must be equal, and the target must overlap no source. The error says what is wrong.
pub(crate) fn check_memory(
    sources: &[(ImageParam, usize)],
    (target, target_sample): (ImageParam, usize),
) -> Result<(), String> {
    let written = span(&"output", &target, target_sample)?;
    for (index, (source, sample)) in sources.iter().enumerate() {
        let name = Input {
            index,
            count: sources.len(),
        };
        let read = span(&name, source, *sample)?;
        if source.batch != target.batch {
            return Err(format!(
                "the {name} holds {} image(s), the output {}",
                source.batch, target.batch
            ));
        }
        if read.start < written.end && written.start < read.end {
            return Err(format!(
                "the {name} at {read:#x?} and the output at {written:#x?} overlap; an operator cannot work in place"
            ));
        }
    }
    Ok(())
}

/// The name of an input in messages, with its number where there are several.
struct Input {
    index: usize,
    count: usize,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str("input"),
            _ => write!(f, "input {}", self.index),
        }
    }
}

/// The addresses from the first sample of `image` to the end of its last sample, or the reason why there are
/// none.
fn span(name: &dyn fmt::Display, image: &ImageParam, sample: usize) -> Result<Range<u64>, String> {
    let sample = sample as u64;
    let row_bytes = u64::from(image.width) * u64::from(image.channels) * sample;
    if row_bytes == 0 || image.height == 0 || image.batch == 0 {
        return Err(format!("the {name} holds no samples: {image:?}"));
    }
    if image.base == 0 {
        return Err(format!("the {name} has no memory: {image:?}"));
    }
    if !image.base.is_multiple_of(sample)
        || !image.row_pitch.is_multiple_of(sample)
        || !image.batch_stride.is_multiple_of(sample)
    {
        return Err(format!(
            "base, row pitch and batch stride of the {name} must be multiples of its {sample}-byte samples: {image:?}"
        ));
    }
    if image.row_pitch < row_bytes {
        return Err(format!(
            "the row pitch of the {name} is {}, its rows have {row_bytes} bytes",
            image.row_pitch
        ));
    }
    let overflow = || format!("the {name} leaves the address space: {image:?}");
    let frame = u64::from(image.height - 1)
        .checked_mul(image.row_pitch)
        .and_then(|bytes| bytes.checked_add(row_bytes))
        .ok_or_else(overflow)?;
    if image.batch > 1 && image.batch_stride < frame {
        return Err(format!(
            "the batch stride of the {name} is {}, an image spans {frame} bytes",
            image.batch_stride
        ));
    }
    let end = u64::from(image.batch - 1)
        .checked_mul(image.batch_stride)
        .and_then(|bytes| bytes.checked_add(frame))
        .filter(|&bytes| bytes <= isize::MAX as u64)
        .and_then(|bytes| image.base.checked_add(bytes))
        .ok_or_else(overflow)?;
    Ok(image.base..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32, batch: u32, row_pitch: u64, batch_stride: u64) -> ImageParam {
        ImageParam {
            base: 0x1000,
            row_pitch,
            batch_stride,
            width,
            height,
            channels: 1,
            batch,
        }
    }

    #[test]
    fn memory_that_cannot_be_is_refused() {
        let far = |image: ImageParam| ImageParam {
            base: 0x10_0000,
            ..image
        };
        let good = image(10, 4, 2, 12, 48);
        let check = |source: ImageParam, target: ImageParam| check_images(&source, 1, &target, 1);
        assert_eq!(check(good, far(good)), Ok(()));
        // The last row needs no padding, and one image no stride.
        assert_eq!(
            check(image(10, 4, 2, 12, 46), far(image(10, 4, 2, 12, 46))),
            Ok(())
        );
        assert_eq!(
            check(image(10, 4, 1, 12, 0), far(image(10, 4, 1, 10, 0))),
            Ok(())
        );

        for (bad, message) in [
            (image(10, 4, 2, 9, 48), "row pitch of the input is 9"),
            (image(10, 4, 2, 12, 45), "batch stride of the input is 45"),
            (image(0, 4, 2, 12, 48), "holds no samples"),
            (image(10, 0, 2, 12, 48), "holds no samples"),
            (image(10, 4, 2, u64::MAX, 48), "leaves the address space"),
            (
                image(10, 4, 2, 12, u64::MAX / 2),
                "leaves the address space",
            ),
            (ImageParam { base: 0, ..good }, "has no memory"),
        ] {
            let error = check(bad, far(good)).expect_err(message);
            assert!(error.contains(message), "{error}");
        }
        let error = check(good, far(image(10, 4, 3, 12, 48))).expect_err("batches differ");
        assert_eq!(error, "the input holds 2 image(s), the output 3");
        let overlapping = ImageParam {
            base: good.base + 93,
            ..good
        };
        assert!(
            check(good, overlapping)
                .expect_err("overlap")
                .contains("overlap")
        );
        let beside = ImageParam {
            base: good.base + 94,
            ..good
        };
        assert_eq!(check(good, beside), Ok(()));
    }

    #[test]
    fn signed_rows_must_be_aligned() {
        let source = image(10, 4, 2, 12, 48);
        let target = ImageParam {
            base: 0x10_0000,
            ..image(10, 4, 2, 20, 80)
        };
        assert_eq!(check_images(&source, 1, &target, 2), Ok(()));
        for bad in [
            ImageParam {
                base: 0x10_0001,
                ..target
            },
            ImageParam {
                row_pitch: 21,
                batch_stride: 100,
                ..target
            },
            ImageParam {
                batch_stride: 81,
                ..target
            },
        ] {
            let error = check_images(&source, 1, &bad, 2).expect_err("unaligned");
            assert!(error.contains("multiples of its 2-byte samples"), "{error}");
        }
    }
}
