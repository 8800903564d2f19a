//! The chunks of a WebP file.

use crate::decode::webp::{damaged, of_io};
use crate::error::DecodeError;
use crate::source::Source;
use std::io::{ErrorKind, SeekFrom};

/// The most chunks of a file. A still image has seven kinds of them, most of which it needs not.
const MAX_CHUNKS: usize = 1024;

/// Where the content of a chunk is in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    pub(super) start: u64,
    /// Bytes of the content, all of which the file has.
    pub(super) bytes: u64,
}

/// The chunks of a still image: of each kind the first, as the decoder takes them.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pub(super) lossy: Option<Chunk>,
    pub(super) lossless: Option<Chunk>,
    pub(super) alpha: Option<Chunk>,
    /// Width and height that the file says beside those of the image.
    canvas: Option<(u32, u32)>,
}

/// The head of a chunk: its name, and how many bytes it says that it has.
struct Head {
    name: [u8; 4],
    bytes: u64,
}

impl Head {
    /// The head at the place of the source.
    fn read(source: &mut impl Source) -> std::io::Result<Self> {
        let mut head = [0; 8];
        source.read_exact(&mut head)?;
        let [a, b, c, d, rest @ ..] = head;
        Ok(Head {
            name: [a, b, c, d],
            bytes: u32::from_le_bytes(rest).into(),
        })
    }

    /// Bytes to the head of the next chunk.
    fn rounded(&self) -> u64 {
        // The decoder has this number as 32 bits.
        (self.bytes + (self.bytes & 1)).min(u32::MAX.into())
    }
}

impl Chunks {
    /// Finds the chunks of a file.
    pub(super) fn read(source: &mut impl Source) -> Result<Self, DecodeError> {
        let end = source.seek(SeekFrom::End(0)).map_err(of_io)?;
        source.seek(SeekFrom::Start(0)).map_err(of_io)?;
        let riff = Head::read(source).map_err(of_io)?;
        let mut webp = [0; 4];
        source.read_exact(&mut webp).map_err(of_io)?;
        if riff.name != *b"RIFF" || webp != *b"WEBP" {
            return Err(damaged("it does not begin as a WebP file does"));
        }
        let first = Head::read(source).map_err(of_io)?;
        let start = 20;
        let chunk = |start: u64, bytes: u64| match start + bytes <= end {
            true => Ok(Some(Chunk { start, bytes })),
            false => Err(of_io(ErrorKind::UnexpectedEof.into())),
        };
        let mut chunks = Chunks::default();
        match &first.name {
            b"VP8 " => chunks.lossy = chunk(start, first.bytes)?,
            b"VP8L" => chunks.lossless = chunk(start, first.bytes)?,
            b"VP8X" => {
                let mut extended = [0; 10];
                source.read_exact(&mut extended).map_err(of_io)?;
                let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = extended;
                if flags & 2 != 0 {
                    return Err(damaged("it is an animation, which is not read"));
                }
                let side = |bytes: [u8; 3]| {
                    let [a, b, c] = bytes;
                    u32::from_le_bytes([a, b, c, 0]) + 1
                };
                chunks.canvas = Some((side([w0, w1, w2]), side([h0, h1, h2])));
                let mut exif = None;
                let mut count = 0;
                let mut position = start + first.rounded();
                let behind = position + riff.bytes.saturating_sub(12);
                while position < behind {
                    source.seek(SeekFrom::Start(position)).map_err(of_io)?;
                    let head = match Head::read(source) {
                        Ok(head) => head,
                        Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
                        Err(error) => return Err(of_io(error)),
                    };
                    count += 1;
                    if count > MAX_CHUNKS {
                        return Err(damaged(format!("it has more than {MAX_CHUNKS} chunks")));
                    }
                    let place = match &head.name {
                        b"VP8 " => &mut chunks.lossy,
                        b"VP8L" => &mut chunks.lossless,
                        b"ALPH" => &mut chunks.alpha,
                        // The decoder reads it into memory of the size that is said.
                        b"EXIF" => &mut exif,
                        // The decoder would look into it.
                        b"ANMF" => return Err(damaged("it has a frame of an animation")),
                        _ => {
                            position += 8 + head.rounded();
                            continue;
                        }
                    };
                    let found = chunk(position + 8, head.bytes)?;
                    *place = place.or(found);
                    position += 8 + head.rounded();
                }
                if chunks.lossy.is_some() == chunks.lossless.is_some() {
                    return Err(damaged("it has no image, or two"));
                }
            }
            _ => return Err(damaged("its first chunk is none of an image")),
        }
        Ok(chunks)
    }

    /// Refuses an image of another size than the file says: the decoder takes memory for both before it compares them.
    pub(super) fn check_canvas(&self, image: (u32, u32)) -> Result<(), DecodeError> {
        match self.canvas.is_none_or(|canvas| canvas == image) {
            true => Ok(()),
            false => Err(damaged("its image has another size than its canvas")),
        }
    }
}
