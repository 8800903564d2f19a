//! What may be named as a pipeline file, and what is refused before it is read.

use crate::file_errors::VALID;
use pixelflume_pipeline::Pipeline;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn refused(path: &Path, expected: &str) {
    let error = Pipeline::from_file(path).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
    assert!(error.contains("\n  = help: "), "{error}");
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    refused(folder.path(), "it is a folder");
    refused(Path::new("/dev/zero"), "it is a device");
    // Nobody writes to it: reading would wait for ever.
    let fifo = folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    refused(&fifo, "it is a named pipe");
}

#[test]
fn a_large_file_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.toml");
    File::create(&large).unwrap().set_len(1 << 30).unwrap();
    refused(&large, "1073741824 bytes are too many");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bytes.toml");
    fs::write(&file, b"name = \"\xff\"").unwrap();
    refused(&file, "is not UTF-8 text (byte 8)");
}

/// Reads a pipe as `/dev/stdin` is one, into which `text` is written until nobody reads any more.
fn through_a_pipe(text: impl Iterator<Item = String> + Send) -> Result<Pipeline, String> {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let path = format!("/dev/fd/{}", reader.as_raw_fd());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for text in text {
                if writer.write_all(text.as_bytes()).is_err() {
                    break;
                }
            }
        });
        let read = Pipeline::from_file(path);
        drop(reader);
        read.map_err(|error| error.to_string())
    })
}

#[test]
fn a_pipe_is_read_up_to_the_bound() {
    let pipeline = through_a_pipe(std::iter::once(VALID.to_owned())).unwrap();
    assert_eq!(pipeline.name(), "edges");
    let error = through_a_pipe(std::iter::repeat("# no end\n".to_owned())).unwrap_err();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
}
