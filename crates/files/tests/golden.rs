//! Files that NumPy and Python's tarfile wrote (`golden/generate.py`).

use pixelflume_files::npy::{Array, NpyError};
use pixelflume_files::npz::{Npz, NpzError};
use pixelflume_files::tar::{ReadLimits, Sample, ShardReader};
use pixelflume_ops::SampleType;
use std::path::PathBuf;

const LIMIT: u64 = 1 << 20;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn floats() -> Vec<u8> {
    let number = |n: usize| -2.0 + 4.0 * n as f64 / 11.0;
    (0..12)
        .flat_map(|n| (number(n) as f32).to_ne_bytes())
        .collect()
}

#[test]
fn arrays_are_those_of_numpy() {
    for name in ["arrays.npz", "compressed.npz"] {
        let npz = Npz::open(&golden(name)).unwrap();
        let names: Vec<&str> = npz.names().collect();
        let expected = ["u8", "i16", "f16", "f32", "big_endian", "scalar", "empty"];
        assert_eq!(names, expected);
        let read = |name| npz.read(name, LIMIT).unwrap();
        let image: Vec<u8> = (0..60).map(|n| (n * 7 % 256) as u8).collect();
        let u8s = Array::new(SampleType::U8, vec![5, 4, 3], image).unwrap();
        assert_eq!(read("u8"), u8s);
        let shorts: Vec<u8> = (-6i16..6).flat_map(i16::to_ne_bytes).collect();
        let i16s = Array::new(SampleType::I16, vec![2, 6], shorts).unwrap();
        assert_eq!(read("i16"), i16s);
        let f32s = Array::new(SampleType::F32, vec![3, 4], floats()).unwrap();
        assert_eq!(read("f32"), f32s);
        assert_eq!(read("big_endian"), f32s);
        // -2 and 2 are 0xc000 and 0x4000.
        let halves = read("f16");
        assert_eq!(halves.sample(), SampleType::F16);
        assert_eq!(halves.data()[..2], 0xc000u16.to_ne_bytes());
        assert_eq!(halves.data()[22..], 0x4000u16.to_ne_bytes());
        let number = read("scalar");
        assert!(number.dimensions().is_empty());
        assert_eq!(number.data(), 1.5f32.to_ne_bytes());
        assert_eq!(read("empty").dimensions(), [0, 3]);
    }
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let npz = Npz::open(&golden("refused.npz")).unwrap();
    for (name, told) in [
        ("fortran", "Fortran order"),
        ("f64", "astype(\"float32\")"),
        ("objects", "pickled"),
        ("records", "structured"),
    ] {
        let error = npz.read(name, LIMIT).unwrap_err();
        assert!(
            matches!(&error, NpzError::Array { source, .. } if !matches!(source, NpyError::Read(_)))
        );
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn all_versions_of_the_header_are_read() {
    for version in 1..=3 {
        let bytes = std::fs::read(golden(&format!("version{version}.npy"))).unwrap();
        let array = Array::read(&mut &bytes[..], LIMIT).unwrap();
        assert_eq!(
            (array.dimensions(), array.data()),
            (&[3, 4][..], &*floats())
        );
    }
}

/// What is written is what NumPy writes, byte for byte.
#[cfg(target_endian = "little")]
#[test]
fn written_arrays_are_those_of_numpy() {
    let mut bytes = Vec::new();
    pixelflume_files::npy::write(&mut bytes, SampleType::F32, &[3, 4], &floats()).unwrap();
    assert!(bytes == std::fs::read(golden("version1.npy")).unwrap());
}

#[test]
fn samples_are_those_of_all_formats_of_tar() {
    let long = format!("{}{}", "folder/".repeat(20), "name".repeat(30));
    for (format, has_long) in [("ustar", false), ("gnu", true), ("pax", true)] {
        let path = golden(&format!("{format}.tar"));
        let reader = ShardReader::open(&path, ReadLimits::default()).unwrap();
        let samples: Vec<Sample> = reader.map(Result::unwrap).collect();
        let keys: Vec<&str> = samples.iter().map(|sample| &*sample.key).collect();
        let mut expected = vec!["a", "d/b", &long, "größe"];
        if !has_long {
            expected.remove(2);
        }
        assert_eq!(keys, expected, "{format}");
        assert_eq!(samples[0].part("cls"), Some(&b"7"[..]));
        let bytes: Vec<u8> = (0..5).flat_map(|_| 0..=255).collect();
        assert_eq!(samples[1].part("seg.png"), Some(&bytes[..]));
        let last = samples.last().unwrap();
        assert_eq!(last.part("txt"), Some("größe".as_bytes()));
        for sample in &samples {
            let mut reader = ShardReader::open(&path, ReadLimits::default()).unwrap();
            reader.skip_to(sample.position).unwrap();
            assert_eq!(reader.next().unwrap().unwrap(), *sample);
        }
    }
}
