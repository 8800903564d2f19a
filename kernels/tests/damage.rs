//! Archives that are damaged: reading one gives an image or an error, and takes no more memory than is allowed.

use pixelflume_device::Target::{Machine, Ptx};
use pixelflume_kernels::{ARCHIVE, Archive, ArchiveError, archive};
use proptest::prelude::*;

/// A small archive of two modules.
fn small() -> Vec<u8> {
    let image = |seed: u32, bytes: u32| (0..bytes).map(|i| (i * seed % 251) as u8 / 16).collect();
    archive::write(
        &[
            (
                "one".to_owned(),
                vec![
                    (Ptx(7, 5), image(3, 700)),
                    (Machine(9, 0), image(5, 301)),
                    (Machine(12, 0), image(5, 302)),
                ],
            ),
            ("two".to_owned(), vec![(Ptx(7, 5), Vec::new())]),
            // Unpacked with the dictionary of the first.
            (
                "three".to_owned(),
                vec![(Ptx(7, 5), image(3, 650)), (Machine(9, 0), image(5, 290))],
            ),
        ],
        1,
    )
    .expect("it is small")
}

/// Reads all that there is.
fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ArchiveError> {
    let archive = Archive::parse(bytes)?;
    let images = archive.images();
    images
        .map(|image| archive.unpack(image.module, image.target))
        .collect()
}

#[test]
fn what_was_packed_comes_out() {
    let bytes = small();
    assert_eq!(bytes, small(), "the same images give the same bytes");
    let lengths = read(&bytes).map(|images| images.iter().map(Vec::len).collect());
    assert_eq!(lengths, Ok(vec![700, 301, 302, 0, 650, 290]));
    let archive = Archive::parse(&bytes).expect("it is sound");
    let modules: Vec<_> = archive
        .images()
        .map(|image| (image.module, image.target))
        .collect();
    let expected = [
        ("one", Ptx(7, 5)),
        ("one", Machine(9, 0)),
        ("one", Machine(12, 0)),
        ("two", Ptx(7, 5)),
        ("three", Ptx(7, 5)),
        ("three", Machine(9, 0)),
    ];
    assert_eq!(modules, expected);
    let image = archive.unpack("one", Machine(12, 0)).expect("it is there");
    assert_eq!(
        image[300..],
        [(300 * 5 % 251) as u8 / 16, (301 * 5 % 251) as u8 / 16]
    );
    let missing = archive.unpack("two", Machine(9, 0));
    assert_eq!(
        missing.unwrap_err().to_string(),
        "there is no image of two for sm_90"
    );
}

#[test]
fn other_files_and_formats_are_told() {
    assert_eq!(read(b""), Err(ArchiveError::NoArchive));
    assert_eq!(
        read(b"PK\x03\x04 something else"),
        Err(ArchiveError::NoArchive)
    );
    let mut newer = small();
    newer[8] = 2;
    assert_eq!(
        read(&newer),
        Err(ArchiveError::Format { found: 2, known: 1 })
    );
}

#[test]
fn an_archive_that_is_cut_off_is_found() {
    let bytes = small();
    for length in 0..bytes.len() {
        assert!(
            read(&bytes[..length]).is_err(),
            "{length} of {}",
            bytes.len()
        );
    }
    // The last byte is the end of a stream.
    let error = read(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
    assert!(error.contains("stream 4 should be"), "{error}");
}

#[test]
fn a_changed_image_is_found() {
    let bytes = small();
    // From the first stream on: each bit of what is compressed.
    let first = bytes.len() - compressed(&bytes);
    let mut found = 0;
    for at in first..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        if let Err(error) = read(&changed) {
            assert!(
                matches!(
                    error,
                    ArchiveError::Unpack { .. } | ArchiveError::Checksum { .. }
                ),
                "{error}"
            );
            found += 1;
        } else {
            // What follows the last image of a stream, its end mark, is not looked at.
            assert_eq!(read(&changed), read(&bytes));
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn an_image_that_is_not_the_one_that_was_packed_is_found() {
    let bytes = small();
    let (streams, images) = (bytes[12] as usize, bytes[16] as usize);
    for image in 0..images {
        let mut changed = bytes.clone();
        changed[24 + 20 * streams + 28 * image + 24] ^= 1;
        let error = read(&changed).unwrap_err();
        assert!(matches!(error, ArchiveError::Checksum { .. }), "{error}");
    }
}

/// Bytes of all streams: what the second number of each says.
fn compressed(bytes: &[u8]) -> usize {
    let number =
        |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four")) as usize;
    (0..number(12))
        .map(|stream| number(24 + 20 * stream + 4))
        .sum()
}

#[test]
fn a_dictionary_is_another_stream_without_one() {
    // Streams: 0 and 1 of the first module, 2 of the second, 3 and 4 of the third.
    let sound = small();
    let number = |stream: usize| 24 + 20 * stream + 12;
    for (stream, from) in [(3, 3), (3, 5), (4, 4), (0, 3)] {
        let mut bytes = sound.clone();
        bytes[number(stream)..number(stream) + 4].copy_from_slice(&u32::to_le_bytes(from));
        let error = Archive::parse(&bytes).expect_err("it is no dictionary");
        assert!(
            error
                .to_string()
                .ends_with(&format!("has {from} as its dictionary")),
            "{error}"
        );
    }
    // One that is longer than its stream.
    let mut bytes = sound.clone();
    bytes[number(3) + 4..number(3) + 8].copy_from_slice(&u32::to_le_bytes(701));
    let error = Archive::parse(&bytes).expect_err("it is too long");
    assert_eq!(
        error.to_string(),
        "dictionary 3 should be 701 bytes at offset 0, but there are only 700 bytes"
    );
}

#[test]
fn a_stream_that_is_said_to_be_huge_is_refused_before_memory_is_taken() {
    let mut bytes = small();
    bytes[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = read(&bytes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream 0 has 4294967295 as its unpacked bytes"
    );
    // So are tables.
    for at in [12, 16, 20] {
        let mut bytes = small();
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(
            read(&bytes),
            Err(ArchiveError::Outside { part: "table", .. })
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_bytes_are_no_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), cut in any::<prop::sample::Index>(), cuts in prop::bool::weighted(0.1)) {
        let mut bytes = small();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = read(&bytes);
    }

    #[test]
    fn any_bytes_are_no_panic(tail in prop::collection::vec(any::<u8>(), 0..300), tables in prop::array::uniform3(0u32..4)) {
        let mut bytes = b"pfkernel\x01\0\0\0".to_vec();
        for number in tables {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(tail);
        let _ = read(&bytes);
    }
}

proptest! {
    // The real archive is large: few cases, each of one image.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_real_archive_damaged_is_no_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4000), image in any::<prop::sample::Index>()) {
        let mut bytes = ARCHIVE.to_vec();
        for (at, byte) in changes {
            // Not the tables, which the small archive tries.
            let at = 32_768 + at.index(bytes.len() - 32_768);
            bytes[at] = byte;
        }
        let archive = Archive::parse(&bytes).expect("its tables are sound");
        let all: Vec<_> = archive.images().collect();
        let image = all[image.index(all.len())];
        if let Ok(contents) = archive.unpack(image.module, image.target) {
            let sound = Archive::parse(ARCHIVE).expect("it is sound");
            prop_assert_eq!(contents, sound.unpack(image.module, image.target).expect("it is sound"));
        }
    }
}
