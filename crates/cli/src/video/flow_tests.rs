//! The flow with a stand-in for the pipeline.

use super::*;
use crate::video::format::{PixelFormat, Stream, Timing};
use crate::video::raw::RawFormat;
use crate::video::writer::Container;
use std::sync::{Arc, Mutex};

const GRAY: Stream = Stream {
    width: 2,
    height: 1,
    format: PixelFormat::Gray,
    timing: Timing {
        rate: None,
        interlacing: None,
        aspect: None,
    },
};

type Source = io::Cursor<Vec<u8>>;

/// Frames of two bytes: the bytes of `from` in order.
fn reader(name: &str, from: impl IntoIterator<Item = u8>) -> FrameReader<Source> {
    let source = io::Cursor::new(from.into_iter().collect());
    FrameReader::raw(source, name.to_owned(), GRAY, 100).unwrap()
}

fn output<W: Write>(target: W) -> Vec<VideoOutput<W>> {
    let container = Container::Raw(RawFormat::Gray);
    let writer = FrameWriter::new(target, container, GRAY.format, GRAY.shape(), &GRAY.timing);
    vec![VideoOutput {
        name: "out".to_owned(),
        writer: writer.unwrap(),
    }]
}

fn bytes(ended: Ended<Vec<u8>>) -> Vec<u8> {
    let mut outputs = ended.outputs.unwrap();
    outputs.remove(0).writer.finish().unwrap()
}

fn copy(inputs: &[&[&Image]]) -> Result<Vec<Frame>, BatchError> {
    Ok(inputs[0]
        .iter()
        .map(|&image| vec![Ok(image.clone())])
        .collect())
}

#[test]
fn frames_keep_their_order_in_batches_of_any_size() {
    for (count, batch) in [(0, 3), (1, 3), (3, 3), (7, 3), (100, 8), (5, 1)] {
        let mut sizes = Vec::new();
        let ended = process(
            vec![reader("in", 0..2 * count)],
            output(Vec::new()),
            batch,
            |inputs| {
                sizes.push(inputs[0].len());
                copy(inputs)
            },
        );
        let total = u64::from(count);
        assert_eq!(
            (ended.read, ended.written, ended.errors.len()),
            (total, total, 0)
        );
        assert_eq!(bytes(ended), (0..2 * count).collect::<Vec<_>>());
        let full = usize::from(count) / batch;
        assert!(sizes[..full].iter().all(|&size| size == batch), "{sizes:?}");
        assert_eq!(sizes.len(), usize::from(count).div_ceil(batch));
    }
}

#[test]
fn a_stream_that_is_cut_gives_its_whole_frames_first() {
    let ended = process(vec![reader("in", 0..9)], output(Vec::new()), 3, copy);
    let error = "in: frame 4, byte 9: a frame of 2 bytes ends after 1";
    assert_eq!(ended.errors, [error]);
    assert_eq!(bytes(ended), (0..8).collect::<Vec<_>>());
}

#[test]
fn inputs_of_different_lengths_are_named() {
    for (left, right, text) in [
        (10, 6, "right ends after 3 frames, left goes on"),
        (4, 6, "left ends after 2 frames, right goes on"),
    ] {
        let readers = vec![reader("left", 0..left), reader("right", 100..100 + right)];
        let ended = process(readers, output(Vec::new()), 2, |inputs| {
            assert_eq!(inputs[0].len(), inputs[1].len());
            for (left, right) in inputs[0].iter().zip(inputs[1]) {
                assert_eq!(left.data()[0] + 100, right.data()[0]);
            }
            copy(inputs)
        });
        assert_eq!(ended.errors.len(), 1);
        assert!(ended.errors[0].starts_with(text), "{:?}", ended.errors);
        assert_eq!(bytes(ended).len(), usize::from(left.min(right)));
    }
}

#[test]
fn after_a_failure_nothing_more_is_run_or_written() {
    let mut runs = 0;
    let ended = process(
        vec![reader("in", 0..100)],
        output(Vec::new()),
        5,
        |inputs| {
            runs += 1;
            let mut frames = copy(inputs)?;
            if runs == 2 {
                frames[3] = vec![Err("no result".to_owned())];
            }
            assert!(runs < 3, "the run went on");
            Ok(frames)
        },
    );
    assert_eq!(ended.errors, ["in: frame 8: no result"]);
    assert_eq!((ended.read, ended.written), (10, 8));
    assert_eq!(bytes(ended), (0..16).collect::<Vec<_>>());

    let ended = process(
        vec![reader("in", 0..100)],
        output(Vec::new()),
        5,
        |inputs| {
            if inputs[0][0].data()[0] == 0 {
                return copy(inputs);
            }
            Err(BatchError {
                text: "no memory".to_owned(),
                fatal: false,
            })
        },
    );
    assert_eq!(ended.errors, ["in: frames 5 to 9: no memory"]);
    assert_eq!(bytes(ended).len(), 10);
}

/// Takes so many bytes, then fails as a closed pipe does.
#[derive(Debug)]
struct Closes(usize, Arc<Mutex<Vec<u8>>>);

impl Write for Closes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = self.1.lock().unwrap();
        let room = self.0 - taken.len();
        if room == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = room.min(bytes.len());
        taken.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_target_ends_an_endless_input() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let source = io::BufReader::new(io::repeat(7));
    let endless = FrameReader::raw(source, "in".to_owned(), GRAY, 100).unwrap();
    let ended = process(
        vec![endless],
        output(Closes(41, Arc::clone(&taken))),
        4,
        copy,
    );
    assert_eq!(
        ended.errors,
        ["out was closed by the program that reads it, after 20 frames"]
    );
    assert_eq!(ended.written, 20);
    assert!(ended.outputs.is_none());
    assert_eq!(taken.lock().unwrap().len(), 41);
}

#[test]
fn a_source_that_breaks_down_is_an_error() {
    struct Breaks;
    impl io::Read for Breaks {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("as a reader might")
        }
    }
    let source = io::BufReader::new(Breaks);
    let broken = FrameReader::raw(source, "in".to_owned(), GRAY, 100).unwrap();
    let ended = process(vec![broken], output(Vec::new()), 4, copy);
    assert_eq!(ended.errors, ["the thread that reads broke down"]);
}
