//! Tests of the flow of videos with a job on the host device.

use super::*;
use crate::engines::tests::{engines, pipeline};
use pixelflume::files::video::{Container, FrameReader, PixelFormat, RawFormat, Stream, Timing};
use pixelflume::ops::Custom;
use pixelflume::ops::yuv::{YuvCoding, YuvMatrix, YuvRange};
use pixelflume::runtime::{Batching, Frames};
use std::io::BufRead;
use std::sync::{Arc, Mutex};

const GRAY: Stream = Stream {
    width: 2,
    height: 1,
    format: PixelFormat::Gray,
    coding: YuvCoding {
        matrix: YuvMatrix::Bt601,
        range: YuvRange::Limited,
    },
    timing: Timing {
        rate: None,
        interlacing: None,
        aspect: None,
    },
};

type Source = io::Cursor<Vec<u8>>;

/// A reader of raw frames of two bytes each: the bytes of `from` in order.
fn reader(name: &str, from: impl IntoIterator<Item = u8>) -> FrameReader<Source> {
    let source = io::Cursor::new(from.into_iter().collect());
    FrameReader::raw(source, name.to_owned(), GRAY, 100).unwrap()
}

fn output<W: Write>(target: W) -> Vec<VideoOutput<W>> {
    let container = Container::Raw(RawFormat::Gray);
    let writer = FrameWriter::new(target, container, GRAY.shape(), &GRAY.timing);
    vec![VideoOutput {
        name: "out".to_owned(),
        writer: writer.unwrap(),
    }]
}

fn bytes(ended: Ended<Vec<u8>>) -> Vec<u8> {
    let mut outputs = ended.outputs.unwrap();
    outputs.remove(0).writer.finish().unwrap()
}

/// A job over batches of `batch` frames. Its outputs are its inputs: the first one unchanged, the others with a first byte
/// that is larger by 100. It fails on frames that begin with one of `bad`.
fn job<R: BufRead + Send + 'static>(readers: Vec<FrameReader<R>>, batch: u32, bad: &[u8]) -> Job {
    let inputs = readers.len();
    let copy = Custom::new("copy", inputs).unwrap();
    let bad = bad.to_vec();
    let copy = copy.host(usize::MAX, move |strip| {
        let row = strip.input_row(0, 0).to_vec();
        assert!(!bad.contains(&row[0]), "a bad frame");
        for input in 1..inputs {
            assert_eq!(strip.input_row(input, 0)[0], row[0] + 100);
        }
        strip.output_row(0).copy_from_slice(&row);
    });
    let engines = engines(pipeline(inputs, copy), &["--batch", &batch.to_string()]);
    let job = engines.job(Batching::default().equal_shapes());
    job.workers(2)
        .start_stream(Frames::of_sets(readers))
        .unwrap()
}

/// [`super::process`] for tests in which no batch fails.
fn process<R: BufRead + Send + 'static, W: Write>(
    readers: Vec<FrameReader<R>>,
    outputs: Vec<VideoOutput<W>>,
    batch: u32,
) -> Ended<W> {
    let job = job(readers, batch, &[]);
    super::process(job, outputs, "in", |text| panic!("{text}"))
}

#[test]
fn frames_keep_their_order_in_batches_of_any_size() {
    for (count, batch) in [(0_u8, 3_u32), (1, 3), (3, 3), (7, 3), (100, 8), (5, 1)] {
        let ended = process(vec![reader("in", 0..2 * count)], output(Vec::new()), batch);
        let total = u64::from(count);
        assert_eq!((ended.read, ended.written), (total, total));
        assert_eq!(ended.error, None);
        assert_eq!(bytes(ended), (0..2 * count).collect::<Vec<_>>());
    }
}

#[test]
fn a_stream_that_is_cut_gives_its_whole_frames_first() {
    let ended = process(vec![reader("in", 0..9)], output(Vec::new()), 3);
    let error = "in: frame 4, byte 9: a frame of 2 bytes ends after 1";
    assert_eq!(ended.error.as_deref(), Some(error));
    assert_eq!((ended.read, ended.written), (4, 4));
    assert_eq!(bytes(ended), (0..8).collect::<Vec<_>>());
}

#[test]
fn inputs_of_different_lengths_are_named() {
    for (left, right, text) in [
        (10, 6, "right ends after 3 frames, left goes on"),
        (4, 6, "left ends after 2 frames, right goes on"),
    ] {
        let readers = vec![reader("left", 0..left), reader("right", 100..100 + right)];
        let ended = process(readers, output(Vec::new()), 2);
        let error = ended.error.clone().unwrap();
        assert!(error.starts_with(text), "{error}");
        assert_eq!(bytes(ended).len(), usize::from(left.min(right)));
    }
}

#[test]
fn a_batch_that_fails_loses_its_own_frames() {
    // Frames begin with 0, 2, 4, ...: batches of five begin with 0, 10, 20, ...
    for (bad, lost) in [
        (&[16][..], &[1][..]),
        (&[0, 18, 98], &[0, 1, 9]),
        (&[22, 46], &[2, 4]),
    ] {
        let told = Mutex::new(Vec::new());
        let tell = |text: &str| told.lock().unwrap().push(text.to_owned());
        let job = job(vec![reader("in", 0..100)], 5, bad);
        let ended = super::process(job, output(Vec::new()), "in", tell);
        assert_eq!(ended.error, None);
        let count = 5 * lost.len() as u64;
        assert_eq!((ended.read, ended.written), (50, 50 - count));
        let told = told.into_inner().unwrap();
        assert_eq!(told.len(), lost.len());
        for (text, batch) in told.iter().zip(lost) {
            let (first, last) = (5 * batch, 5 * batch + 4);
            let place =
                format!("in: frames {first} to {last} failed and are missing from the output: ");
            assert!(text.starts_with(&place), "{text}");
            assert!(text.contains("a bad frame"), "{text}");
        }
        assert_eq!(ended.lost.report().unwrap().frames, count);
        let kept = (0..100).filter(|byte| !lost.contains(&(byte / 10)));
        assert_eq!(bytes(ended), kept.collect::<Vec<u8>>());
    }
}

#[test]
fn failures_without_number_are_told_in_a_bounded_number_of_lines() {
    let told = Mutex::new(Vec::new());
    let tell = |text: &str| told.lock().unwrap().push(text.to_owned());
    let job = job(vec![reader("in", [7; 200])], 1, &[7]);
    let ended = super::process(job, output(Vec::new()), "in", tell);
    assert_eq!((ended.read, ended.written), (100, 0));
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 21);
    assert!(told[20].starts_with("in: 80 more frames, of 80 more batches, "));
    assert_eq!(ended.lost.report().unwrap().ranges, [[0, 99]]);
    assert!(bytes(ended).is_empty());
}

/// A writer that accepts a number of bytes, then fails like a closed pipe.
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
    let ended = process(vec![endless], output(Closes(41, Arc::clone(&taken))), 4);
    assert_eq!(
        ended.error.as_deref(),
        Some("out was closed by the program that reads it, after 20 frames")
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
    let ended = process(vec![broken], output(Vec::new()), 4);
    let error = "in: the source panicked: it gives no more items";
    assert_eq!(ended.error.as_deref(), Some(error));
}

#[test]
fn frames_for_which_there_is_no_memory_end_the_video() {
    let further = ["--memory-limit", "1"];
    let copy = Custom::new("copy", 1).unwrap().host(usize::MAX, |strip| {
        let row = strip.input_row(0, 0).to_vec();
        strip.output_row(0).copy_from_slice(&row);
    });
    let engines = engines(pipeline(1, copy), &further);
    let job = engines.job(Batching::default().equal_shapes());
    let endless = io::BufReader::new(io::repeat(7));
    let endless = FrameReader::raw(endless, "in".to_owned(), GRAY, 100).unwrap();
    let job = job.start_stream(Frames::new(endless)).unwrap();
    let ended = super::process(job, output(Vec::new()), "in", |text| panic!("{text}"));
    let error = ended.error.unwrap();
    assert!(error.contains("--memory-limit sets it"), "{error}");
    assert!(ended.outputs.is_none());
}
