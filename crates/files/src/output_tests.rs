//! Names, formats and files of results.

use super::*;
use pixelflume_ops::Image;

const PNG: ResultFormat = ResultFormat::Image(Format::Png);
const JPG: ResultFormat = ResultFormat::Image(Format::Jpeg);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn folders(sink: &ResultWriter) -> Vec<&Path> {
    let outputs = sink.outputs.iter();
    outputs.map(|output| &*output.folder).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| name(entry.unwrap())).collect()
}

#[test]
fn one_output_has_no_folder_of_its_own() {
    let out = Path::new("out");
    let one = ResultWriter::new(out, &names(&["../a"]), PNG, EncodeOptions::default()).unwrap();
    assert_eq!(folders(&one), [out]);
    let two = ResultWriter::new(out, &names(&["a", "b"]), PNG, EncodeOptions::default()).unwrap();
    assert_eq!(folders(&two), [out.join("a"), out.join("b")]);
}

#[test]
fn output_names_do_not_leave_the_folder() {
    for name in ["..", ".", "", "a/b", "/etc", "a/", "a\\b", "./a", "a\0"] {
        let sink = ResultWriter::new(
            Path::new("out"),
            &names(&["fine", name]),
            PNG,
            EncodeOptions::default(),
        );
        assert!(sink.is_err(), "{name:?}");
    }
}

#[test]
fn encodings_follow_shape_and_format() {
    let shape = |channels, sample| ImageShape {
        sample,
        ..ImageShape::u8(4, 3, channels)
    };
    let png = |shape| PNG.of(&shape).unwrap();
    assert_eq!(png(shape(1, SampleType::U8)), PNG);
    assert_eq!(png(shape(4, SampleType::U8)), PNG);
    assert_eq!(png(shape(2, SampleType::U8)), ResultFormat::Npy);
    assert_eq!(png(shape(1, SampleType::I16)), ResultFormat::Npy);
    let planar = ImageShape {
        layout: Layout::Planar,
        ..ImageShape::u8(4, 3, 3)
    };
    assert_eq!(png(planar), ResultFormat::Npy);
    let jpg = |shape| JPG.of(&shape);
    assert_eq!(jpg(shape(3, SampleType::U8)), Ok(JPG));
    assert_eq!(jpg(shape(4, SampleType::F32)), Ok(ResultFormat::Npy));
    let refused = jpg(shape(4, SampleType::U8)).unwrap_err().to_string();
    assert!(refused.contains("take PNG"), "{refused}");
    assert!(
        ResultFormat::Image(Format::Gif)
            .of(&shape(1, SampleType::U8))
            .is_err()
    );
}

#[test]
fn png_results_keep_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let sink =
        ResultWriter::new(folder.path(), &names(&["o"]), PNG, EncodeOptions::default()).unwrap();
    let data: Vec<u8> = (0..5 * 3 * 4).map(|n| (n * 37) as u8).collect();
    let image = Image::new(ImageShape::u8(5, 3, 4), data.clone()).unwrap();
    let path = sink.write(0, OsStr::new("a.b"), (&image).into()).unwrap();
    assert_eq!(path, folder.path().join("a.b.png"));
    assert_eq!(image::open(&path).unwrap().into_rgba8().into_raw(), data);
    assert_eq!(files(folder.path()), ["a.b.png"]);
}

#[test]
fn results_do_not_replace_what_is_read_or_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let read = folder.path().join("a.png");
    fs::write(&read, "read").unwrap();
    fs::create_dir(folder.path().join("b.png")).unwrap();
    let mut sink =
        ResultWriter::new(folder.path(), &names(&["o"]), PNG, EncodeOptions::default()).unwrap();
    sink.claims = Claims::reading([&*read]);
    let image = Image::new(ImageShape::u8(1, 1, 1), vec![1]).unwrap();
    for (stem, reason) in [("a", "which this run reads"), ("b", "not a regular file")] {
        let error = sink
            .write(0, OsStr::new(stem), (&image).into())
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(fs::read(&read).unwrap(), b"read");
    sink.write(0, OsStr::new("c"), (&image).into()).unwrap();
}

#[test]
fn a_failed_encoding_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let sink =
        ResultWriter::new(folder.path(), &names(&["o"]), JPG, EncodeOptions::default()).unwrap();
    // JPEG has at most 65535 columns.
    let image = Image::new(ImageShape::u8(70_000, 1, 1), vec![0; 70_000]).unwrap();
    let error = sink
        .write(0, OsStr::new("wide"), (&image).into())
        .unwrap_err()
        .to_string();
    assert!(error.contains("wide.jpg"), "{error}");
    assert!(files(folder.path()).is_empty());
}

fn writer(folder: &Path, format: ResultFormat) -> ResultWriter {
    ResultWriter::new(folder, &names(&["o"]), format, EncodeOptions::default()).unwrap()
}

#[test]
fn samples_are_written_raw_and_as_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::new(ImageShape::u8(2, 2, 1), vec![1, 2, 3, 4]).unwrap();
    let part = ImageView::from(&image).region(1, 0, 1, 2).unwrap();
    let raw = writer(folder.path(), ResultFormat::Raw);
    let path = raw.write(0, OsStr::new("a"), part).unwrap();
    assert_eq!(fs::read(path).unwrap(), [2, 4]);
    let npy = writer(folder.path(), ResultFormat::Npy);
    let path = npy.write(0, OsStr::new("a"), part).unwrap();
    let array = npy::Array::read(&mut fs::File::open(path).unwrap(), 2).unwrap();
    assert_eq!(
        (array.dimensions(), array.data()),
        (&[2, 1][..], &[2, 4][..])
    );
}

#[test]
fn stems_do_not_leave_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::new(ImageShape::u8(1, 1, 1), vec![1]).unwrap();
    let sink = writer(&folder.path().join("out"), PNG);
    sink.prepare().unwrap();
    for stem in ["../a", "a/../../b", "/a", ""] {
        let error = sink
            .write(0, OsStr::new(stem), (&image).into())
            .unwrap_err();
        assert!(matches!(error, OutputError::Stem { .. }), "{stem}: {error}");
    }
    let path = sink
        .write(0, OsStr::new("cats/1"), (&image).into())
        .unwrap();
    assert_eq!(path, folder.path().join("out/cats/1.png"));
    let error = sink.write(1, OsStr::new("a"), (&image).into()).unwrap_err();
    assert_eq!(error.to_string(), "there is no output 1, of 1");
}

#[test]
fn an_existing_file_is_replaced_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.raw");
    let image = Image::new(ImageShape::u8(1, 1, 1), vec![7]).unwrap();
    fs::write(&path, "old").unwrap();
    let write = |existing| {
        let options = EncodeOptions::default();
        write_result(
            &path,
            (&image).into(),
            ResultFormat::Raw,
            &options,
            existing,
        )
    };
    assert!(matches!(write(Existing::Refuse), Err(FileCause::Exists)));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write(Existing::Replace).unwrap();
    assert_eq!(fs::read(&path).unwrap(), [7]);
}

#[test]
fn spellings_of_one_path_are_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::new(ImageShape::u8(1, 1, 1), vec![1]).unwrap();
    let sink = writer(folder.path(), PNG);
    for (stem, file) in [
        ("./0001", "0001.png"),
        ("a//b", "a/b.png"),
        ("a/./b", "a/b.png"),
        ("a/c/", "a/c.png"),
    ] {
        let path = sink.write(0, OsStr::new(stem), (&image).into()).unwrap();
        assert_eq!(path, folder.path().join(file));
        assert!(path.is_file());
        assert_eq!(path.as_os_str(), folder.path().join(file).as_os_str());
    }
    for stem in [".", "./", "a/..", "./../a"] {
        let error = sink.write(0, OsStr::new(stem), (&image).into());
        assert!(matches!(error, Err(OutputError::Stem { .. })), "{stem}");
    }
    let set = |stem: &str| FileSet {
        paths: vec![stem.into()],
        stem: stem.into(),
    };
    for other in ["a//b", "./a/b", "a/./b", "a/b/"] {
        let mut claims = Claims::default();
        let claimed = sink.claim(&mut claims, &[set("a/b"), set(other)]);
        assert!(
            matches!(claimed, Err(crate::claims::ClaimError::Twice { .. })),
            "{other}: {claimed:?}"
        );
    }
}
