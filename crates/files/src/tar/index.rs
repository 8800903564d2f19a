//! Where the samples of a shard begin.

use super::error::{TarCause, TarError};
use super::key::split;
use super::members::Members;
use super::reader::open_file;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// Bytes read at a time: a header, and often the small files of a sample.
const BUFFER: usize = 8 << 10;

/// The offsets at which the samples of a shard begin, in order: those of the [positions](crate::Position) that a
/// [`ShardReader`](super::ShardReader) tells. Only headers are read; the files of samples are passed over.
///
/// # Errors
/// The file cannot be opened or cannot seek, a header is damaged, or the archive ends early or without the block of zeros.
pub fn sample_offsets(path: &Path) -> Result<Vec<u64>, TarError> {
    let failed = |sample, offset, cause| TarError {
        name: path.display().to_string(),
        sample,
        offset,
        cause,
    };
    let file = open_file(path).map_err(|error| failed(0, 0, error.into()))?;
    let length = file.metadata().map(|metadata| metadata.len());
    let length = length.map_err(|error| failed(0, 0, error.into()))?;
    let mut members = Members::new(BufReader::with_capacity(BUFFER, file));
    let mut offsets = Vec::new();
    match scan(&mut members, length, &mut offsets) {
        Ok(()) => Ok(offsets),
        Err(cause) => Err(failed(offsets.len() as u64, members.offset, cause)),
    }
}

fn scan<R: Read + Seek>(
    members: &mut Members<R>,
    length: u64,
    offsets: &mut Vec<u64>,
) -> Result<(), TarCause> {
    let mut last: Option<String> = None;
    while let Some(member) = members.next()? {
        if let Some((key, _)) = split(&member.name)
            && last.as_deref() != Some(key)
        {
            offsets.push(member.begin);
            last = Some(key.to_owned());
        }
        members.pass_over(length)?;
    }
    match members.end {
        Some(end) if !end.has_zeros => Err(TarCause::NoEnd),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tar::{ReadLimits, ShardLimits, ShardReader, ShardWriter};
    use pixelflume_codec::Existing;
    use std::fs;

    #[test]
    fn offsets_are_those_of_a_reader() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = folder.path().join("%d.tar");
        let mut writer =
            ShardWriter::new(&pattern, ShardLimits::default(), Existing::Refuse).unwrap();
        for number in 0..40usize {
            let key = format!("{}{number}", "long/".repeat(number * 3));
            let data = vec![7; number * 997];
            let parts = [("png", &data[..]), ("cls", b"1"), ("a.b", b"")];
            writer.write(&key, &parts[..1 + number % 3]).unwrap();
        }
        let path = writer.finish().unwrap().remove(0).path;
        let reader = ShardReader::open(&path, ReadLimits::default()).unwrap();
        let expected: Vec<u64> = reader
            .map(|sample| sample.unwrap().position.offset)
            .collect();
        assert_eq!(sample_offsets(&path).unwrap(), expected);
        assert_eq!(expected.len(), 40);

        // However it is cut, it is an error; a whole archive is at the least its first block of zeros.
        let bytes = fs::read(&path).unwrap();
        for left in [
            0,
            1,
            511,
            512,
            700,
            bytes.len() / 2,
            bytes.len() - 1025,
            bytes.len() - 1024,
        ] {
            fs::write(&path, &bytes[..left]).unwrap();
            let error = sample_offsets(&path).unwrap_err();
            assert!(
                matches!(error.cause, TarCause::NoEnd | TarCause::Ends { .. }),
                "{left}: {error}"
            );
        }
        assert!(sample_offsets(folder.path()).is_err());
    }
}
