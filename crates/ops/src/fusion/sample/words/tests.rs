//! Tests of the tables without an image; the model of the kernel is tested with the other chains.

use super::lines::Lines;
use super::tables::{tile, word_taps};
use crate::contract::stage::Tap;

fn tap(index0: i32, index1: i32, weight0: i32, weight1: i32) -> Tap {
    Tap {
        index0,
        index1,
        weight0,
        weight1,
    }
}

/// Rows of a resize to twice the height, as the other kernels take them.
fn doubled(height: i32) -> Vec<Tap> {
    let row = |y: i32| {
        let weights = if y % 2 == 0 { (512, 1536) } else { (1536, 512) };
        let above = (y - 1).div_euclid(2);
        let inside = |row: i32| row.clamp(0, height - 1);
        tap(inside(above), inside(above + 1), weights.0, weights.1)
    };
    (0..2 * height).map(row).collect()
}

/// The rows of the even and odd step of each tap that have weights, with these in 1/2048.
fn read(lines: &Lines) -> Vec<Vec<(i32, i32)>> {
    let row = |step: i32| (lines.row + lines.row_step * step).clamp(lines.low, lines.high);
    let taps = lines.taps.iter().map(|line| {
        let weight = |step: i32| if step % 2 == 0 { line.even } else { line.odd };
        let steps = [line.step - 1, line.step];
        let read = steps.map(|step| (row(step), (weight(step) * 1_048_576.0) as i32));
        let mut read: Vec<_> = read
            .into_iter()
            .filter(|(_, weight)| *weight != 0)
            .collect();
        read.sort_unstable();
        read
    });
    taps.collect()
}

fn weighted(taps: &[Tap]) -> Vec<Vec<(i32, i32)>> {
    let rows = taps.iter().map(|tap| {
        let rows = [(tap.index0, tap.weight0), (tap.index1, tap.weight1)];
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, weight)| *weight != 0)
            .collect();
        rows.sort_unstable();
        rows
    });
    rows.collect()
}

#[test]
fn every_source_row_is_a_step() {
    let mut taps = doubled(10);
    let lines = Lines::new(&taps).unwrap();
    // The first row and the last one are both rows of their tap.
    assert_eq!((lines.staged(0, 19), lines.low, lines.high), (12, 0, 9));
    assert_eq!((lines.row, lines.row_step), (-1, 1));
    assert_eq!(read(&lines), weighted(&taps));
    for tap in &mut taps {
        let mirrored = |row: i32| 9 - row;
        *tap = Tap {
            index0: mirrored(tap.index1),
            index1: mirrored(tap.index0),
            weight0: tap.weight1,
            weight1: tap.weight0,
        };
    }
    let lines = Lines::new(&taps).unwrap();
    assert_eq!((lines.staged(0, 19), lines.row_step), (12, -1));
    assert_eq!(read(&lines), weighted(&taps), "upside down");
}

#[test]
fn a_row_without_a_weight_is_any() {
    let taps = [
        tap(3, 4, 1000, 1048),
        tap(4, -1, 2048, 0),
        tap(5, 4, 9, 2039),
        tap(77, 6, 0, 2048),
    ];
    let lines = Lines::new(&taps).unwrap();
    let steps: Vec<_> = lines.taps.iter().map(|tap| tap.step).collect();
    assert_eq!((steps, lines.low, lines.high), (vec![1, 1, 2, 3], 3, 6));
    assert_eq!(read(&lines), weighted(&taps));
    let copies: Vec<_> = (0..5).map(|row| tap(row, row, 2048, 0)).collect();
    let lines = Lines::new(&copies).unwrap();
    assert_eq!((read(&lines), lines.staged(0, 4)), (weighted(&copies), 5));
    let one = Lines::new(&copies[..1]).unwrap();
    assert_eq!((one.row, read(&one)), (0, weighted(&copies[..1])));
}

#[test]
fn rows_that_are_no_steps_are_refused() {
    let apart = [tap(3, 5, 1000, 1048)];
    assert!(Lines::new(&apart).is_none());
    let back = [tap(3, 4, 9, 2039), tap(4, 5, 9, 2039), tap(3, 4, 9, 2039)];
    assert!(Lines::new(&back).is_none());
    let twice_inside = [tap(3, 4, 9, 2039), tap(4, 4, 9, 2039), tap(4, 5, 9, 2039)];
    assert!(Lines::new(&twice_inside).is_none());
}

#[test]
fn a_tile_begins_at_a_chunk() {
    let near = [tap(20, 21, 1024, 1024), tap(21, 22, 2048, 0)];
    let mut words = word_taps(&near, 3, &[2, 1, 0]);
    assert_eq!(words[0].bytes, [62, 61, 60, 65]);
    // The second word has two samples, and repeats the last one.
    assert_eq!(words[1].bytes, [64, 63, 63, 63]);
    assert_eq!(
        words[0].weights,
        [0x400_0400, 0x400_0400, 0x400_0400, 0x800]
    );
    let made = tile(&mut words, 32).unwrap();
    assert_eq!((made.first, made.chunks, made.rows), (48, 2, 16));
    assert_eq!(words[0].bytes, [14, 13, 12, 17]);
    let mut far = word_taps(&[tap(0, 1, 1024, 1024), tap(600, 601, 2047, 1)], 1, &[0]);
    assert!(tile(&mut far, 32).is_none());
    assert!(tile(&mut far, 64).is_some());
    // The quotient of all numbers of threads by all numbers of chunks.
    for chunks in 1..=192u32 {
        let reciprocal = 65_536u32.div_ceil(chunks);
        assert!((0..192).all(|thread| (thread * reciprocal) >> 16 == thread / chunks));
    }
}
