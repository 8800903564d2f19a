//! Archives that are written and read, damaged, and made to expand.

use super::*;
use crate::npy::Array;
use pixelflume_ops::SampleType;
use proptest::prelude::*;
use std::io::Write;

const LIMIT: u64 = 1 << 20;

fn archive(compression: Compression) -> Vec<u8> {
    let mut writer = NpzWriter::new(Vec::new(), compression);
    let zeros = vec![0; 6000];
    writer
        .write("zeros", SampleType::F32, &[30, 50], &zeros)
        .unwrap();
    writer.write("a/b", SampleType::U8, &[3], b"abc").unwrap();
    writer
        .write("number", SampleType::I16, &[], &[1, 2])
        .unwrap();
    writer.finish().unwrap()
}

#[test]
fn arrays_come_back_by_name_and_in_order() {
    for compression in [Compression::Stored, Compression::Deflated] {
        let bytes = archive(compression);
        assert_eq!(bytes, archive(compression));
        assert_eq!(bytes.len() < 3000, compression == Compression::Deflated);
        let npz = Npz::from_bytes(bytes).unwrap();
        assert_eq!(npz.names().collect::<Vec<_>>(), ["zeros", "a/b", "number"]);
        assert_eq!(npz.read("a/b", LIMIT).unwrap().data(), b"abc");
        assert_eq!(npz.header("zeros").unwrap().dimensions, [30, 50]);
        let all: Vec<Array> = npz.arrays(LIMIT).map(|(_, array)| array.unwrap()).collect();
        assert_eq!(all[0].data(), vec![0; 6000]);
        assert_eq!(all[2].dimensions(), [0; 0]);
        let error = npz.read("b", LIMIT).unwrap_err().to_string();
        assert!(error.contains("\"zeros\", \"a/b\", \"number\""), "{error}");
        let error = npz.read("zeros", 5999).unwrap_err().to_string();
        assert!(
            error.starts_with("array \"zeros\": ") && error.contains("5999"),
            "{error}"
        );
    }
}

#[test]
fn names_are_used_once() {
    let mut writer = NpzWriter::new(Vec::new(), Compression::Stored);
    writer.write("a", SampleType::U8, &[1], b"a").unwrap();
    let twice = writer.write("a", SampleType::U8, &[1], b"b");
    assert!(matches!(twice, Err(NpzError::Twice { .. })));
    for name in [String::new(), "n".repeat(MAX_NAME)] {
        let refused = writer.write(&name, SampleType::U8, &[1], b"b");
        assert!(matches!(refused, Err(NpzError::Name { .. })));
    }
    let wrong = writer.write("c", SampleType::U8, &[2], b"b");
    assert!(matches!(wrong, Err(NpzError::Array { .. })));
    let npz = Npz::from_bytes(writer.finish().unwrap()).unwrap();
    assert_eq!(npz.names().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn changed_samples_do_not_pass() {
    let bytes = archive(Compression::Stored);
    let at = bytes.windows(3).position(|three| three == b"abc").unwrap();
    let mut changed = bytes;
    changed[at] ^= 1;
    let npz = Npz::from_bytes(changed).unwrap();
    assert!(npz.read("a/b", LIMIT).is_err());
    assert!(npz.read("zeros", LIMIT).is_ok());
}

#[test]
fn a_member_that_expands_stops_at_the_bound() {
    let mut writer = NpzWriter::new(Vec::new(), Compression::Deflated);
    let much = vec![0; 64 << 20];
    writer
        .write("much", SampleType::U8, &[much.len()], &much)
        .unwrap();
    let bytes = writer.finish().unwrap();
    assert!(bytes.len() < 1 << 20);
    let npz = Npz::from_bytes(bytes).unwrap();
    let error = npz.read("much", LIMIT).unwrap_err();
    let NpzError::Array { source, .. } = error else {
        panic!("{error}");
    };
    assert!(matches!(source, NpyError::TooLarge { limit: LIMIT, .. }));
}

#[test]
fn files_are_read_and_pipes_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    std::fs::write(&path, archive(Compression::Deflated)).unwrap();
    let npz = Npz::open(&path).unwrap();
    assert_eq!(npz.read("a/b", LIMIT).unwrap().data(), b"abc");
    assert!(matches!(Npz::open(folder.path()), Err(NpzError::Io(_))));
    assert!(Npz::from_bytes(b"\x93NUMPY".to_vec()).is_err());
}

/// The places of the entries of the list of members.
fn entries(bytes: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(4).enumerate();
    windows
        .filter(|(_, four)| *four == b"PK\x01\x02")
        .map(|(at, _)| at)
        .collect()
}

#[test]
fn names_that_are_not_ascii_are_marked_as_unicode() {
    let mut writer = NpzWriter::new(Vec::new(), Compression::Stored);
    for name in ["größe", "a~b", "conv/kernel:0"] {
        writer.write(name, SampleType::U8, &[1], b"a").unwrap();
    }
    for name in [
        "../a", "/a", "a//b", "a/./b", "a/../b", "a\\b", "a\0b", "ö:0",
    ] {
        let error = writer.write(name, SampleType::U8, &[1], b"a").unwrap_err();
        assert!(error.to_string().contains("plain path"), "{name}: {error}");
    }
    let bytes = writer.finish().unwrap();
    // Bit 11 of the flags, of the list and of the member itself.
    let flags: Vec<u8> = entries(&bytes)
        .iter()
        .map(|at| bytes[at + 9] >> 3)
        .collect();
    assert_eq!(flags, [1, 0, 0]);
    assert_eq!(bytes[7] >> 3, 1);
    let npz = Npz::from_bytes(bytes).unwrap();
    assert_eq!(
        npz.names().collect::<Vec<_>>(),
        ["größe", "a~b", "conv/kernel:0"]
    );
}

#[test]
fn members_that_share_their_bytes_are_refused() {
    let mut writer = NpzWriter::new(Vec::new(), Compression::Stored);
    for name in ["a", "b"] {
        writer.write(name, SampleType::U8, &[3], b"abc").unwrap();
    }
    let mut bytes = writer.finish().unwrap();
    let second = entries(&bytes)[1];
    bytes[second + 42..second + 46].fill(0);
    let error = Npz::from_bytes(bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "arrays \"a\" and \"b\" lie in the same bytes of the archive"
    );
}

#[test]
fn an_archive_with_half_a_member_is_not_finished() {
    /// Takes so many bytes.
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => {
                    self.0 = left;
                    Ok(bytes.len())
                }
                None => Err(io::ErrorKind::StorageFull.into()),
            }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for compression in [Compression::Stored, Compression::Deflated] {
        let mut writer = NpzWriter::new(Full(1000), compression);
        let noise: Vec<u8> = (0..2000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        writer.write("a", SampleType::U8, &[3], b"abc").unwrap();
        assert!(writer.write("b", SampleType::U8, &[2000], &noise).is_err());
        assert!(writer.write("c", SampleType::U8, &[1], b"c").is_err());
        assert!(writer.finish().is_err());
    }
}

/// Reads everything that there is.
fn read_all(bytes: Vec<u8>) -> Result<usize, NpzError> {
    let npz = Npz::from_bytes(bytes)?;
    let arrays = npz.arrays(LIMIT);
    Ok(arrays
        .map(|(_, array)| array.map_or(0, |array| array.data().len()))
        .sum())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn changed_archives_are_read_or_refused(deflated: bool, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut: prop::sample::Index, cuts: bool) {
        let compression = if deflated { Compression::Deflated } else { Compression::Stored };
        let mut writer = NpzWriter::new(Vec::new(), compression);
        writer.write("a", SampleType::U8, &[8], b"abcdefgh").unwrap();
        writer.write("b", SampleType::U8, &[2], b"ab").unwrap();
        let mut bytes = writer.finish().unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read_all(bytes);
    }

    #[test]
    fn any_bytes_are_refused_or_empty(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = bytes;
        let _ = read_all(bytes.clone());
        // As behind the signature of a list of members.
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x20\0\0\0\0\0\0\0\0\0");
        let _ = read_all(bytes);
    }
}
