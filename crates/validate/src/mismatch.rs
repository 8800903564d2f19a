//! The errors of a comparison: two images that differ, and the random case in which they do.

use anyhow::bail;
use pixelflume::ops::{ImageBatch, ImageShape, Layout};
use std::fmt;

/// One image as two devices computed it, without padding.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) shape: ImageShape,
    pub(crate) host: Vec<u8>,
    pub(crate) cuda: Vec<u8>,
}

/// The error of a comparison of images; reports show both images.
#[derive(Debug)]
pub(crate) struct Mismatch {
    text: String,
    pub(crate) pair: Pair,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Mismatch {}

/// A random case of a check, attached to an error as context: reports print the command that runs it alone.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) number: u64,
    /// Seed, shape and settings.
    pub(crate) what: String,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Fails at the first byte that differs.
pub(crate) fn equal(what: &str, host: &[u8], cuda: &[u8]) -> anyhow::Result<()> {
    if host.len() != cuda.len() {
        let (host, cuda) = (host.len(), cuda.len());
        bail!("{what}: {host} bytes on the host, {cuda} on CUDA");
    }
    let Some(first) = host.iter().zip(cuda).position(|(a, b)| a != b) else {
        return Ok(());
    };
    let differing = host.iter().zip(cuda).filter(|(a, b)| a != b).count();
    bail!(
        "{what}: {differing} of {} bytes differ, first at {first}: {} on the host, {} on CUDA",
        host.len(),
        host[first],
        cuda[first]
    )
}

/// Compares the bytes of one image without padding; the error is a [`Mismatch`].
pub(crate) fn equal_image(
    what: &str,
    shape: ImageShape,
    host: &[u8],
    cuda: &[u8],
) -> anyhow::Result<()> {
    let batch = ImageBatch::tight(shape, 1, Default::default());
    equal_batch(what, &batch, host, cuda)
}

/// Compares a batch of images including padding; the error is a [`Mismatch`] of the first frame that differs, unless only
/// padding differs.
pub(crate) fn equal_batch(
    what: &str,
    batch: &ImageBatch,
    host: &[u8],
    cuda: &[u8],
) -> anyhow::Result<()> {
    let Err(error) = equal(what, host, cuda) else {
        return Ok(());
    };
    let shape = batch.shape;
    if host.len() != cuda.len() || host.len() < batch.span_bytes() {
        return Err(error);
    }
    for frame in 0..batch.batch as usize {
        let tight = |bytes: &[u8]| -> Vec<u8> {
            let rows = bytes[frame * batch.batch_stride..].chunks(batch.row_pitch);
            let rows = rows.take(shape.rows());
            rows.flat_map(|row| &row[..shape.row_bytes()])
                .copied()
                .collect()
        };
        let (host, cuda) = (tight(host), tight(cuda));
        let Some(first) = host.iter().zip(&cuda).position(|(a, b)| a != b) else {
            continue;
        };
        let place = place(shape, first);
        return Err(Mismatch {
            text: format!("{error}; the first in frame {frame}, {place}"),
            pair: Pair { shape, host, cuda },
        }
        .into());
    }
    Err(error.context(format!(
        "{what}: all pixels are equal, but padding was written to"
    )))
}

/// The pixel and the channel of a byte of an image.
fn place(shape: ImageShape, byte: usize) -> String {
    let (row, sample) = (
        byte / shape.row_bytes(),
        byte % shape.row_bytes() / shape.sample.bytes(),
    );
    let (channels, height) = (shape.channels as usize, shape.height as usize);
    let (x, y, channel) = match shape.layout {
        Layout::Interleaved => (sample / channels, row, sample % channels),
        Layout::Planar => (sample, row % height, row / height),
    };
    format!("x {x}, y {y}, channel {channel} of {shape}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume::device::Address;

    fn padded() -> ImageBatch {
        ImageBatch {
            shape: ImageShape::u8(4, 3, 3),
            batch: 2,
            base: Address::NULL,
            row_pitch: 15,
            batch_stride: 50,
        }
    }

    #[test]
    fn the_first_frame_that_differs_is_shown_without_its_padding() {
        let batch = padded();
        let host: Vec<u8> = (0..batch.span_bytes() as u8).collect();
        let mut cuda = host.clone();
        let at = 50 + 2 * 15 + 7;
        cuda[at] += 1;
        let error = equal_batch("case", &batch, &host, &cuda).expect_err("they differ");
        let text = error.to_string();
        assert!(
            text.contains("1 of 92 bytes differ, first at 87")
                && text.contains("x 2, y 2, channel 1"),
            "{text}"
        );
        let error = error.context(Case {
            number: 4,
            what: "case 4".to_owned(),
        });
        let pair = &error
            .downcast_ref::<Mismatch>()
            .expect("images differ")
            .pair;
        assert_eq!(pair.host.len(), batch.shape.bytes());
        assert_eq!(pair.host[2 * 12 + 7], host[at]);
        assert_eq!(pair.cuda[2 * 12 + 7], host[at] + 1);
        assert_eq!(
            error.downcast_ref::<Case>().map(|case| case.number),
            Some(4)
        );
    }

    #[test]
    fn padding_and_lengths_count_too() {
        let batch = padded();
        let host = vec![0; batch.span_bytes()];
        let mut cuda = host.clone();
        cuda[13] = 1;
        let error = equal_batch("case", &batch, &host, &cuda).expect_err("padding differs");
        assert!(
            error.to_string().contains("padding was written to"),
            "{error}"
        );
        let error = equal_batch("case", &batch, &host, &host[1..]).expect_err("other lengths");
        assert!(
            error.to_string().contains("92 bytes on the host, 91"),
            "{error}"
        );
        equal_batch("case", &batch, &host, &host).expect("equal");
    }
}
