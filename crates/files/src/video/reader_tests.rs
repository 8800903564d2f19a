//! Tests of streams that are truncated at every place, changed at every place, and written in every form.

use super::*;
use pixelflume_ops::ImageShape;
use proptest::prelude::*;

const LIMIT: u64 = 1 << 28;

/// The frames of a stream up to its end or its first error, and that error.
fn read_all(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, Option<StreamError>), StreamError> {
    let reader = FrameReader::y4m(bytes, "s.y4m".to_owned(), 1000)?;
    Ok(drain(reader))
}

fn drain<R: BufRead>(mut reader: FrameReader<R>) -> (Vec<Vec<u8>>, Option<StreamError>) {
    let (mut frames, mut frame) = (Vec::new(), Vec::new());
    loop {
        match reader.next_frame(&mut frame) {
            Ok(Some(_)) => frames.push(frame.clone()),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

/// A stream of three frames of 3x3 pixels in 4:2:0 (17 bytes each) whose lines have different forms; and the end of each frame.
fn stream() -> (Vec<u8>, Vec<usize>, Vec<Vec<u8>>) {
    let mut bytes = b"YUV4MPEG2 W3 H3 F25:1 Im\n".to_vec();
    let (mut ends, mut frames) = (Vec::new(), Vec::new());
    for (number, line) in ["FRAME", "FRAME Ixyz", "FRAME Xanything I"]
        .iter()
        .enumerate()
    {
        bytes.extend(line.as_bytes());
        bytes.push(b'\n');
        let frame: Vec<u8> = (0..17).map(|n| (n * 16 + number) as u8).collect();
        bytes.extend(&frame);
        ends.push(bytes.len());
        frames.push(frame);
    }
    (bytes, ends, frames)
}

#[test]
fn every_cut_gives_the_whole_frames_and_an_error_unless_it_is_between_frames() {
    let (bytes, ends, frames) = stream();
    let header = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for cut in 0..=bytes.len() {
        let read = read_all(&bytes[..cut]);
        if cut < header {
            let error = read.unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("s.y4m: byte {cut}: the stream ")),
                "{cut}: {error}"
            );
            continue;
        }
        let (got, error) = read.unwrap();
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(got, frames[..whole], "{cut}");
        let between = cut == header || ends.contains(&cut);
        assert_eq!(error.is_none(), between, "{cut}: {error:?}");
        if let Some(error) = error {
            let error = error.to_string();
            let begin = format!("s.y4m: frame {whole}, byte {cut}: ");
            assert!(error.starts_with(&begin), "{cut}: {error}");
        }
    }
}

#[test]
fn tags_of_frames_are_read() {
    let (bytes, ..) = stream();
    let mut reader = FrameReader::y4m(&bytes[..], String::new(), LIMIT).unwrap();
    let mut frame = Vec::new();
    let tags: Vec<_> = (0..4)
        .map(|_| reader.next_frame(&mut frame).unwrap())
        .collect();
    assert_eq!(tags, [Some(None), Some(Some(*b"xyz")), Some(None), None]);
    assert_eq!(reader.frames(), 3);
}

#[test]
fn what_is_no_frame_is_told_with_its_place() {
    let (bytes, ends, _) = stream();
    for (line, text) in [
        (&b"FRAMES\n"[..], "begins with FRAME, this with \"FRAMES\""),
        (b"frame\n", "this with \"frame\""),
        (b"\n", "this with \"\""),
        (b"FRAM", "ends within the line"),
        (b"FRANK", "this with \"FRANK\""),
        (b"FRAME X", "ends within the line"),
    ] {
        let broken = [&bytes[..ends[1]], line].concat();
        let (frames, error) = read_all(&broken).unwrap();
        let error = error.unwrap().to_string();
        assert_eq!(frames.len(), 2);
        assert!(error.contains(text), "{error}");
        let cut = text.contains("ends within");
        let offset = ends[1] + if cut { line.len() } else { 0 };
        assert!(
            error.starts_with(&format!("s.y4m: frame 2, byte {offset}: ")),
            "{error}"
        );
    }
    let long = [&bytes[..ends[0]], b"FRAME X", &[b'x'; 5000]].concat();
    let (frames, error) = read_all(&long).unwrap();
    assert_eq!(frames.len(), 1);
    assert!(
        error
            .unwrap()
            .to_string()
            .contains("longer than 4096 bytes")
    );
}

#[test]
fn endless_first_lines_are_refused() {
    for (begin, text) in [
        (&b"YUV4MPEG2 X"[..], "longer than 4096 bytes"),
        (b"\x89PNG", "no Y4M stream"),
    ] {
        let endless = begin.chain(io::repeat(b'a'));
        let source = io::BufReader::new(endless);
        let error = FrameReader::y4m(source, "stdin".to_owned(), LIMIT).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn raw_frames_follow_each_other() {
    let bytes: Vec<u8> = (0..5 * 18 + 7).map(|n| n as u8).collect();
    let stream: Stream = "3x2:rgb".parse().unwrap();
    for cut in 0..=bytes.len() {
        let reader = FrameReader::raw(&bytes[..cut], "stdin".to_owned(), stream, LIMIT).unwrap();
        let (frames, error) = drain(reader);
        assert_eq!(frames.concat(), bytes[..cut / 18 * 18]);
        match error.map(|error| error.to_string()) {
            None => assert_eq!(cut % 18, 0),
            Some(error) => assert_eq!(
                error,
                format!(
                    "stdin: frame {}, byte {cut}: a frame of 18 bytes ends after {}",
                    cut / 18,
                    cut % 18
                )
            ),
        }
    }
    let error = FrameReader::raw(&bytes[..], "stdin".to_owned(), stream, 5).unwrap_err();
    assert!(
        error.to_string().contains("3x2 is more than 5 pixels"),
        "{error}"
    );
}

/// A reader that returns its bytes in pieces, with interruptions, as a pipe does.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
    interrupted: bool,
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = to.len().min(self.piece);
        self.bytes.read(&mut to[..count])
    }
}

#[test]
fn pieces_of_any_length_give_the_same_frames() {
    let (bytes, _, frames) = stream();
    for piece in 1..40 {
        for buffer in [1, 7, 64] {
            let source = Pieces {
                bytes: &bytes,
                piece,
                interrupted: false,
            };
            let source = io::BufReader::with_capacity(buffer, source);
            let reader = FrameReader::y4m(source, String::new(), LIMIT).unwrap();
            let (got, error) = drain(reader);
            assert!(error.is_none(), "{error:?}");
            assert_eq!(got, frames);
        }
    }
}

#[test]
fn a_source_that_fails_is_told() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is on fire"))
        }
    }
    let (bytes, ends, _) = stream();
    let source = io::BufReader::new((&bytes[..ends[0] + 10]).chain(Fails));
    let reader = FrameReader::y4m(source, "a".to_owned(), LIMIT).unwrap();
    let (frames, error) = drain(reader);
    assert_eq!(frames.len(), 1);
    let expected = format!("a: frame 1, byte {}: the disk is on fire", ends[0] + 10);
    assert_eq!(error.unwrap().to_string(), expected);
}

#[test]
fn reading_goes_on_at_a_position() {
    let (bytes, _, frames) = stream();
    let open = || FrameReader::y4m(io::Cursor::new(&bytes), String::new(), LIMIT).unwrap();
    let (mut reader, mut frame) = (open(), Vec::new());
    for index in 0..frames.len() {
        let position = reader.next_position();
        assert_eq!(position.index, index as u64);
        let mut resumed = open();
        resumed.skip_to(position).unwrap();
        assert_eq!(resumed.next_position(), position);
        assert_eq!(drain(resumed).0, frames[index..]);
        let owned = reader.next_owned().unwrap().unwrap();
        assert_eq!(owned.0, frames[index]);
    }
    assert_eq!(reader.next_owned().unwrap(), None);
    // The end is a position, too.
    let mut resumed = open();
    resumed.skip_to(reader.next_position()).unwrap();
    assert_eq!(resumed.next_frame(&mut frame).unwrap(), None);
    // Back to the beginning.
    let first = open().next_position();
    resumed.skip_to(first).unwrap();
    assert_eq!(drain(resumed).0, frames);
}

#[test]
fn positions_of_other_streams_are_refused() {
    let (bytes, ..) = stream();
    let mut reader = FrameReader::y4m(io::Cursor::new(&bytes), String::new(), LIMIT).unwrap();
    let first = reader.next_position().offset;
    for (index, offset) in [(0, 0), (0, first + 1), (1, first), (1, first + 22), (5, 60)] {
        let error = reader.skip_to(Position { index, offset }).unwrap_err();
        assert!(
            matches!(error.cause, StreamCause::Position { .. }),
            "{error}"
        );
    }
    // It could be right, and is not: the line tells.
    reader
        .skip_to(Position {
            index: 1,
            offset: first + 24,
        })
        .unwrap();
    let error = reader.next_frame(&mut Vec::new()).unwrap_err();
    assert!(
        matches!(error.cause, StreamCause::NoFrame { .. }),
        "{error}"
    );

    let stream = "3x2:rgb".parse().unwrap();
    let mut raw = FrameReader::raw(io::Cursor::new(&bytes), String::new(), stream, LIMIT).unwrap();
    raw.skip_to(Position {
        index: 2,
        offset: 36,
    })
    .unwrap();
    assert!(
        raw.skip_to(Position {
            index: 2,
            offset: 35
        })
        .is_err()
    );
    assert!(
        raw.skip_to(Position {
            index: u64::MAX,
            offset: 36
        })
        .is_err()
    );
    let mut frame = Vec::new();
    raw.next_frame(&mut frame).unwrap();
    assert_eq!(frame, bytes[36..54]);
}

#[test]
fn after_an_error_the_position_is_that_of_the_frame_that_failed() {
    let (bytes, ends, _) = stream();
    let cut = &bytes[..ends[1] - 5];
    let open = || FrameReader::y4m(io::Cursor::new(cut), String::new(), LIMIT).unwrap();
    let (mut reader, mut frame) = (open(), Vec::new());
    reader.next_frame(&mut frame).unwrap();
    let begin = reader.next_position();
    assert_eq!(begin.offset, ends[0] as u64);
    assert!(reader.next_frame(&mut frame).is_err());
    assert_eq!(reader.next_position(), begin);
    // The rest is not read.
    assert_eq!(reader.next_frame(&mut frame).unwrap(), None);
    assert_eq!(reader.next_position(), begin);
    let mut whole = FrameReader::y4m(io::Cursor::new(&bytes), String::new(), LIMIT).unwrap();
    whole.skip_to(begin).unwrap();
    assert_eq!(drain(whole).0.len(), 2);
    // A reader that failed can be sent back.
    let first = open().next_position();
    reader.skip_to(first).unwrap();
    assert_eq!(drain(reader).0.len(), 1);
}

#[test]
fn no_position_is_behind_the_end_of_the_stream() {
    let bytes = [7; 40];
    let stream = "3x2:rgb".parse().unwrap();
    let mut raw = FrameReader::raw(io::Cursor::new(&bytes), String::new(), stream, LIMIT).unwrap();
    let at = |index| Position {
        index,
        offset: index * 18,
    };
    raw.skip_to(at(1)).unwrap();
    let error = raw.skip_to(at(3)).unwrap_err();
    assert!(
        matches!(error.cause, StreamCause::Position { .. }),
        "{error}"
    );
    assert_eq!(raw.next_position(), at(1));
    let mut frame = Vec::new();
    assert_eq!(raw.next_frame(&mut frame).unwrap(), Some(None));
    assert!(raw.next_frame(&mut frame).is_err());
}

#[test]
fn images_end_behind_the_first_error() {
    let (bytes, ends, _) = stream();
    let reader = FrameReader::y4m(&bytes[..ends[1] - 1], String::new(), LIMIT).unwrap();
    let mut images = reader.images();
    assert_eq!(
        images.next().unwrap().unwrap().shape(),
        ImageShape::u8(3, 3, 3)
    );
    assert_eq!(images.reader().frames(), 1);
    assert!(images.next().unwrap().is_err());
    assert!(images.next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn changed_streams_are_read_or_refused(changes in prop::collection::vec((0usize..100, any::<u8>()), 0..6), cut in 0usize..100) {
        let (mut bytes, ..) = stream();
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        // At most 1000 pixels per frame: the frames are made of the input's own bytes.
        if let Ok((frames, _)) = read_all(&bytes) {
            let total: usize = frames.iter().map(Vec::len).sum();
            prop_assert!(total <= bytes.len());
        }
    }
}
