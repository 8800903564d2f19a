//! Reading an archive. No byte of it is trusted: damage gives an error, never a panic.

use super::{
    ArchiveError, FORMAT, HEADER_BYTES, IMAGE_BYTES, MAGIC, MAX_STREAM_BYTES, NO_DICTIONARY,
    STREAM_BYTES,
};
use lzma_rust2::Lzma2Reader;
use pixelflume_device::Target;
use std::io::{self, Read};

/// An archive whose tables have been checked: every image lies in its stream, and every stream in the archive.
#[derive(Clone, Debug)]
pub struct Archive<'a> {
    streams: Vec<Stream<'a>>,
    images: Vec<Image<'a>>,
}

#[derive(Clone, Debug)]
struct Stream<'a> {
    packed: &'a [u8],
    /// Bytes when unpacked, at most [`MAX_STREAM_BYTES`].
    unpacked: u32,
    /// The dictionary: the number of a stream, which itself has no dictionary, and the number of its first bytes that
    /// are used.
    dictionary: Option<(usize, u32)>,
}

/// One image of one module.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Image<'a> {
    /// Name of the module.
    pub module: &'a str,
    /// PTX or machine code, and its compute capability.
    pub target: Target,
    /// Length of the unpacked image in bytes.
    pub bytes: u32,
    stream: usize,
    offset: u32,
    checksum: u32,
}

impl<'a> Archive<'a> {
    /// Reads the tables of an archive.
    ///
    /// # Errors
    /// [`ArchiveError`], except its variants of single images.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        if !bytes.starts_with(MAGIC) {
            return Err(ArchiveError::NoArchive);
        }
        let header = part(bytes, "header", 0, 0, HEADER_BYTES as u64)?;
        let found = number(header, 8);
        if found != FORMAT {
            return Err(ArchiveError::Format {
                found,
                known: FORMAT,
            });
        }
        let [streams, images, names] = [12, 16, 20].map(|at| u64::from(number(header, at)));
        let streams_at = HEADER_BYTES as u64;
        let images_at = streams_at + streams * STREAM_BYTES as u64;
        let names_at = images_at + images * IMAGE_BYTES as u64;
        // A table is known to be inside the archive before memory is allocated by its length.
        let table = part(bytes, "table", 0, streams_at, images_at - streams_at)?;
        let streams = table.chunks_exact(STREAM_BYTES).enumerate();
        let streams = streams
            .map(|(index, entry)| Stream::parse(bytes, index, entry))
            .collect::<Result<Vec<_>, _>>()?;
        check_dictionaries(&streams)?;
        let table = part(bytes, "table", 1, images_at, names_at - images_at)?;
        let names = part(bytes, "table", 2, names_at, names)?;
        let images = table.chunks_exact(IMAGE_BYTES).enumerate();
        let images = images
            .map(|(index, entry)| Image::parse(names, &streams, index, entry))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Archive { streams, images })
    }

    /// The images of all modules, in the order of the archive.
    pub fn images(&self) -> impl Iterator<Item = Image<'a>> {
        self.images.iter().copied()
    }

    /// Unpacks one image.
    ///
    /// # Errors
    /// [`ArchiveError::NoImage`], [`ArchiveError::Unpack`] and [`ArchiveError::Checksum`].
    pub fn unpack(&self, module: &str, target: Target) -> Result<Vec<u8>, ArchiveError> {
        let mut all = self.images.iter();
        let image = all.find(|image| image.module == module && image.target == target);
        let image = image.ok_or_else(|| ArchiveError::NoImage {
            module: module.to_owned(),
            target,
        })?;
        let stream = &self.streams[image.stream];
        let dictionary = match stream.dictionary {
            Some((from, bytes)) => self.streams[from].unpack(&[], 0, bytes),
            None => Ok(Vec::new()),
        };
        let unpacked =
            dictionary.and_then(|dictionary| stream.unpack(&dictionary, image.offset, image.bytes));
        let contents = unpacked.map_err(|error| ArchiveError::Unpack {
            module: module.to_owned(),
            target,
            reason: error.to_string(),
        })?;
        let found = crc32fast::hash(&contents);
        if found != image.checksum {
            return Err(ArchiveError::Checksum {
                module: module.to_owned(),
                target,
                found,
                recorded: image.checksum,
            });
        }
        Ok(contents)
    }
}

impl<'a> Stream<'a> {
    fn parse(bytes: &'a [u8], index: usize, entry: &[u8]) -> Result<Self, ArchiveError> {
        let [at, packed, unpacked, from, first] = [0, 4, 8, 12, 16].map(|at| number(entry, at));
        if unpacked > MAX_STREAM_BYTES {
            return Err(ArchiveError::Value {
                part: "stream",
                number: index,
                what: "unpacked bytes",
                found: unpacked,
            });
        }
        let packed = part(bytes, "stream", index, at.into(), packed.into())?;
        Ok(Stream {
            packed,
            unpacked,
            dictionary: (from != NO_DICTIONARY).then_some((from as usize, first)),
        })
    }

    /// Unpacks `bytes` bytes at `offset`; both lie in the unpacked stream.
    fn unpack(&self, dictionary: &[u8], offset: u32, bytes: u32) -> io::Result<Vec<u8>> {
        // Both are at most `MAX_STREAM_BYTES`.
        let window = self.unpacked + dictionary.len() as u32;
        let mut reader = Lzma2Reader::new(self.packed, window, Some(dictionary));
        let skipped = io::copy(&mut (&mut reader).take(offset.into()), &mut io::sink())?;
        let mut contents = Vec::with_capacity(bytes as usize);
        reader.take(bytes.into()).read_to_end(&mut contents)?;
        if skipped != u64::from(offset) || contents.len() != bytes as usize {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(contents)
    }
}

/// Checks that each dictionary is the beginning of a stream without a dictionary.
fn check_dictionaries(streams: &[Stream<'_>]) -> Result<(), ArchiveError> {
    for (index, stream) in streams.iter().enumerate() {
        if let Some((from, bytes)) = stream.dictionary {
            match streams.get(from) {
                Some(of) if of.dictionary.is_none() => {
                    within("dictionary", index, 0, bytes.into(), of.unpacked.into())?;
                }
                _ => {
                    return Err(ArchiveError::Value {
                        part: "stream",
                        number: index,
                        what: "dictionary",
                        found: from as u32,
                    });
                }
            }
        }
    }
    Ok(())
}

impl<'a> Image<'a> {
    fn parse(
        names: &'a [u8],
        streams: &[Stream<'_>],
        index: usize,
        entry: &[u8],
    ) -> Result<Self, ArchiveError> {
        let value = |what, found| ArchiveError::Value {
            part: "image",
            number: index,
            what,
            found,
        };
        let name = part(
            names,
            "name",
            index,
            number(entry, 0).into(),
            number(entry, 4).into(),
        )?;
        let module = str::from_utf8(name).map_err(|_| ArchiveError::Name { image: index })?;
        let (major, minor) = (entry[9].into(), entry[10].into());
        let target = match entry[8] {
            0 => Target::Ptx(major, minor),
            1 => Target::Machine(major, minor),
            kind => return Err(value("kind", kind.into())),
        };
        let [stream, offset, bytes, checksum] = [12, 16, 20, 24].map(|at| number(entry, at));
        let in_stream = streams.get(stream as usize);
        let length = in_stream.ok_or_else(|| value("stream", stream))?.unpacked;
        within("image", index, offset.into(), bytes.into(), length.into())?;
        Ok(Image {
            module,
            target,
            bytes,
            stream: stream as usize,
            offset,
            checksum,
        })
    }
}

/// The number at byte `at` of a table entry, which is long enough.
fn number(entry: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]])
}

/// The `length` bytes at `at`, which are part number `index` of its kind.
fn part<'a>(
    bytes: &'a [u8],
    part: &'static str,
    index: usize,
    at: u64,
    length: u64,
) -> Result<&'a [u8], ArchiveError> {
    within(part, index, at, length, bytes.len() as u64)?;
    // Both are at most the length of the slice.
    Ok(&bytes[at as usize..(at + length) as usize])
}

fn within(
    part: &'static str,
    number: usize,
    at: u64,
    bytes: u64,
    length: u64,
) -> Result<(), ArchiveError> {
    if at + bytes <= length {
        return Ok(());
    }
    Err(ArchiveError::Outside {
        part,
        number,
        at,
        bytes,
        length,
    })
}
