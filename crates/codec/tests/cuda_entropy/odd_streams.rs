//! Streams that the kernels leave to the CPU before they decode them, and states that are not those of the right decoder.

use crate::emulation::{Emulation, has_compiler, stage};
use crate::{encoded, expected};
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::{Baseline, EncodeOptions};
use pixelflume_kernels::args::JpegOdd;

/// A gray file of as many MCUs as segments, with this data between its restart markers.
fn of_segments(segments: &[&[u8]]) -> Vec<u8> {
    let options = EncodeOptions {
        restart_interval: 1,
        ..EncodeOptions::default()
    };
    let height = 8 * segments.len() as u32;
    let mut file = encoded(&mut Random::new(5), 8, height, 1, options);
    let data = Baseline::of(&file).expect("an ordinary file").data;
    file.truncate(data.start);
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            file.extend([0xFF, 0xD0 + (index as u8 - 1) % 8]);
        }
        file.extend_from_slice(segment);
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// The statuses of files behind the kernels that make streams.
fn unstuffed(files: &[Vec<u8>]) -> Vec<u32> {
    let taken: Vec<_> = files
        .iter()
        .map(|file| (file.as_slice(), Baseline::of(file).expect("ordinary")))
        .collect();
    let mut emulation = Emulation::new(stage(&taken), None);
    emulation.run(Emulation::UNSTUFF, 1);
    emulation.statuses()
}

#[test]
fn segments_without_a_byte_are_found_before_anything_is_decoded() {
    if !has_compiler() {
        return;
    }
    let some = &[0x55; 7][..];
    let mut files = vec![
        of_segments(&[&[], some, some]),
        of_segments(&[some, &[], some]),
        of_segments(&[some, some, &[]]),
        of_segments(&[some, &[], &[], &[], some]),
        of_segments(&[&[], &[], &[]]),
        of_segments(&[&[]]),
    ];
    // The markers come to every place of the bytes of a thread, and to the borders of chunks.
    let long = vec![0x55; 4096 + 16];
    for length in (1..=32).chain(4096 - 32..=4096 + 16) {
        files.push(of_segments(&[&long[..length], &[], some]));
    }
    assert_eq!(unstuffed(&files), vec![JpegOdd::MISSING; files.len()]);
    for file in &files {
        assert!(expected(file).is_err(), "the CPU refuses such a file");
    }
}

#[test]
fn segments_of_a_byte_that_looks_like_part_of_a_marker_are_not_empty() {
    if !has_compiler() {
        return;
    }
    let long = vec![0x55; 4096 + 16];
    let mut files = Vec::new();
    for short in [&[0xD0][..], &[0xD7], &[0], &[0xFF, 0], &[0xFF, 0, 0xD3]] {
        files.push(of_segments(&[short, short, short]));
        for length in (1..=16).chain(4096 - 32..=4096 + 16) {
            files.push(of_segments(&[&long[..length], short, short]));
        }
    }
    assert_eq!(unstuffed(&files), vec![0; files.len()]);
}

#[test]
fn a_window_that_is_counted_from_another_state_than_the_one_before_ends_in_is_found() {
    if !has_compiler() {
        return;
    }
    let options = EncodeOptions {
        quality: 90,
        ..EncodeOptions::default()
    };
    let file = photograph(1000, 800, 3, 5, &options);
    let baseline = Baseline::of(&file).expect("an ordinary file");
    let windows = baseline.data.len() * 8 / 512;
    assert!(
        windows > 1024,
        "a thread of `jpeg_scan` has several windows"
    );
    let blocks = 6;
    let taken = [(file.as_slice(), baseline)];
    for changed in [None, Some(1), Some(2), Some(3), Some(511), Some(700)] {
        let mut emulation = Emulation::new(stage(&taken), Some(512));
        emulation.run(Emulation::UNSTUFF, 1);
        emulation.run(Emulation::SYNCHRONIZE, 2);
        assert_eq!(emulation.statuses(), [0]);
        if let Some(window) = changed {
            let start = emulation.start_states(windows).nth(window);
            let start = start.expect("a window");
            // The same place in the next block of the MCU.
            let state = u32::from_le_bytes(*start);
            let block = (state >> 5 & 15) + 1;
            let state = state & !(15 << 5) | (block % blocks) << 5;
            *start = state.to_le_bytes();
        }
        emulation.run(Emulation::COUNT, 3);
        let status = match changed {
            Some(_) => JpegOdd::UNSYNCHRONIZED,
            None => 0,
        };
        assert_eq!(emulation.statuses(), [status], "window {changed:?}");
    }
}
