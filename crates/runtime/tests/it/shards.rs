//! Tar shards as a source, and shards and files as sinks.

use crate::support::{all, alone, device, image, png, resized};
use pixelflume_codec::{DecodeOptions, EncodeOptions, Existing, Format, decode, read};
use pixelflume_files::npz::{Compression, Npz};
use pixelflume_files::output::ResultFormat;
use pixelflume_files::tar::{ReadLimits, ShardLimits, ShardReader, ShardWriter};
use pixelflume_ops::Image;
use pixelflume_runtime::{
    Batching, Content, Dataset as _, Encoded, FileKind, Files, Images, Item, ItemError, Job, Made,
    Parts, Shards, Shuffle, ToFiles, ToShards,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Writes shards of 4 samples: image n has the class n; 5 has none, 9 has no image.
fn shards(folder: &Path, samples: u64) -> (Vec<PathBuf>, Vec<Image>) {
    let limits = ShardLimits {
        samples: 4,
        ..ShardLimits::default()
    };
    let pattern = folder.join("train-%03d.tar");
    let mut writer = ShardWriter::new(&pattern, limits, Existing::Refuse).unwrap();
    let images: Vec<Image> = (0..samples).map(image).collect();
    for (number, image) in images.iter().enumerate() {
        let (file, class) = (png(image), number.to_string());
        let parts: [(&str, &[u8]); 2] = [("cls", class.as_bytes()), ("png", &file)];
        let parts = match number {
            5 => &parts[1..],
            9 => &parts[..1],
            _ => &parts[..],
        };
        writer.write(&format!("a/{number:03}"), parts).unwrap();
    }
    let written = writer.finish().unwrap();
    (
        written.into_iter().map(|shard| shard.path).collect(),
        images,
    )
}

fn class_of(parts: &Parts) -> Option<u64> {
    let class = parts.get("cls")?;
    Some(std::str::from_utf8(class).unwrap().parse().unwrap())
}

#[test]
fn samples_come_with_their_labels_in_any_order_and_from_any_place() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, images) = shards(folder.path(), 23);
    let pattern = folder.path().join("train-{000..005}.tar");
    let pipeline = resized();
    for shuffle in [None, Some(Shuffle::windows(3, 6)), Some(Shuffle::all(3))] {
        let builder = || {
            let builder = Job::builder(&pipeline, &device())
                .batching(Batching::count(5))
                .epochs(2)
                .workers(2);
            match shuffle {
                Some(shuffle) => builder.shuffle(shuffle),
                None => builder,
            }
        };
        let mut seen = Vec::new();
        let mut job = builder()
            .start(Shards::matching(pattern.to_str().unwrap()).unwrap())
            .unwrap();
        let mut taken = 0;
        loop {
            let Some(batch) = job.next_batch() else { break };
            let batch = batch.unwrap();
            let outputs = batch.outputs();
            for (number, item) in batch.items().enumerate() {
                assert_eq!(&*item.name, &format!("a/{:03}", item.index));
                let class = class_of(item.attached::<Parts>().unwrap());
                assert_eq!(class, (item.index != 5).then_some(item.index));
                assert_eq!(item.attached::<String>(), None);
                let expected = alone(&pipeline, item.index, 0, &images[item.index as usize]);
                assert_eq!(outputs[0].image(number).unwrap(), expected.data());
                seen.push((item.epoch, item.index));
            }
            for failure in batch.failures() {
                assert_eq!(failure.item.index, 9);
                let text = failure.error.to_string();
                assert!(
                    text.contains("\"a/009\"") && text.ends_with("it has .cls"),
                    "{text}"
                );
                seen.push((failure.item.epoch, 9));
            }
            taken += 1;
            if taken == 3 {
                // On in another job, as a program that starts again.
                let position = job.position();
                drop(batch);
                job = builder()
                    .resume(position)
                    .start(Shards::open(&paths).unwrap())
                    .unwrap();
            }
        }
        seen.sort_unstable();
        let expected: Vec<(u64, u64)> = (0..46).map(|n| (n / 23, n % 23)).collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn extensions_name_the_image_and_a_changed_shard_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, _) = shards(folder.path(), 8);
    let start = |shards: Shards| Job::builder(&resized(), &device()).start(shards).unwrap();
    let named = Shards::open(&paths).unwrap().images(&["jpg;png"]);
    assert_eq!(all(&start(named)).0.len(), 8);
    let named = Shards::open(&paths).unwrap().images(&["jpg;jpeg"]);
    let (_, failures) = all(&start(named));
    assert!(
        failures[&0].contains("no file .jpg or .jpeg; it has .cls, .png"),
        "{}",
        failures[&0]
    );

    let opened = Shards::open(&paths).unwrap();
    fs::write(&paths[1], fs::read(&paths[0]).unwrap().repeat(2)).unwrap();
    let (images, failures) = all(&start(opened));
    assert_eq!((images.len(), failures.len()), (4, 4));
    assert!(failures[&4].contains("changed since"), "{}", failures[&4]);
    fs::write(&paths[1], b"no archive").unwrap();
    assert!(Shards::open(&paths).is_err());
}

#[test]
fn a_shard_that_changes_while_it_is_open_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, _) = shards(folder.path(), 8);
    let opened = Shards::open(&paths).unwrap();
    assert_eq!(&*opened.get(0).unwrap().name, "a/000");
    // Another archive of equal length, written into the same file.
    let other = fs::read(&paths[1]).unwrap();
    fs::write(&paths[0], other).unwrap();
    let later = SystemTime::now() + Duration::from_secs(60);
    let file = fs::File::options().write(true).open(&paths[0]).unwrap();
    file.set_modified(later).unwrap();
    let error = opened.get(1).unwrap_err().to_string();
    assert!(error.contains("changed since"), "{error}");
    assert_eq!(&*opened.get(4).unwrap().name, "a/004");
}

#[test]
fn results_go_to_shards_with_the_labels() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, images) = shards(folder.path(), 11);
    let pipeline = resized();
    let sink = ToShards::new(
        &folder.path().join("out-%02d.tar"),
        ShardLimits::default(),
        Existing::Refuse,
        ResultFormat::Image(Format::Png),
    );
    let sink = Arc::new(sink.unwrap().with_parts());
    let job = Job::builder(&pipeline, &device())
        .workers(3)
        .start(Shards::open(&paths).unwrap())
        .unwrap();
    let report = job.for_each(Arc::clone(&sink)).unwrap();
    assert_eq!((report.written, report.failed), (10, 1));
    let written = sink.finish().unwrap();
    assert!(sink.finish().is_err());
    let reader = ShardReader::open(&written[0].path, ReadLimits::default()).unwrap();
    let mut seen = Vec::new();
    for sample in reader {
        let sample = sample.unwrap();
        let index: usize = sample.key.strip_prefix("a/").unwrap().parse().unwrap();
        let result = decode(sample.part("png").unwrap(), &DecodeOptions::default()).unwrap();
        assert_eq!(result, alone(&pipeline, 0, 0, &images[index]));
        let class = (index != 5).then(|| index.to_string());
        assert_eq!(sample.part("cls"), class.as_deref().map(str::as_bytes));
        seen.push(index);
    }
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
}

/// A job that writes into the shards that it reads: by their names, and by a link to one of them.
#[cfg(unix)]
#[test]
fn shards_that_are_read_are_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (paths, _) = shards(folder.path(), 8);
    let before: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    std::os::unix::fs::symlink(&paths[1], folder.path().join("link-000.tar")).unwrap();
    for pattern in [
        folder.path().join("train-%03d.tar"),
        folder.path().join("link-%03d.tar"),
    ] {
        let source = Shards::open(&paths).unwrap();
        let sink = ToShards::new(
            &pattern,
            ShardLimits::default(),
            Existing::Replace,
            ResultFormat::Image(Format::Png),
        );
        let sink = Arc::new(sink.unwrap().protect(source.paths()));
        let job = Job::builder(&resized(), &device()).start(source).unwrap();
        let report = job.for_each(Arc::clone(&sink)).unwrap();
        assert_eq!((report.written, report.failed), (0, 8));
        let texts: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
        let told = texts.iter().filter(|text| text.contains("which is read"));
        assert_eq!(told.count(), 1, "{texts:?}");
        assert!(sink.finish().is_err());
        let after: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
        assert_eq!(after, before);
    }
}

#[test]
fn results_go_to_files_which_replace_nothing_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir_all(photos.join("b")).unwrap();
    let images: Vec<Image> = (0..3).map(image).collect();
    let paths = [
        photos.join("x.png"),
        photos.join("b/x.png"),
        photos.join("y.png"),
    ];
    for (path, image) in paths.iter().zip(&images) {
        fs::write(path, png(image)).unwrap();
    }
    let pipeline = resized();
    let run = |sink: ToFiles| {
        let job = Job::builder(&pipeline, &device())
            .start(Files::new(&paths))
            .unwrap();
        job.for_each(sink).unwrap()
    };
    let out = folder.path().join("out");
    let sink = || ToFiles::new(&out, &pipeline, FileKind::PNG).unwrap();
    let report = run(sink());
    assert_eq!((report.written, report.failed), (2, 1));
    assert!(matches!(report.failures[0].error, ItemError::Sink(_)));
    assert_eq!(run(sink().below(&photos)).written, 3);
    for (path, image) in ["x.png", "b/x.png", "y.png"].iter().zip(&images) {
        let result = read(&out.join(path), &DecodeOptions::default()).unwrap();
        assert_eq!(result, alone(&pipeline, 0, 0, image));
    }
    // Onto the inputs.
    let onto = ToFiles::new(&photos, &pipeline, FileKind::PNG)
        .unwrap()
        .below(&photos);
    let report = run(onto.protect(Files::new(&paths).paths()));
    assert_eq!((report.written, report.failed), (0, 3));
    assert_eq!(
        read(&paths[0], &DecodeOptions::default()).unwrap(),
        images[0]
    );

    // However the sink is set up.
    for kind in [FileKind::PNG, FileKind::Npz(Compression::Stored)] {
        let read = [photos.join("x.npz"), photos.join("y.npz")];
        read.iter()
            .for_each(|path| fs::write(path, b"mine").unwrap());
        let onto = ToFiles::new(&photos, &pipeline, kind).unwrap();
        let onto = onto.below(&photos).protect(&paths).protect(&read[..1]);
        let report = run(onto.protect(&read[1..]).options(EncodeOptions::default()));
        let written = u64::from(matches!(kind, FileKind::Npz(_)));
        assert_eq!((report.written, report.failed), (written, 3 - written));
        assert_eq!(fs::read(&read[0]).unwrap(), b"mine");
        assert_eq!(
            pixelflume_codec::read(&paths[2], &DecodeOptions::default()).unwrap(),
            images[2]
        );
    }

    let npz = FileKind::Npz(Compression::Deflated);
    let report = run(ToFiles::new(&out, &pipeline, npz).unwrap().below(&photos));
    assert_eq!(report.written, 3);
    let archive = Npz::open(&out.join("b/x.npz")).unwrap();
    let array = archive.read("small", 1 << 20).unwrap();
    assert_eq!(array.dimensions(), [6, 8, 3]);
    assert_eq!(array.data(), alone(&pipeline, 0, 0, &images[1]).data());
}

#[test]
fn names_that_lead_out_of_the_folder_fail() {
    let out = tempfile::tempdir().unwrap();
    let names = ["../a", "..", "", "/", "a/../../b", "fine"];
    let files = names.map(|name| (name.to_owned(), png(&image(0))));
    let pipeline = resized();
    let sink = ToFiles::new(out.path(), &pipeline, FileKind::NPY)
        .unwrap()
        .below("");
    let job = Job::builder(&pipeline, &device())
        .start(Encoded::new(files))
        .unwrap();
    let report = job.for_each(sink).unwrap();
    assert_eq!((report.written, report.failed), (1, 5));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
}

#[test]
fn spellings_of_one_name_are_one_file() {
    let out = tempfile::tempdir().unwrap();
    let names = ["b/a.png", "./b/a", "b//./a.jpg"];
    let files = names.map(|name| (name.to_owned(), png(&image(0))));
    let pipeline = resized();
    let sink = ToFiles::new(out.path(), &pipeline, FileKind::PNG).unwrap();
    let job = Job::builder(&pipeline, &device()).start(Encoded::new(files));
    let report = job.unwrap().for_each(sink.below("")).unwrap();
    assert_eq!((report.written, report.failed), (1, 2));
}

/// Everything that could be replaced is in the folder of the test.
#[cfg(unix)]
#[test]
fn an_archive_replaces_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    fs::create_dir(out.join("a.npz")).unwrap();
    let socket = out.join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::os::unix::fs::symlink(&socket, out.join("b.npz")).unwrap();
    let pipeline = resized();
    let files = ["a", "b"].map(|name| (name.to_owned(), png(&image(0))));
    let sink = ToFiles::new(out, &pipeline, FileKind::Npz(Compression::Stored));
    let job = Job::builder(&pipeline, &device()).start(Encoded::new(files));
    let report = job.unwrap().for_each(sink.unwrap()).unwrap();
    assert_eq!((report.written, report.failed), (0, 2));
    for failure in &report.failures {
        let text = failure.to_string();
        assert!(
            text.contains(".npz") && text.contains("not a regular file"),
            "{text}"
        );
    }
}

#[test]
fn images_are_made_on_workers_and_fail_alone() {
    let pipeline = resized();
    let items: Vec<Item> = (0..9u64)
        .map(|number| {
            let made = Made::new(image(number).shape(), move || match number {
                4 => Err("no such image".into()),
                5 => panic!("on purpose"),
                6 => Ok(image(0)),
                _ => Ok(image(number)),
            });
            Item::new(number.to_string(), Content::Made(made)).attach(number, 8)
        })
        .collect();
    let job = Job::builder(&pipeline, &device())
        .start_stream(items.into_iter())
        .unwrap();
    let (images, failures) = all(&job);
    assert_eq!(images.len(), 6);
    for ((_, index), result) in images {
        assert_eq!(result, alone(&pipeline, 0, 0, &image(index)));
    }
    assert_eq!(failures[&4], "the source could not give it: no such image");
    assert!(failures[&5].contains("panicked") && failures[&6].contains("changed"));
}

#[test]
fn numbers_begin_where_the_caller_says() {
    let pipeline = crate::support::random();
    let images: Vec<Image> = (0..4).map(image).collect();
    let job = Job::builder(&pipeline, &device())
        .numbered_from(100, 7)
        .epochs(2)
        .start(Images::new(images.clone()))
        .unwrap();
    let (results, _) = all(&job);
    assert_eq!(results.len(), 8);
    for ((epoch, index), result) in results {
        assert!((7..9).contains(&epoch));
        let image = &images[index as usize - 100];
        assert_eq!(result, alone(&pipeline, index, epoch, image));
    }
}
