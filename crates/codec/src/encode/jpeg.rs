//! JPEG, by `pixelflume-jpeg`: the bytes of libjpeg-turbo.

use crate::encode::Samples;
use pixelflume_jpeg::{EncodeError, EncodeOptions, Encoder, Source};
use std::io::Write;

pub(super) fn encode(
    samples: &Samples<'_>,
    options: &EncodeOptions,
    target: &mut dyn Write,
) -> Result<(), EncodeError> {
    let (width, height) = (samples.width, samples.height);
    let channels = samples.color.channel_count().into();
    let source = Source {
        data: &samples.bytes,
        pitch: width as usize * channels as usize,
        width,
        height,
        channels,
    };
    Encoder::new().encode(&source, options, target)
}
