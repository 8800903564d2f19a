//! Frames of videos, and other items that bring much along.

use crate::support::{alone, device, edges, ends, resized};
use pixelflume_files::video::{FrameReader, FrameTag, Stream};
use pixelflume_ops::Image;
use pixelflume_runtime::{Batching, Content, Frames, FramesError, Item, ItemError, Job, frame_tag};
use std::io::Cursor;

fn reader(name: &str, stream: &str, bytes: Vec<u8>) -> FrameReader<Cursor<Vec<u8>>> {
    let stream: Stream = stream.parse().unwrap();
    FrameReader::raw(Cursor::new(bytes), name.to_owned(), stream, 1 << 20).unwrap()
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 % 251) as u8).collect()
}

/// The results of a job, the tags of its frames, and the error of the last item.
fn run(job: &Job) -> (Vec<Image>, Vec<FrameTag>, Option<String>) {
    let (mut images, mut tags, mut error) = (Vec::new(), Vec::new(), None);
    for batch in job {
        let batch = batch.unwrap();
        images.extend(
            crate::support::results(&batch)
                .into_iter()
                .map(|(_, image)| image),
        );
        tags.extend(batch.items().map(frame_tag));
        if let Some(failure) = batch.failures().first() {
            let ItemError::Source(source) = &failure.error else {
                panic!("{failure}");
            };
            assert!(source.downcast_ref::<FramesError>().is_some());
            assert_eq!(error.replace(source.to_string()), None);
        }
    }
    (images, tags, error)
}

#[test]
fn frames_of_every_format_equal_those_that_are_read_as_images() {
    for (format, frame) in [
        ("gray", 63),
        ("rgb", 189),
        ("bgr", 189),
        ("nv12", 103),
        ("i420", 103),
    ] {
        let stream = format!("9x7:{format}");
        let video = bytes(frame * 20 + frame / 2);
        let read = reader("in", &stream, video.clone()).images();
        let expected: Vec<Image> = read.map_while(Result::ok).collect();
        assert_eq!(expected.len(), 20, "{format}");
        let job = Job::builder(&edges_of(format), &device())
            .batching(Batching::count(3).equal_shapes())
            .start_stream(Frames::new(reader("in", &stream, video)))
            .unwrap();
        let (results, tags, error) = run(&job);
        assert_eq!(results.len(), 20, "{format}");
        for (number, (result, image)) in results.iter().zip(&expected).enumerate() {
            let alone = alone(&edges_of(format), number as u64, 0, image);
            assert_eq!(*result, alone, "{format} {number}");
        }
        assert!(tags.iter().all(Option::is_none));
        let error = error.unwrap();
        assert!(error.starts_with("in: frame 20, byte "), "{error}");
    }
}

fn edges_of(format: &str) -> pixelflume_pipeline::Pipeline {
    match format {
        "gray" => edges(),
        _ => resized(),
    }
}

#[test]
fn tags_of_frames_come_with_the_results() {
    let mut video = b"YUV4MPEG2 W2 H1 Im Cmono\n".to_vec();
    for line in ["FRAME", "FRAME Itpp", "FRAME Ibip", "FRAME X"] {
        video.extend(line.as_bytes());
        video.extend(b"\nab");
    }
    // A name that looks like that of a frame.
    let reader = FrameReader::y4m(Cursor::new(video), "a#3 Iabc".to_owned(), 100).unwrap();
    let job = Job::builder(&edges(), &device()).start_stream(Frames::new(reader));
    let (results, tags, error) = run(&job.unwrap());
    assert_eq!((results.len(), error), (4, None));
    assert_eq!(tags, [None, Some(*b"tpp"), Some(*b"bip"), None]);
}

#[test]
fn items_that_bring_more_than_an_eighth_along_go_through_one_by_one() {
    const MIB: u64 = 1 << 20;
    // Of a job that has a mebibyte: small ones, some of 300,000 bytes, and some of 600,000.
    let sized = |number: u64| match number % 4 {
        0 | 1 => crate::support::sized(number, 20, 10),
        2 => crate::support::sized(number, 1000, 100),
        _ => crate::support::sized(number, 1000, 200),
    };
    for item_memory in [None, Some(2 * MIB)] {
        let mut job = Job::builder(&resized(), &device()).host_memory(MIB);
        if let Some(bytes) = item_memory {
            job = job.item_memory(bytes);
        }
        let items =
            (0..40).map(move |number| Item::new(number.to_string(), Content::Image(sized(number))));
        let job = job.start_stream(items).unwrap();
        let (results, failures) = ends(move || {
            let all = crate::support::all(&job);
            assert!(job.most_host_memory() <= MIB);
            all
        });
        assert!(failures.is_empty(), "{failures:?}");
        assert_eq!(results.len(), 40);
        for ((_, index), result) in results {
            assert_eq!(result, alone(&resized(), index, 0, &sized(index)));
        }
    }
}
