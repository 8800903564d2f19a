//! How image files are decoded: by the table `decode` of the pipeline file, and by arguments, which come before it.

mod common;

use common::{chain, load, pixels, run, save};
use std::fs;
use std::path::Path;

/// Width and height of the result of a run over `input`, whose status is 0.
fn size_of_result(pipeline: &Path, input: &Path, further: &[&str]) -> (usize, usize) {
    let out = tempfile::tempdir().unwrap();
    run(pipeline, &[input], out.path(), further).ended(0);
    let result = load(&out.path().join("a.png"));
    (result.width, result.height)
}

#[test]
fn arguments_come_before_the_pipeline_file() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.jpg");
    save(&input, &pixels(48, 32, 3, 5));
    // An orientation that turns the image by a quarter.
    let jpeg = fs::read(&input).unwrap();
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    exif.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat();
    fs::write(&input, &turned).unwrap();

    let plain = chain(folder.path(), &["op = \"median_blur\"\nsize = 3"]);
    let ignoring = folder.path().join("ignoring.toml");
    let text = fs::read_to_string(&plain).unwrap();
    fs::write(&ignoring, text + "[decode]\nexif = \"ignore\"\n").unwrap();
    assert_eq!(size_of_result(&plain, &input, &[]), (32, 48));
    assert_eq!(size_of_result(&ignoring, &input, &[]), (48, 32));
    assert_eq!(
        size_of_result(&plain, &input, &["--exif", "ignore"]),
        (48, 32)
    );
    assert_eq!(
        size_of_result(&ignoring, &input, &["--exif", "apply"]),
        (32, 48)
    );

    // What is there of a file that is cut off.
    fs::write(&input, &turned[..turned.len() - 100]).unwrap();
    let out = folder.path().join("out");
    run(&plain, &[&input], &out, &[]).ended(1).complained(&[
        "a.jpg: ",
        "cut off at byte ",
        "allow_truncated",
    ]);
    assert_eq!(
        size_of_result(&plain, &input, &["--allow-truncated"]),
        (32, 48)
    );
}
