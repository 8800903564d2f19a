//! Files of the tests, and their pixels.

use pixelflume_jpeg::{
    Decoder, EncodeOptions, Encoder, Header, JpegError, Options, Rect, Source, Target,
};

/// A photograph-like image: waves of several frequencies.
pub(crate) fn encoded(width: u32, height: u32, channels: u32, options: &EncodeOptions) -> Vec<u8> {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                let wave = (f64::from(x * (c + 1)) * 0.3).sin() + (f64::from(y * x) * 0.01).cos();
                data.push((128.0 + 60.0 * wave) as u8);
            }
        }
    }
    let pitch = (width * channels) as usize;
    let source = Source {
        data: &data,
        pitch,
        width,
        height,
        channels,
    };
    let mut file = Vec::new();
    Encoder::new().encode(&source, options, &mut file).unwrap();
    file
}

/// Decodes a file, or the part of it that the options ask for.
pub(crate) fn decode(
    decoder: &mut Decoder,
    file: &[u8],
    options: &Options,
) -> Result<Vec<u8>, JpegError> {
    let header = Header::read(file)?;
    let frame = header.frame();
    let whole = Rect {
        x: 0,
        y: 0,
        width: frame.width(),
        height: frame.height(),
    };
    let Rect { width, height, .. } = options.crop.unwrap_or(whole);
    let pitch = width as usize * options.color.channels(header.color());
    let mut data = vec![0; pitch * height as usize];
    decoder.decode(
        file,
        options,
        Target {
            data: &mut data,
            pitch,
        },
    )?;
    Ok(data)
}
