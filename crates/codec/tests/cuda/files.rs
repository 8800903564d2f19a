//! Files of all kinds, and what the CPU makes of them.

use pixelflume_codec::cuda::{BatchError, BatchOptions, DecodedImage, Pending};
use pixelflume_codec::{Color, DecodeError, Orientation, decode};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{Decoder, Header, JpegError, Options, Target};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::ImageShape;

/// An image, or why there is none.
pub(crate) type Decoded = Result<(ImageShape, Vec<u8>), String>;

/// A file of some kind, whole or damaged.
pub(crate) fn random_file(random: &mut Random, side: usize) -> Vec<u8> {
    let (_, kind) = random.pick(&Kind::ALL);
    let file = write(kind, random.bits(), side);
    match random.below(5) {
        0 => random.pick(&Damage::ALL).1.apply(random, &file),
        _ => file,
    }
}

/// What the CPU makes of a file, turned as it says where that is asked for.
pub(crate) fn expected(file: &[u8], options: &BatchOptions) -> Decoded {
    if options.decode.crop.is_some() {
        let image = decode(file, &options.decode).map_err(|error| error.to_string())?;
        return Ok((image.shape(), image.into_data()));
    }
    let decoded = by_cpu(file, options);
    decoded.map_err(|error| DecodeError::Jpeg(error).to_string())
}

fn by_cpu(file: &[u8], options: &BatchOptions) -> Result<(ImageShape, Vec<u8>), JpegError> {
    let header = Header::read(file)?;
    let frame = header.frame();
    let (width, height) = (frame.width(), frame.height());
    let decode = Options {
        color: match options.decode.color {
            Color::Keep => pixelflume_jpeg::Color::Native,
            Color::Gray => pixelflume_jpeg::Color::Gray,
            Color::Rgb | Color::Rgba => pixelflume_jpeg::Color::Rgb,
        },
        cmyk: options.cmyk,
        allow_truncated: options.decode.allow_truncated,
        ..Options::default()
    };
    let channels = decode.color.channels(header.color());
    let row = width as usize * channels;
    let mut data = vec![0; row * height as usize];
    let target = Target {
        data: &mut data,
        pitch: row,
    };
    Decoder::new().decode(file, &decode, target)?;
    let orientation = match options.decode.orientation {
        Orientation::Exif => header.orientation(),
        Orientation::Ignore => 1,
    };
    Ok(turned(&data, (width, height, channels as u32), orientation))
}

/// The image as OpenCV turns it: transposed, then mirrored.
fn turned(
    data: &[u8],
    (width, height, channels): (u32, u32, u32),
    orientation: u8,
) -> (ImageShape, Vec<u8>) {
    let transposed = orientation >= 5;
    let (columns, rows) = if transposed {
        (height, width)
    } else {
        (width, height)
    };
    let mut out = Vec::with_capacity(data.len());
    for y in 0..rows {
        for x in 0..columns {
            let x = if matches!(orientation, 2 | 3 | 6 | 7) {
                columns - 1 - x
            } else {
                x
            };
            let y = if matches!(orientation, 3 | 4 | 7 | 8) {
                rows - 1 - y
            } else {
                y
            };
            let (x, y) = if transposed { (y, x) } else { (x, y) };
            let at = ((y * width + x) * channels) as usize;
            out.extend_from_slice(&data[at..at + channels as usize]);
        }
    }
    (ImageShape::u8(columns, rows, channels), out)
}

/// The results of a batch, in ordinary memory.
pub(crate) fn images(pending: Pending, memory: &MemoryManager) -> Result<Vec<Decoded>, BatchError> {
    let results = pending.wait()?;
    let one = |result: Result<DecodedImage, DecodeError>| match result {
        Ok(image) => download(image, memory).map(Ok),
        Err(error) => Ok(Err(error.to_string())),
    };
    results.into_iter().map(one).collect()
}

fn download(
    image: DecodedImage,
    memory: &MemoryManager,
) -> Result<(ImageShape, Vec<u8>), BatchError> {
    let (shape, pitch) = (image.shape(), image.row_pitch());
    let (buffer, range) = image.into_parts();
    let mut pinned = memory.pinned(buffer.len())?;
    buffer.download(0, &mut pinned, 0..buffer.len(), buffer.stream())?;
    let bytes = &pinned.as_slice()?[range];
    let rows = bytes
        .chunks(pitch)
        .flat_map(|row| &row[..shape.row_bytes()]);
    Ok((shape, rows.copied().collect()))
}
