//! Samples of shards that are whole, cut, changed and hostile.

use super::*;
use crate::tar::header::{BLOCK, extended, file};
use proptest::prelude::*;
use std::io::Cursor;

/// An archive of these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, data) in files {
        match file(name, data.len() as u64) {
            Some(header) => bytes.extend(header),
            None => bytes.extend(extended(name, data.len() as u64)),
        }
        bytes.extend(*data);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    bytes.extend([0; 2 * BLOCK]);
    bytes
}

/// A header of another kind, with its content.
fn member(kind: u8, name: &str, data: &[u8]) -> Vec<u8> {
    let mut block = file(name, data.len() as u64).unwrap();
    block[156] = kind;
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = [&block[..], data].concat();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn reader(bytes: &[u8]) -> ShardReader<Cursor<&[u8]>> {
    ShardReader::new(
        Cursor::new(bytes),
        "s.tar".to_owned(),
        ReadLimits::default(),
    )
}

/// Key and extensions of each sample, up to the first error.
fn read(bytes: &[u8]) -> (Vec<(String, String)>, Option<TarError>) {
    let (mut samples, mut error) = (Vec::new(), None);
    for sample in reader(bytes) {
        match sample {
            Ok(sample) => {
                let parts = sample.parts.iter().map(|part| &*part.extension);
                samples.push((sample.key, parts.collect::<Vec<_>>().join(",")));
            }
            Err(failed) => error = Some(failed),
        }
    }
    (samples, error)
}

/// The keys of an archive whose end may be missing.
fn keys(bytes: &[u8]) -> Vec<String> {
    let (samples, error) = read(&[bytes, &[0; BLOCK]].concat());
    assert!(error.is_none(), "{error:?}");
    samples.into_iter().map(|(key, _)| key).collect()
}

fn three() -> Vec<u8> {
    archive(&[
        ("a.jpg", b"A"),
        ("a.CLS", b"1"),
        ("d/b.seg.png", &[7; 600]),
        ("c.jpg", b""),
        ("c.json", b"{}"),
    ])
}

#[test]
fn files_of_one_key_are_a_sample() {
    let (samples, error) = read(&three());
    assert!(error.is_none(), "{error:?}");
    let expected = [("a", "jpg,cls"), ("d/b", "seg.png"), ("c", "jpg,json")];
    let expected = expected.map(|(key, parts)| (key.to_owned(), parts.to_owned()));
    assert_eq!(samples, expected);
    let samples: Vec<Sample> = reader(&three()).map(Result::unwrap).collect();
    assert_eq!(samples[0].part("cls"), Some(&b"1"[..]));
    assert_eq!(samples[0].part("png"), None);
    assert_eq!(samples[1].part("seg.png"), Some(&[7; 600][..]));
    let begin = Position {
        index: 1,
        offset: 2048,
    };
    assert_eq!(samples[1].position, begin);
}

#[test]
fn one_key_at_two_places_is_two_samples() {
    let bytes = archive(&[("a.x", b""), ("b.x", b""), ("a.y", b"")]);
    assert_eq!(keys(&bytes), ["a", "b", "a"]);
    let bytes = archive(&[("a.x", b""), ("a.X", b"")]);
    let error = read(&bytes).1.unwrap().to_string();
    assert_eq!(
        error,
        "s.tar: sample 0, byte 1024: sample a has two files .x"
    );
}

#[test]
fn what_is_no_sample_is_passed_over() {
    let bytes = [
        member(b'5', "d/", b""),
        member(b'0', "README", b"no dot"),
        member(b'0', ".hidden.jpg", b"hidden"),
        member(b'0', "a.jpg", b"A"),
        // Links have no content, whatever their size says.
        member(b'1', "link.jpg", b""),
        member(b'g', "pax_global_header", b"13 comment=x\n"),
        member(b'K', "././@LongLink", b"target\0"),
        member(b'V', "label", b""),
        member(b'0', "__meta__.__", b""),
        member(0, "old/", b""),
        member(0, "b.jpg", b"B"),
        vec![0; BLOCK],
        b"whatever is behind the end".to_vec(),
    ];
    assert_eq!(keys(&bytes.concat()), ["a", "b"]);
    assert_eq!(keys(&[]), [""; 0]);
    assert_eq!(keys(&[0; BLOCK]), [""; 0]);
}

#[test]
fn long_names_are_those_of_gnu_tar_and_pax() {
    let long = format!("{}/n.jpg", "d".repeat(300));
    let gnu = [
        member(b'L', "././@LongLink", format!("{long}\0").as_bytes()),
        member(b'0', "shortened", b"A"),
        member(b'0', "b.jpg", b"B"),
    ];
    let key = long.strip_suffix(".jpg").unwrap();
    assert_eq!(keys(&gnu.concat()), [key, "b"]);
    let pax = archive(&[(&long, b"A"), ("b.jpg", b"B")]);
    assert_eq!(keys(&pax), [key, "b"]);
    // The size of the records comes before that of the header.
    let sized = [
        member(b'x', "pax", b"9 size=1\n20 mtime=1234567.89\n"),
        member(b'0', "a.jpg", b""),
        vec![b'A'; 1],
        vec![0; BLOCK - 1],
        member(b'0', "b.jpg", b"B"),
        vec![0; BLOCK],
    ];
    let samples: Vec<Sample> = reader(&sized.concat()).map(Result::unwrap).collect();
    assert_eq!(samples[0].part("jpg"), Some(&b"A"[..]));
    assert_eq!(samples.len(), 2);
}

#[test]
fn what_is_not_read_is_named() {
    let long = vec![b'n'; MAX + 2];
    let huge = vec![b' '; (64 << 10) + 1];
    const MAX: usize = crate::tar::MAX_NAME;
    for (bytes, told) in [
        (b"\x1f\x8b\x08".repeat(200), "must be decompressed first"),
        (member(b'S', "a.jpg", b""), "with holes"),
        (
            [
                member(b'x', "p", b"22 GNU.sparse.major=1\n"),
                member(b'0', "a.jpg", b""),
            ]
            .concat(),
            "with holes",
        ),
        (member(b'L', "l", &long), "more than 4096 bytes"),
        (member(b'x', "p", &huge), "65537 bytes, and may have 65536"),
        (
            member(b'x', "p", b"30 path=a\n"),
            "records of pax are damaged",
        ),
        (
            member(b'x', "p", b"x path=a\n"),
            "records of pax are damaged",
        ),
        (member(b'x', "p", b"0 "), "records of pax are damaged"),
        (member(b'x', "p", b"7 path\n"), "records of pax are damaged"),
        (member(b'x', "p", b"10 size=-1\n"), "damaged"),
        (member(b'x', "p", b"11 size=-1\n"), "is no number"),
        (
            [member(b'L', "l", b"\xff\xfe\0"), member(b'0', "a", b"")].concat(),
            "no Unicode text",
        ),
    ] {
        let error = read(&bytes).1.unwrap().to_string();
        assert!(error.starts_with("s.tar: sample 0, byte "), "{error}");
        assert!(error.contains(told), "{told}: {error}");
    }
}

#[test]
fn samples_are_bounded() {
    let bytes = archive(&[("a.x", &[0; 50]), ("b.x", &[0; 50]), ("b.y", &[0; 51])]);
    let limits = ReadLimits {
        max_bytes: 100,
        max_parts: 1024,
    };
    let mut reader = ShardReader::new(&bytes[..], "s".to_owned(), limits);
    assert_eq!(reader.next().unwrap().unwrap().key, "a");
    let error = reader.next().unwrap().unwrap_err().to_string();
    assert!(
        error.ends_with("sample b has more than 100 bytes"),
        "{error}"
    );
    assert!(reader.next().is_none());
    let limits = ReadLimits {
        max_parts: 1,
        ..limits
    };
    let mut reader = ShardReader::new(&bytes[..], "s".to_owned(), limits);
    let error = reader.nth(1).unwrap().unwrap_err().to_string();
    assert!(error.ends_with("sample b has more than 1 files"), "{error}");
    // A size that is not there.
    let mut large = file("a.x", 1 << 30).unwrap().to_vec();
    large.extend([7; 100]);
    let error = read(&large).1.unwrap();
    let ends = TarCause::Ends {
        part: "the content of a file",
        got: 100,
        expected: 1 << 30,
    };
    assert_eq!(error.cause.to_string(), ends.to_string());
    assert_eq!(error.offset, 612);
}

#[test]
fn every_cut_gives_whole_samples_or_an_error() {
    let bytes = three();
    let whole = keys(&bytes);
    // Of the two blocks of zeros at the end, one is enough.
    let last = bytes.len() - BLOCK;
    for cut in 0..bytes.len() {
        let (samples, error) = read(&bytes[..cut]);
        let got: Vec<String> = samples.into_iter().map(|(key, _)| key).collect();
        assert_eq!(got, whole[..got.len()]);
        assert_eq!(error.is_none(), cut >= last, "{cut}: {error:?}");
    }
}

#[test]
fn reading_goes_on_at_every_position() {
    let long = format!("{}/n", "d".repeat(300));
    let (image, text) = (format!("{long}.jpg"), format!("{long}.txt"));
    let bytes = [
        member(b'5', "d/", b""),
        archive(&[
            ("a.x", b"A"),
            (&image, b"B"),
            (&text, b"C"),
            ("README", b""),
            ("c.x", b"D"),
        ]),
    ]
    .concat();
    let all: Vec<Sample> = reader(&bytes).map(Result::unwrap).collect();
    assert_eq!(all.len(), 3);
    let mut first = reader(&bytes);
    for index in 0..=all.len() {
        let position = first.next_position();
        assert_eq!(position.index, index as u64);
        let mut sought = reader(&bytes);
        sought.skip_to(position).unwrap();
        assert_eq!(sought.next_position(), position);
        let rest: Vec<Sample> = sought.map(Result::unwrap).collect();
        let expected = &all[index..];
        assert_eq!(rest.len(), expected.len());
        for (rest, expected) in rest.iter().zip(expected) {
            assert_eq!((&rest.key, &rest.parts), (&expected.key, &expected.parts));
            assert_eq!(rest.position.index, expected.position.index);
        }
        let mut piped = ShardReader::new(&bytes[..], String::new(), ReadLimits::default());
        piped.read_to(position).unwrap();
        piped.read_to(position).unwrap();
        assert_eq!(piped.count(), expected.len());
        assert!(first.next().is_none_or(|sample| sample.is_ok()));
    }
    let mut behind = reader(&bytes);
    behind.next();
    let error = behind.read_to(Position::default()).unwrap_err();
    assert!(matches!(error.cause, TarCause::Passed { offset: 0 }));
    assert_eq!(behind.count(), 2);
    let far = Position {
        index: 9,
        offset: 1 << 40,
    };
    let error = reader(&bytes).read_to(far).unwrap_err();
    assert!(matches!(error.cause, TarCause::Position));
    // No sample begins there.
    let mut wrong = reader(&bytes);
    let offset = all[2].position.offset + 1;
    wrong.skip_to(Position { index: 2, offset }).unwrap();
    assert!(wrong.next().unwrap().is_err());
}

#[test]
fn after_an_error_the_position_is_that_of_the_item_that_failed() {
    // Were reading to go on behind the header, the archive within would be read as samples of this one.
    let inner = archive(&[("x.jpg", b"X"), ("y.jpg", b"Y")]);
    let bytes = archive(&[("a.jpg", b"A"), ("b.bin", &inner), ("c.jpg", b"C")]);
    let limits = ReadLimits {
        max_bytes: 100,
        ..ReadLimits::default()
    };
    let open = || ShardReader::new(Cursor::new(&bytes), String::new(), limits);
    let mut first = open();
    assert_eq!(first.next().unwrap().unwrap().key, "a");
    let begin = Position {
        index: 1,
        offset: 1024,
    };
    assert_eq!(first.next_position(), begin);
    assert!(first.next().unwrap().is_err());
    assert_eq!(first.next_position(), begin);
    let mut second = open();
    second.skip_to(first.next_position()).unwrap();
    let error = second.next().unwrap().unwrap_err();
    assert!(matches!(error.cause, TarCause::TooLarge { .. }), "{error}");
    // The reader that failed is not at that place any more.
    assert!(first.read_to(begin).is_err());
    assert!(first.next().is_none());
}

#[test]
fn no_position_is_behind_the_end_of_the_file() {
    let bytes = three();
    let far = Position {
        index: 1,
        offset: bytes.len() as u64 + 1,
    };
    let mut reader = reader(&bytes);
    assert_eq!(reader.next().unwrap().unwrap().key, "a");
    let error = reader.skip_to(far).unwrap_err();
    assert!(matches!(error.cause, TarCause::Position), "{error}");
    // It is where it was.
    assert_eq!(reader.next().unwrap().unwrap().key, "d/b");
}

#[test]
fn a_reader_whose_source_failed_has_ended() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is on fire"))
        }
    }
    let bytes = three();
    let source = (&bytes[..700]).chain(Fails).chain(&bytes[700..]);
    let mut reader = ShardReader::new(source, String::new(), ReadLimits::default());
    let position = Position {
        index: 1,
        offset: 2048,
    };
    let error = reader.read_to(position).unwrap_err();
    assert!(matches!(error.cause, TarCause::Read(_)), "{error}");
    assert_eq!(error.offset, 700);
    assert!(reader.next().is_none());
}

#[test]
fn a_shard_that_was_cut_between_files_is_told_behind_its_last_sample() {
    let bytes = three();
    // Between the two files of the last sample.
    let cut = &bytes[..bytes.len() - 4 * BLOCK];
    let (samples, error) = read(cut);
    assert_eq!(samples.last().unwrap(), &("c".to_owned(), "jpg".to_owned()));
    let error = error.unwrap();
    assert!(matches!(error.cause, TarCause::NoEnd), "{error}");
    let end = cut.len() as u64;
    assert_eq!((error.sample, error.offset), (3, end));
    assert!(matches!(read(&[]).1.unwrap().cause, TarCause::NoEnd));
    // The end is a position, with and without the blocks of zeros.
    for (bytes, is_whole) in [(cut, false), (&bytes[..], true)] {
        let mut first = reader(bytes);
        while let Some(Ok(_)) = first.next() {}
        let mut second = reader(bytes);
        second.skip_to(first.next_position()).unwrap();
        assert_eq!(second.next().is_none(), is_whole);
        assert_eq!(first.next_position(), second.next_position());
    }
}

#[cfg(unix)]
#[test]
fn devices_are_no_shards_and_pipes_are() {
    let open = |path: &str| ShardReader::open(Path::new(path), ReadLimits::default());
    for path in ["/dev/zero", "/dev/null", "/"] {
        let error = open(path).unwrap_err().to_string();
        assert!(error.contains("a folder or a device"), "{path}: {error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    std::thread::scope(|threads| {
        threads.spawn(|| std::fs::write(&path, three()).unwrap());
        let samples = open(path.to_str().unwrap()).unwrap();
        assert_eq!(samples.map(Result::unwrap).count(), 3);
    });
}

#[test]
fn empty_records_take_earlier_ones_back() {
    let bytes = [
        member(b'x', "pax", b"14 path=b.jpg\n9 size=9\n"),
        member(b'x', "pax", b"8 path=\n8 size=\n"),
        member(b'0', "a.jpg", b"A"),
    ];
    assert_eq!(keys(&bytes.concat()), ["a"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn changed_archives_are_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), repairs: bool, cut: prop::sample::Index) {
        let mut bytes = [three(), member(b'x', "p", b"9 size=1\n")].concat();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // With sums that are right, changes reach what is behind them.
        if repairs {
            for block in bytes.chunks_exact_mut(BLOCK) {
                if block[257..262] == *b"ustar" {
                    block[148..156].fill(b' ');
                    let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
                    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
                }
            }
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let mut total = 0;
        for sample in reader(&bytes).flatten() {
            total += sample.parts.iter().map(|part| part.data.len()).sum::<usize>();
        }
        prop_assert!(total <= bytes.len());
    }

    #[test]
    fn any_records_are_read_or_refused(records in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [member(b'x', "p", &records), member(b'0', "a.x", b"A")].concat();
        let _ = read(&bytes);
        let text: Vec<u8> = records.iter().map(|byte| b"0123456789 =\npathsize"[usize::from(*byte) % 21]).collect();
        let _ = read(&[member(b'x', "p", &text), member(b'0', "a.x", b"A")].concat());
    }
}
