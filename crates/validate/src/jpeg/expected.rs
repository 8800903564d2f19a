//! What the CPU makes of a file, and the images of CUDA in ordinary memory.

use pixelflume::codec::cuda::{BatchOptions, DecodedImage};
use pixelflume::codec::{Color, DecodeError, Orientation, decode};
use pixelflume::memory::{MemoryError, MemoryManager};
use pixelflume::ops::ImageShape;
use pixelflume_jpeg::{Decoder, Header, JpegError, Options, Target};

/// What the CPU makes of a file.
pub(super) fn by_cpu(
    file: &[u8],
    options: &BatchOptions,
) -> Result<(ImageShape, Vec<u8>), DecodeError> {
    if options.decode.crop.is_none() {
        return whole_by_cpu(file, options).map_err(DecodeError::Jpeg);
    }
    let image = decode(file, &options.decode)?;
    Ok((image.shape(), image.into_data()))
}

/// The options of the decoder of the CPU for whole files.
pub(super) fn whole(options: &BatchOptions) -> Options {
    Options {
        color: match options.decode.color {
            Color::Keep => pixelflume_jpeg::Color::Native,
            Color::Gray => pixelflume_jpeg::Color::Gray,
            Color::Rgb | Color::Rgba => pixelflume_jpeg::Color::Rgb,
        },
        cmyk: options.cmyk,
        allow_truncated: options.decode.allow_truncated,
        ..Options::default()
    }
}

/// The whole image of a file. It is turned here, as OpenCV does it: it is transposed, then mirrored.
pub(super) fn whole_by_cpu(
    file: &[u8],
    options: &BatchOptions,
) -> Result<(ImageShape, Vec<u8>), JpegError> {
    let header = Header::read(file)?;
    let frame = header.frame();
    let (width, height) = (frame.width(), frame.height());
    let jpeg = whole(options);
    let channels = jpeg.color.channels(header.color());
    let pitch = width as usize * channels;
    let mut data = vec![0; pitch * height as usize];
    let target = Target {
        data: &mut data,
        pitch,
    };
    Decoder::new().decode(file, &jpeg, target)?;
    let turn = match options.decode.orientation {
        Orientation::Exif => header.orientation(),
        Orientation::Ignore => 1,
    };
    let (columns, rows) = match turn {
        5..=8 => (height, width),
        _ => (width, height),
    };
    let shape = ImageShape::u8(columns, rows, channels as u32);
    if turn == 1 {
        return Ok((shape, data));
    }
    let mut turned = Vec::with_capacity(data.len());
    for y in 0..rows {
        for x in 0..columns {
            let x = match turn {
                2 | 3 | 6 | 7 => columns - 1 - x,
                _ => x,
            };
            let y = match turn {
                3 | 4 | 7 | 8 => rows - 1 - y,
                _ => y,
            };
            let (x, y) = if turn >= 5 { (y, x) } else { (x, y) };
            let at = y as usize * pitch + x as usize * channels;
            turned.extend_from_slice(&data[at..at + channels]);
        }
    }
    Ok((shape, turned))
}

/// The samples of an image without the padding of its rows.
pub(super) fn download(
    image: DecodedImage,
    memory: &MemoryManager,
) -> Result<Vec<u8>, MemoryError> {
    let (shape, pitch) = (image.shape(), image.row_pitch());
    let (buffer, range) = image.into_parts();
    let row_bytes = shape.row_bytes();
    let mut pinned = memory.pinned(row_bytes * shape.rows())?;
    // Row by row: nobody writes the padding, and initcheck would say so.
    for row in 0..shape.rows() {
        let target = row * row_bytes..(row + 1) * row_bytes;
        buffer.download(
            range.start + row * pitch,
            &mut pinned,
            target,
            buffer.stream(),
        )?;
    }
    Ok(pinned.as_slice()?.to_vec())
}
