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

fn keys(bytes: &[u8]) -> Vec<String> {
    let (samples, error) = read(bytes);
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
    // Without blocks of zeros, as a file that was appended to by hand.
    assert_eq!(keys(&member(b'0', "a.jpg", b"A")), ["a"]);
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
    // Behind the last content, the archive may end anywhere between blocks.
    let last = bytes.len() - 2 * BLOCK;
    for cut in 0..bytes.len() {
        let (samples, error) = read(&bytes[..cut]);
        let got: Vec<String> = samples.into_iter().map(|(key, _)| key).collect();
        assert_eq!(got, whole[..got.len()]);
        if cut % BLOCK != 0 && cut < last - BLOCK {
            assert!(error.is_some(), "{cut}");
        }
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
    assert!(matches!(error.cause, TarCause::Position));
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
