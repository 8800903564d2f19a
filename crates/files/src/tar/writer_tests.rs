//! Shards that are written: their names, their limits, and that they are read back.

use super::*;
use crate::tar::{ReadLimits, ShardReader};
use proptest::prelude::*;
use std::fs;

type Parts = Vec<(String, Vec<u8>)>;

fn read(shard: &Shard) -> Vec<(String, Parts)> {
    let reader = ShardReader::open(&shard.path, ReadLimits::default()).unwrap();
    let samples = reader.map(|sample| {
        let sample = sample.unwrap();
        let parts = sample.parts.into_iter();
        (
            sample.key,
            parts.map(|part| (part.extension, part.data)).collect(),
        )
    });
    samples.collect()
}

fn writer(folder: &Path, samples: u64, bytes: u64) -> ShardWriter {
    let limits = ShardLimits {
        samples,
        bytes,
        first: 0,
    };
    ShardWriter::new(&folder.join("a-%03d.tar"), limits, Existing::Replace).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn shards_have_so_many_samples() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path(), 2, u64::MAX);
    for number in 0..5 {
        writer
            .write(&format!("k{number}"), &[("cls", b"1"), ("jpg", b"J")])
            .unwrap();
    }
    assert_eq!(writer.written().len(), 2);
    // The last one is not there before it is complete.
    assert!(!writer.path(2).exists());
    let shards = writer.finish().unwrap();
    assert_eq!(
        names(folder.path()),
        ["a-000.tar", "a-001.tar", "a-002.tar"]
    );
    let samples: Vec<u64> = shards.iter().map(|shard| shard.samples).collect();
    assert_eq!(samples, [2, 2, 1]);
    for shard in &shards {
        assert_eq!(fs::metadata(&shard.path).unwrap().len(), shard.bytes);
        assert_eq!(read(shard).len() as u64, shard.samples);
    }
    assert_eq!(read(&shards[2])[0].0, "k4");
}

#[test]
fn shards_have_so_many_bytes() {
    let folder = tempfile::tempdir().unwrap();
    // A sample of one small file takes two blocks, the end two.
    let mut writer = writer(folder.path(), 100, 6 * 512);
    for key in ["a", "b", "c"] {
        writer.write(key, &[("x", b"1")]).unwrap();
    }
    let error = writer.write("d", &[("x", &[0; 2000])]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("takes 3584 bytes in a shard, which may have 3072"),
        "{error}"
    );
    writer.write("e", &[("x", &[0; 512])]).unwrap();
    let shards = writer.finish().unwrap();
    let bytes: Vec<u64> = shards.iter().map(|shard| shard.bytes).collect();
    assert_eq!(bytes, [3072, 3072]);
    assert_eq!(read(&shards[1])[1].0, "e");
}

#[test]
fn equal_samples_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let pattern = folder.path().join(name);
        let limits = ShardLimits::default();
        let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse).unwrap();
        writer
            .write("a/b", &[("seg.png", b"1"), ("json", b"{}")])
            .unwrap();
        let long = "n".repeat(300);
        writer.write(&long, &[("x", b"2")]).unwrap();
        fs::read(&writer.finish().unwrap()[0].path).unwrap()
    };
    assert_eq!(write("one-%d.tar"), write("two-%d.tar"));
}

#[test]
fn what_would_not_be_read_back_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path(), 100, u64::MAX);
    let parts: &[(&str, &[u8])] = &[("x", b"1")];
    for key in ["", "a.b", ".a", "a/", "a/.b", "a\0", &"n".repeat(5000)] {
        let error = writer.write(key, parts).unwrap_err();
        assert!(matches!(error, ShardError::Key { .. }), "{key}: {error}");
    }
    let one: &[u8] = b"1";
    for parts in [
        &[][..],
        &[("", one)],
        &[("a/b", one)],
        &[("X", one)],
        &[("x", one), ("x", one)],
    ] {
        let error = writer.write("a", parts).unwrap_err();
        assert!(matches!(error, ShardError::Parts { .. }), "{error}");
    }
    writer.write("a.d/b", parts).unwrap();
    let error = writer.write("a.d/b", parts).unwrap_err();
    assert!(matches!(error, ShardError::SameKey { .. }), "{error}");
    writer.write("c", parts).unwrap();
    let shards = writer.finish().unwrap();
    let keys: Vec<String> = read(&shards[0]).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["a.d/b", "c"]);
}

#[test]
fn a_shard_that_cannot_be_written_ends_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let mut writer = writer(&missing, 1, u64::MAX);
    let error = writer.write("a", &[("x", b"")]).unwrap_err();
    assert!(matches!(error, ShardError::Write { .. }), "{error}");
    assert!(matches!(
        writer.write("b", &[("x", b"")]),
        Err(ShardError::Failed)
    ));
    assert!(matches!(writer.finish(), Err(ShardError::Failed)));
}

#[test]
fn existing_shards_stay_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("s-7.tar"), "old").unwrap();
    let limits = ShardLimits {
        first: 7,
        ..ShardLimits::default()
    };
    let pattern = folder.path().join("s-%d.tar");
    let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse).unwrap();
    assert!(writer.write("a", &[("x", b"")]).is_err());
    drop(writer);
    // It appears while the shard is written.
    let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse).unwrap();
    fs::remove_file(folder.path().join("s-7.tar")).unwrap();
    writer.write("a", &[("x", b"")]).unwrap();
    fs::write(folder.path().join("s-7.tar"), "old").unwrap();
    assert!(writer.finish().is_err());
    assert_eq!(names(folder.path()), ["s-7.tar"]);
    fs::create_dir(folder.path().join("s-8.tar")).unwrap();
    let limits = ShardLimits { first: 8, ..limits };
    let mut writer = ShardWriter::new(&pattern, limits, Existing::Replace).unwrap();
    assert!(writer.write("a", &[("x", b"")]).is_err());
    fs::remove_dir(folder.path().join("s-8.tar")).unwrap();
    assert_eq!(fs::read(folder.path().join("s-7.tar")).unwrap(), b"old");
    // Dropped without its end, a shard is removed.
    let mut writer = ShardWriter::new(&pattern, ShardLimits::default(), Existing::Refuse).unwrap();
    writer.write("a", &[("x", b"")]).unwrap();
    drop(writer);
    assert_eq!(names(folder.path()), ["s-7.tar"]);
}

#[test]
fn limits_are_at_least_one() {
    for limits in [(0, 1), (1, 0)] {
        let limits = ShardLimits {
            samples: limits.0,
            bytes: limits.1,
            first: 0,
        };
        let refused = ShardWriter::new(Path::new("a%d"), limits, Existing::Refuse);
        assert!(matches!(refused, Err(ShardError::Limits { .. })));
    }
}

#[test]
fn keys_that_lead_out_of_a_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path(), 100, u64::MAX);
    for key in ["/etc/passwd", "../a", "a/../b", "/etc/../../passwd"] {
        let error = writer.write(key, &[("x", b"1")]).unwrap_err();
        assert!(matches!(error, ShardError::Key { .. }), "{key}: {error}");
    }
    writer.write("a..b/c", &[("x", b"1")]).unwrap();
    writer.finish().unwrap();
}

#[test]
fn numbers_of_shards_end() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ShardLimits {
        samples: 1,
        first: u64::MAX,
        ..ShardLimits::default()
    };
    let pattern = folder.path().join("%d");
    let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse).unwrap();
    writer.write("a", &[("x", b"1")]).unwrap();
    let error = writer.write("b", &[("x", b"1")]).unwrap_err().to_string();
    assert!(error.contains("18446744073709551615"), "{error}");
    assert_eq!(writer.written().len(), 1);
    assert!(matches!(writer.finish(), Err(ShardError::Failed)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_is_written_is_read(samples in prop::collection::vec(("[a-z0-9_é/]{1,130}", prop::collection::btree_map("[a-z]{1,4}(\\.[a-z]{1,3})?", prop::collection::vec(any::<u8>(), 0..1200), 1..4)), 1..8), most in 1u64..4) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path(), most, 1 << 20);
        let mut expected = Vec::new();
        for (key, parts) in samples {
            let files: Vec<(&str, &[u8])> = parts.iter().map(|(extension, data)| (&**extension, &**data)).collect();
            if writer.write(&key, &files).is_ok() {
                expected.push((key, parts.into_iter().collect::<Vec<_>>()));
            }
        }
        let shards = writer.finish().unwrap();
        let read: Vec<_> = shards.iter().flat_map(read).collect();
        prop_assert_eq!(read, expected);
    }
}
