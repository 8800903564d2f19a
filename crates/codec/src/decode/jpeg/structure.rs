//! The structure of a JPEG file: its size from the header, then its bytes up to the end-of-image marker.
//!
//! JPEG decoders want the whole file in memory, and fill a truncated image with gray without an error. So this module first
//! reads the header alone, for the limits; then at most as many bytes as an image of this size can have, whatever follows it in
//! the file; and refuses a truncated image. The structure is that of ITU-T T.81, B.1.

use crate::decode::orientation::Turn;
use crate::error::DecodeError;
use crate::format::Format;
use crate::limits::JPEG_HEADER_BYTES;
use std::io::{BufRead, Read};

/// The byte that begins every marker.
const MARKER: u8 = 0xff;
/// Start of scan: entropy-coded data follows its segment.
const START_OF_SCAN: u8 = 0xda;
/// The segment APP1, which has EXIF data where it begins with [`EXIF`].
const APP1: u8 = 0xe1;
const EXIF: &[u8] = b"Exif\0\0";
/// End of image.
const END_OF_IMAGE: u8 = 0xd9;

/// The most bytes of entropy-coded data per pixel. Baseline files of noise at quality 100 have fewer than 6; a progressive file
/// with a scan for each bit of each coefficient has the most.
const MAX_PIXEL_BYTES: u64 = 32;

/// A JPEG image whose header is read.
#[derive(Debug)]
pub(super) struct Jpeg<R> {
    source: R,
    /// The bytes read so far, from the first byte of the file.
    bytes: Vec<u8>,
    /// The most bytes of the whole image.
    pub(super) most: usize,
    /// Width in pixels, at least 1.
    pub(super) width: u32,
    /// Height in pixels, at least 1.
    pub(super) height: u32,
    /// Samples per pixel.
    pub(super) components: u32,
    /// How the EXIF data says that the image is turned.
    pub(super) turn: Turn,
}

fn ends_early() -> DecodeError {
    DecodeError::Truncated {
        format: Format::Jpeg,
    }
}

impl<R: BufRead> Jpeg<R> {
    /// Reads the header of a file of `length` bytes, up to the first scan. The source bounds the bytes of the header.
    ///
    /// # Errors
    /// The file ends before the first scan, has no size, or cannot be read.
    pub(super) fn open(mut source: R, length: u64) -> Result<Self, DecodeError> {
        let mut bytes = vec![0; 2];
        source.read_exact(&mut bytes).map_err(|_| ends_early())?;
        let (mut frame, mut turn) = (None, None);
        loop {
            let kind = next_marker(&mut source, &mut bytes, usize::MAX)?;
            if kind == END_OF_IMAGE {
                return Err(ends_early());
            }
            let begin = bytes.len();
            read_segment(&mut source, &mut bytes, usize::MAX)?;
            if is_frame(kind) {
                frame = frame.or(Frame::parse(&bytes[begin..]));
            }
            if kind == APP1 {
                turn = turn.or(turn_of(&bytes[begin..]));
            }
            if kind == START_OF_SCAN {
                break;
            }
        }
        let no_frame = || DecodeError::Damaged {
            format: Format::Jpeg,
            reason: "it does not say the size of its image".to_owned(),
        };
        let Frame {
            width,
            height,
            components,
        } = frame.ok_or_else(no_frame)?;
        let pixels = u64::from(width) * u64::from(height);
        let most = (pixels * MAX_PIXEL_BYTES).saturating_add(JPEG_HEADER_BYTES as u64);
        Ok(Jpeg {
            source,
            bytes,
            most: usize::try_from(most.min(length)).unwrap_or(usize::MAX),
            width,
            height,
            components,
            turn: turn.unwrap_or(Turn::NoTransforms),
        })
    }

    /// Reads the rest of the image and returns the whole file.
    ///
    /// # Errors
    /// The file ends before the image does, has more bytes than an image of its size can have, or cannot be read.
    pub(super) fn read(mut self) -> Result<Vec<u8>, DecodeError> {
        // Reserved at once: growing step by step could take twice as much memory.
        self.bytes
            .reserve_exact(self.most.saturating_sub(self.bytes.len()));
        loop {
            match next_marker(&mut self.source, &mut self.bytes, self.most)? {
                END_OF_IMAGE => return Ok(self.bytes),
                _ => read_segment(&mut self.source, &mut self.bytes, self.most)?,
            }
        }
    }
}

/// The fields of a frame header.
struct Frame {
    width: u32,
    height: u32,
    components: u32,
}

impl Frame {
    /// Parses a frame segment from its length on: precision, rows, columns, components. A frame with 0 rows is refused, as
    /// decoders do.
    fn parse(segment: &[u8]) -> Option<Self> {
        let &[
            _,
            _,
            _,
            rows_high,
            rows,
            columns_high,
            columns,
            components,
            ..,
        ] = segment
        else {
            return None;
        };
        let frame = Frame {
            width: u16::from_be_bytes([columns_high, columns]).into(),
            height: u16::from_be_bytes([rows_high, rows]).into(),
            components: components.into(),
        };
        (frame.width > 0 && frame.height > 0 && frame.components > 0).then_some(frame)
    }
}

/// How an image is turned, by a segment APP1 from its length on; `None` where the segment has no EXIF data.
fn turn_of(segment: &[u8]) -> Option<Turn> {
    let exif = segment.get(2..)?.strip_prefix(EXIF)?;
    Some(Turn::from_exif_chunk(exif).unwrap_or(Turn::NoTransforms))
}

/// Whether a marker begins a frame: SOF0 to SOF15 without DHT, JPG and DAC, which lie between them.
fn is_frame(kind: u8) -> bool {
    matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc)
}

/// Reads up to the next marker that has a segment or ends the image, and returns its kind. The bytes before it (entropy-coded
/// data, or bytes that decoders skip) are kept. In entropy-coded data a byte 0xff is followed by a zero, so that no marker is
/// found there by chance.
fn next_marker(
    source: &mut impl BufRead,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Result<u8, DecodeError> {
    loop {
        read_to_marker(source, bytes, most)?;
        let mut kind = MARKER;
        // A marker may begin with several bytes 0xff.
        while kind == MARKER {
            kind = read_byte(source, bytes, most)?;
        }
        // These have no segment: a stuffed zero, reserved kinds, restart markers 0 to 7, and start of image.
        if !matches!(kind, 0 | 1 | 0xd0..=0xd8) {
            return Ok(kind);
        }
    }
}

/// Reads up to and including the next byte that may begin a marker.
fn read_to_marker(
    source: &mut impl BufRead,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Result<(), DecodeError> {
    loop {
        let buffer = source.fill_buf().map_err(DecodeError::Read)?;
        if buffer.is_empty() {
            return Err(ends_early());
        }
        let found = buffer.iter().position(|&byte| byte == MARKER);
        let count = found.map_or(buffer.len(), |at| at + 1);
        grow(bytes, count, most)?;
        bytes.extend_from_slice(&buffer[..count]);
        source.consume(count);
        if found.is_some() {
            return Ok(());
        }
    }
}

fn read_byte(
    source: &mut impl BufRead,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Result<u8, DecodeError> {
    let buffer = source.fill_buf().map_err(DecodeError::Read)?;
    let byte = *buffer.first().ok_or_else(ends_early)?;
    grow(bytes, 1, most)?;
    bytes.push(byte);
    source.consume(1);
    Ok(byte)
}

/// Reads a segment: two bytes of length, which include themselves, and its content.
fn read_segment(
    source: &mut impl BufRead,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Result<(), DecodeError> {
    let high = read_byte(source, bytes, most)?;
    let low = read_byte(source, bytes, most)?;
    let rest = usize::from(u16::from_be_bytes([high, low])).saturating_sub(2);
    grow(bytes, rest, most)?;
    let mut content = source.take(rest as u64);
    let read = content.read_to_end(bytes).map_err(DecodeError::Read)?;
    match read == rest {
        true => Ok(()),
        false => Err(ends_early()),
    }
}

/// Refuses to grow beyond `most` bytes.
fn grow(bytes: &[u8], count: usize, most: usize) -> Result<(), DecodeError> {
    match bytes.len().saturating_add(count) <= most {
        true => Ok(()),
        false => Err(DecodeError::FileTooLong {
            format: Format::Jpeg,
            limit: most,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// Reads an image from memory, as a test shortcut.
    fn read(file: &[u8]) -> Result<Vec<u8>, DecodeError> {
        Jpeg::open(file, file.len() as u64)?.read()
    }

    /// A file with a stray byte, a segment, a frame of 3x2 pixels, fill bytes and a scan.
    fn file(segment: &[u8], data: &[u8]) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8, 9, 0xff, 0xe1, 0, segment.len() as u8 + 2];
        file.extend(segment);
        file.extend([0xff, 0xc0, 0, 8, 8, 0, 2, 0, 3, 1]);
        file.extend([0xff, 0xff, 0xff, START_OF_SCAN, 0, 3, 7]);
        file.extend(data);
        file
    }

    #[test]
    fn the_size_is_known_before_the_image_is_read() {
        let whole = file(b"abc", &[]);
        let jpeg = Jpeg::open(&whole[..], 99).unwrap();
        let got = (jpeg.width, jpeg.height, jpeg.components);
        assert_eq!(got, (3, 2, 1));
        let header = [0xff, 0xd8, 0xff, START_OF_SCAN, 0, 3, 7];
        let error = Jpeg::open(&header[..], 99).unwrap_err().to_string();
        assert!(error.contains("does not say the size"), "{error}");
    }

    #[test]
    fn the_end_counts_only_after_the_scan_began() {
        let whole = file(b"abc", &[1, 2, 0xff, 0, 3, 0xff, 0xd9]);
        assert_eq!(read(&whole).unwrap(), whole);
        // Bytes after the image are not read, and a marker in the tables between two scans does not end it.
        let long = [&whole[..], &[1, 0xff, 0xd9]].concat();
        assert_eq!(read(&long).unwrap(), whole);
        let tables = [
            1, 0xff, 0xc4, 0, 5, 0xff, 0xd9, 7, 0xff, 0xda, 0, 2, 3, 0xff, 0xd9,
        ];
        let progressive = file(b"abc", &tables);
        assert_eq!(read(&progressive).unwrap(), progressive);
        assert!(read(&file(b"abc", &[1, 2, 0xff, 0, 0xd9, 3, 0xff])).is_err());
        assert!(read(&file(&[0xff, 0xd9], &[1, 2])).is_err());
    }

    #[test]
    fn every_cut_of_a_file_is_noticed() {
        let file = file(b"abc", &[1, 2, 3, 0xff, 0xd9]);
        assert!(read(&file).is_ok());
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn encoded_files_are_complete() {
        let mut file = Vec::new();
        let gray: Vec<u8> = (0..64 * 64).map(|n| (n * n / 7) as u8).collect();
        image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90)
            .encode(&gray, 64, 64, image::ExtendedColorType::L8)
            .unwrap();
        assert_eq!(read(&file).unwrap(), file);
        assert!(read(&file[..file.len() - 1]).is_err());
    }

    #[test]
    fn a_file_without_end_is_refused_at_its_bound() {
        let head = file(b"abc", &[]);
        let endless = head.chain(io::repeat(1));
        let jpeg = Jpeg::open(io::BufReader::new(endless), u64::MAX).unwrap();
        let most = JPEG_HEADER_BYTES + 6 * MAX_PIXEL_BYTES as usize;
        assert_eq!(jpeg.most, most);
        let error = jpeg.read().unwrap_err().to_string();
        assert!(error.contains(&most.to_string()), "{error}");
    }
}
