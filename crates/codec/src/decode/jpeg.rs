//! JPEG, by the decoder of the crate `pixelflume-jpeg`: the samples are those of libjpeg-turbo.

use crate::decode::extent::extent;
use crate::decode::header::{Decoder, Header};
use crate::decode::memory::with_memory;
use crate::decode::options::DecodeOptions;
use crate::decode::turn::Turn;
use crate::error::DecodeError;
use crate::format::Format;
use crate::limits::JPEG_HEADER_BYTES;
use crate::source::whole::read_whole;
use pixelflume_jpeg::{JpegError, Options, Rect, Target};
use pixelflume_ops::{Image, ImageShape};
use std::fs::File;

/// Bytes of a file on disk that are read first for its header. Most headers end before.
const FIRST_BYTES: usize = 64 << 10;

/// A number of bytes above that of the longest scan header, which has 16 with its marker.
const SCAN_HEADER_BYTES: usize = 32;

/// The most bytes that follow the header of an image, for each of its pixels. Baseline files of noise at quality 100 have fewer than
/// 6; a progressive file with a scan for each bit of each coefficient has the most.
const MAX_PIXEL_BYTES: u64 = 32;

/// A JPEG file whose header is read.
pub(crate) struct JpegFile<'a> {
    bytes: Bytes<'a>,
    header: pixelflume_jpeg::Header,
    options: Options,
    /// The part of the stored image that is decoded.
    rect: Rect,
    /// Bytes that decoding takes beside the file and the image.
    memory: u64,
}

/// Where the bytes of a file are.
enum Bytes<'a> {
    Memory(&'a [u8]),
    /// On disk: so many of them are read, and so many there are.
    Disk(File, u64, u64),
}

impl<'a> JpegFile<'a> {
    /// Takes a file in memory; reads its header unless it is given.
    pub(crate) fn of_bytes(
        bytes: &'a [u8],
        header: Option<pixelflume_jpeg::Header>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let header = match header {
            Some(header) => header,
            None => pixelflume_jpeg::Header::read(bytes).map_err(DecodeError::Jpeg)?,
        };
        JpegFile::new(Bytes::Memory(bytes), header, options)
    }

    /// Reads the header of a file of `length` bytes. What is behind the most bytes that an image of its size can have, is not read.
    pub(crate) fn of_file(
        mut file: File,
        length: u64,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let header = header_on_disk(&mut file, length)?;
        let frame = header.frame();
        let pixels = u64::from(frame.width()) * u64::from(frame.height());
        let most = pixels * MAX_PIXEL_BYTES + JPEG_HEADER_BYTES as u64;
        JpegFile::new(Bytes::Disk(file, length.min(most), length), header, options)
    }

    fn new(
        bytes: Bytes<'a>,
        header: pixelflume_jpeg::Header,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let frame = header.frame();
        let turn = options
            .orientation
            .turn(Turn::of_exif(header.orientation()));
        let rect = extent(Format::Jpeg, (frame.width(), frame.height()), turn, options)?;
        let options = options.jpeg(rect);
        let memory = header.bytes_needed(&options).map_err(DecodeError::Jpeg)?;
        Ok(JpegFile {
            bytes,
            header,
            options,
            rect,
            memory,
        })
    }

    /// What the header says. The memory is that of the image, of the decoder, and of a file that is read from disk.
    pub(crate) fn header(&self) -> Header {
        let frame = self.header.frame();
        let shape = self.shape();
        let file = match &self.bytes {
            Bytes::Memory(_) => 0,
            Bytes::Disk(_, read, _) => *read,
        };
        let pixels = u64::from(shape.width) * u64::from(shape.height);
        let image = pixels * u64::from(shape.channels);
        Header {
            shape: ImageShape::u8(frame.width(), frame.height(), shape.channels),
            turn: Turn::of_exif(self.header.orientation()),
            bytes: image.saturating_add(self.memory).saturating_add(file),
            crops: true,
        }
    }

    /// The shape of the part that is decoded, before it is turned.
    fn shape(&self) -> ImageShape {
        let channels = self.options.color.channels(self.header.color());
        ImageShape::u8(self.rect.width, self.rect.height, channels as u32)
    }
}

impl Decoder for JpegFile<'_> {
    fn decode(self: Box<Self>) -> Result<Image, DecodeError> {
        let shape = self.shape();
        let JpegFile {
            bytes,
            header,
            options,
            memory,
            ..
        } = *self;
        let mut image = Image::zeros(shape).map_err(|_| DecodeError::TooManyBytes {
            format: Format::Jpeg,
            shape,
            bytes: u64::MAX,
            limit: options.max_bytes,
        })?;
        let target = Target {
            pitch: shape.row_bytes(),
            data: image.data_mut(),
        };
        match bytes {
            Bytes::Memory(file) => {
                with_memory(memory, |kept| kept.jpeg.decode(file, &options, target))
                    .map_err(DecodeError::Jpeg)?
            }
            Bytes::Disk(mut disk, read, length) => {
                with_memory(memory.saturating_add(read), |kept| {
                    read_whole(&mut disk, read, &mut kept.file)?;
                    // Who writes the file meanwhile may have put another image there.
                    match pixelflume_jpeg::Header::read(&kept.file) {
                        Ok(now) if now == header => {}
                        _ => {
                            return Err(DecodeError::Damaged {
                                format: Format::Jpeg,
                                reason: "it changed while it was read".to_owned(),
                            });
                        }
                    }
                    match kept.jpeg.decode(&kept.file, &options, target) {
                        Err(JpegError::Truncated { .. }) if read < length => {
                            Err(DecodeError::Damaged {
                                format: Format::Jpeg,
                                reason: format!(
                                    "its image does not end within {read} bytes, which no image of its size needs"
                                ),
                            })
                        }
                        decoded => decoded.map_err(DecodeError::Jpeg),
                    }
                })?
            }
        }
        Ok(image)
    }
}

/// Reads the header of a file of `length` bytes on disk, and no more of it than that takes. Holds [`JPEG_HEADER_BYTES`] at most: what
/// was read of a longer header is given back, and read again with what follows.
fn header_on_disk(file: &mut File, length: u64) -> Result<pixelflume_jpeg::Header, DecodeError> {
    let mut wanted = FIRST_BYTES;
    loop {
        let mut begin = Vec::new();
        read_whole(file, length.min(wanted as u64), &mut begin)?;
        let is_whole = begin.len() < wanted;
        let header = pixelflume_jpeg::Header::read(&begin);
        let is_cut = match &header {
            Err(JpegError::Truncated { .. }) => true,
            Err(_) => false,
            // A header of a scan that is cut is no error, and says less than the whole one.
            Ok(header) => {
                let shorter = &begin[..begin.len().saturating_sub(SCAN_HEADER_BYTES)];
                pixelflume_jpeg::Header::read(shorter).as_ref() != Ok(header)
            }
        };
        if is_whole || !is_cut {
            return header.map_err(DecodeError::Jpeg);
        }
        if wanted >= JPEG_HEADER_BYTES {
            return Err(DecodeError::Header {
                format: Format::Jpeg,
                limit: JPEG_HEADER_BYTES,
            });
        }
        wanted = (4 * wanted).min(JPEG_HEADER_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A JPEG file with a comment of this length, whose scan has any header.
    fn with_comments(bytes: usize) -> Vec<u8> {
        let mut plain = Vec::new();
        let target = &mut std::io::Cursor::new(&mut plain);
        let image = image::GrayImage::from_fn(9, 7, |x, y| image::Luma([(x * 20 + y) as u8]));
        image.write_to(target, image::ImageFormat::Jpeg).unwrap();
        let mut file = plain[..2].to_vec();
        let mut left = bytes;
        while left > 0 {
            let part = left.min(65_533);
            file.extend([0xff, 0xfe]);
            file.extend((part as u16 + 2).to_be_bytes());
            file.extend(std::iter::repeat_n(7, part));
            left -= part;
        }
        file.extend(&plain[2..]);
        file
    }

    #[test]
    fn headers_are_found_wherever_the_first_read_cuts_them() {
        let least = with_comments(1).len();
        for bytes in (FIRST_BYTES - least - 20..FIRST_BYTES).step_by(1) {
            let file = with_comments(bytes);
            let mut disk = tempfile::tempfile().unwrap();
            disk.write_all(&file).unwrap();
            let read = header_on_disk(&mut disk, file.len() as u64).unwrap();
            assert_eq!(Ok(read), pixelflume_jpeg::Header::read(&file), "{bytes}");
        }
    }

    #[test]
    fn headers_without_end_are_refused_at_their_bound() {
        let mut disk = tempfile::tempfile().unwrap();
        let file = with_comments(JPEG_HEADER_BYTES + 1);
        disk.write_all(&file).unwrap();
        let error = header_on_disk(&mut disk, file.len() as u64).unwrap_err();
        assert!(matches!(error, DecodeError::Header { .. }), "{error:?}");
    }
}
