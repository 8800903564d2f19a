//! Making an archive, for `cargo xtask kernels` and for tests.

use super::{
    FORMAT, HEADER_BYTES, IMAGE_BYTES, MAGIC, MAX_STREAM_BYTES, NO_DICTIONARY, STREAM_BYTES,
};
use lzma_rust2::{Lzma2Options, Lzma2Writer};
use pixelflume_device::Target;
use std::io::{self, Write};

/// The images of a module.
type Images = Vec<(Target, Vec<u8>)>;

/// Packs modules, with the images of each in the order in which they are stored. The first `examples` modules are candidates for
/// dictionaries: each of the other modules uses the first PTX and the first machine code of the candidate that compresses it
/// best. The same images give the same bytes.
///
/// # Errors
/// A stream would have more than 16 MiB, or the archive more than 4 GiB.
pub fn write(modules: &[(String, Images)], examples: usize) -> io::Result<Vec<u8>> {
    let mut streams = Vec::new();
    let mut entries = Vec::new();
    let mut names = Vec::new();
    let mut data = Vec::new();
    // The candidates for PTX and for machine code: number of the stream, and its first image.
    let mut dictionaries: [Vec<(u32, Vec<u8>)>; 2] = [Vec::new(), Vec::new()];
    let images: usize = modules.iter().map(|(_, images)| images.len()).sum();
    let kinds = modules
        .iter()
        .flat_map(|module| [(module, false), (module, true)]);
    let kinds: Vec<_> = kinds
        .filter(|((_, images), machine)| {
            images
                .iter()
                .any(|(target, _)| is_machine(*target) == *machine)
        })
        .collect();
    let names_bytes: usize = modules.iter().map(|(name, _)| name.len()).sum();
    let data_at = HEADER_BYTES + kinds.len() * STREAM_BYTES + images * IMAGE_BYTES + names_bytes;

    for (index, &((name, images), machine)) in kinds.iter().enumerate() {
        // Both streams of a module name it by the same bytes.
        let name_at = match kinds.get(index.wrapping_sub(1)) {
            Some(((last, _), _)) if last == name => names.len() - name.len(),
            _ => {
                names.extend_from_slice(name.as_bytes());
                names.len() - name.len()
            }
        };
        let mut contents = Vec::new();
        for (target, image) in images
            .iter()
            .filter(|(target, _)| is_machine(*target) == machine)
        {
            // Instructions have 16 bytes, and the compressor models positions modulo 16.
            contents.resize(contents.len().next_multiple_of(16), 0);
            let (kind, major, minor) = match *target {
                Target::Ptx(major, minor) => (0, major, minor),
                Target::Machine(major, minor) => (1, major, minor),
            };
            entries.extend(small(name_at)?.to_le_bytes());
            entries.extend(small(name.len())?.to_le_bytes());
            entries.extend([kind, byte(major)?, byte(minor)?, 0]);
            entries.extend(small(index)?.to_le_bytes());
            entries.extend(small(contents.len())?.to_le_bytes());
            entries.extend(small(image.len())?.to_le_bytes());
            entries.extend(crc32fast::hash(image).to_le_bytes());
            contents.extend_from_slice(image);
        }
        let unpacked = small(contents.len())?;
        if unpacked > MAX_STREAM_BYTES {
            return Err(io::Error::other(format!(
                "{name} has {unpacked} bytes, and a stream holds at most {MAX_STREAM_BYTES}"
            )));
        }
        let dictionaries = &mut dictionaries[usize::from(machine)];
        let is_example = modules
            .iter()
            .take(examples)
            .any(|(example, _)| example == name);
        let mut packed = pack(&contents, unpacked, &[], machine)?;
        let mut dictionary = (NO_DICTIONARY, 0);
        for (from, first) in dictionaries.iter().filter(|_| !is_example) {
            let other = pack(&contents, unpacked, first, machine)?;
            if other.len() < packed.len() {
                (packed, dictionary) = (other, (*from, small(first.len())?));
            }
        }
        for number in [data_at + data.len(), packed.len(), contents.len()] {
            streams.extend(small(number)?.to_le_bytes());
        }
        streams.extend(dictionary.0.to_le_bytes());
        streams.extend(dictionary.1.to_le_bytes());
        if is_example {
            let mut of_kind = images
                .iter()
                .filter(|(target, _)| is_machine(*target) == machine);
            let first = of_kind
                .next()
                .map(|(_, image)| (index as u32, image.clone()));
            dictionaries.extend(first);
        }
        data.extend(packed);
    }

    let mut archive = MAGIC.to_vec();
    for number in [
        FORMAT,
        small(kinds.len())?,
        small(images)?,
        small(names.len())?,
    ] {
        archive.extend(number.to_le_bytes());
    }
    for part in [streams, entries, names, data] {
        archive.extend(part);
    }
    small(archive.len())?;
    Ok(archive)
}

fn is_machine(target: Target) -> bool {
    matches!(target, Target::Machine(..))
}

/// Compresses one stream.
fn pack(contents: &[u8], unpacked: u32, dictionary: &[u8], machine: bool) -> io::Result<Vec<u8>> {
    let mut options = Lzma2Options::with_preset(9);
    let lzma = &mut options.lzma_options;
    // The window covers the stream and its dictionary; the format has a minimum of 4 KiB.
    lzma.dict_size = (unpacked + small(dictionary.len())?).max(4096);
    lzma.preset_dict = (!dictionary.is_empty()).then(|| dictionary.to_vec());
    lzma.nice_len = 273;
    if machine {
        // A byte of machine code depends more on its position in the 16-byte instruction than on the bytes before it.
        (lzma.lc, lzma.lp, lzma.pb) = (0, 4, 4);
    } else {
        (lzma.lc, lzma.lp, lzma.pb) = (3, 0, 0);
    }
    let mut writer = Lzma2Writer::new(Vec::new(), options);
    writer.write_all(contents)?;
    writer.finish()
}

fn small(number: usize) -> io::Result<u32> {
    number
        .try_into()
        .map_err(|_| io::Error::other("the archive would have more than 4 GiB"))
}

fn byte(number: u32) -> io::Result<u8> {
    number
        .try_into()
        .map_err(|_| io::Error::other(format!("{number} is no part of a compute capability")))
}
