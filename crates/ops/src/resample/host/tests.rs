//! The executor with fixed-point weights beside a plain loop, with weights that no filter has.

use super::{FixedHost, HostArgs};
use crate::contract::stage::{AxisWeights, ResampleAxis, ResampleTables, Span};
use crate::host::levels::{levels, noise};
use crate::host::view::{BufferedRows, Source, Strip, StripKernel};
use crate::image::{ImageBatch, ImageShape};
use pixelflume_device::Address;
use std::ops::Range;
use std::sync::Arc;

/// Numbers that look random, always the same.
struct Numbers(std::vec::IntoIter<u8>);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        let mut byte = || usize::from(self.0.next().expect("enough numbers"));
        (byte() << 16 | byte() << 8 | byte()) % end
    }
}

/// An axis of `target` spans over `source` positions. Spans have up to `most` positions and may leave positions out; weights are
/// below 2^bits.
fn axis(
    numbers: &mut Numbers,
    (source, target): (usize, usize),
    most: usize,
    (bits, shift): (u32, u32),
) -> ResampleAxis {
    let mut values = Vec::new();
    let (mut first, mut end) = (0, 0);
    let spans = (0..target).map(|d| {
        // Neither the beginnings nor the ends decrease.
        let center = d * source / target;
        first = first.max(center.saturating_sub(numbers.below(most)));
        end = source.min((first + 1 + numbers.below(most)).max(end));
        let weight = values.len() as u32;
        for _ in first..end {
            let value = numbers.below(1 << bits) as i32;
            values.push(if numbers.below(2) == 0 {
                value
            } else {
                -value / 4
            });
        }
        Span {
            first: first as u32,
            count: (end - first) as u32,
            weight,
        }
    });
    let spans = spans.collect();
    ResampleAxis {
        spans,
        weights: AxisWeights::Fixed { values, shift },
    }
}

/// The sums over the samples that `sample` has at the positions of each span.
fn sums(axis: &ResampleAxis, index: usize, sample: impl Fn(usize) -> u8) -> u8 {
    let AxisWeights::Fixed { values, shift } = &axis.weights else {
        panic!("fixed-point weights");
    };
    let span = axis.spans[index];
    let products = (0..span.count as usize).map(|i| {
        let weight = i64::from(values[span.weight as usize + i]);
        weight * i64::from(sample(span.first as usize + i))
    });
    let sum: i64 = products.sum();
    (((1 << (shift - 1)) + sum) >> shift).clamp(0, 255) as u8
}

/// Both passes, sample by sample.
fn plain(
    tables: &ResampleTables,
    image: Vec<u8>,
    from: (usize, usize),
    to: (usize, usize),
    channels: usize,
) -> Vec<u8> {
    let horizontal = |image: Vec<u8>, height: usize| match &tables.columns {
        None => image,
        Some(axis) => (0..height * to.0 * channels)
            .map(|i| {
                let (y, x, c) = (i / (to.0 * channels), i / channels % to.0, i % channels);
                sums(axis, x, |x| image[(y * from.0 + x) * channels + c])
            })
            .collect(),
    };
    let vertical = |image: Vec<u8>, samples: usize| match &tables.lines {
        None => image,
        Some(axis) => (0..to.1 * samples)
            .map(|i| sums(axis, i / samples, |y| image[y * samples + i % samples]))
            .collect(),
    };
    match tables.vertical_first {
        true => horizontal(vertical(image, from.0 * channels), to.1),
        false => vertical(horizontal(image, from.1), to.0 * channels),
    }
}

fn layout(rows: Range<usize>, height: usize, row_bytes: usize) -> BufferedRows {
    BufferedRows {
        frame: 0,
        rows,
        height,
        row_bytes,
        pitch: row_bytes,
    }
}

/// Compares the executor with the plain loop, strip by strip, with nothing in sight but the source rows that it asks for.
fn compare(
    tables: ResampleTables,
    channels: usize,
    from: (usize, usize),
    to: (usize, usize),
    strip_rows: usize,
) {
    let source = noise(from.0 * from.1 * channels);
    let expected = plain(&tables, source.clone(), from, to, channels);
    let tables = Arc::new(tables);
    let shape = |(width, height): (usize, usize)| {
        let shape = ImageShape::u8(width as u32, height as u32, channels as u32);
        ImageBatch::tight(shape, 1, Address::NULL).param()
    };
    let args = HostArgs {
        src: shape(from),
        dst: shape(to),
    };
    let (read, written) = (from.0 * channels, to.0 * channels);
    for level in levels() {
        let host = FixedHost::new(level, Arc::clone(&tables), channels, from, to);
        for start in (0..to.1).step_by(strip_rows) {
            let rows = start..to.1.min(start + strip_rows);
            let needed = host.source_rows(&args, rows.clone());
            let memory = &source[needed.start * read..needed.end * read];
            let source = Source::buffered(memory, &layout(needed, from.1, read));
            let mut out = vec![0; rows.len() * written];
            let mut strip = Strip::buffered(&mut out, &layout(rows.clone(), to.1, written));
            host.run(&args, &source, &mut strip);
            let expected = &expected[rows.start * written..rows.end * written];
            assert!(
                out == expected,
                "{from:?} to {to:?} x{channels}, rows {rows:?}, {level:?}"
            );
        }
    }
}

#[test]
fn any_fixed_point_weights_give_the_sums_of_a_plain_loop() {
    let mut numbers = Numbers(noise(1 << 20).into_iter());
    let sizes = [
        ((1, 1), (1, 1)),
        ((5, 3), (2, 7)),
        ((70, 90), (31, 20)),
        ((203, 40), (17, 33)),
        ((19, 23), (90, 61)),
        ((700, 9), (5, 3)),
        ((9, 300), (23, 4)),
    ];
    for (case, (from, to)) in sizes.into_iter().enumerate() {
        for channels in [1, 3, 4] {
            for (bits, shift) in [(15, 15), (22, 22), (9, 8)] {
                for passes in 0..4 {
                    let most = [1, 3, 40][(case + channels + passes) % 3];
                    // The sums fit 32 bits.
                    let bits = bits.min(22 - (4 * most as u32).ilog2());
                    let mut side = |from: usize, to: usize| {
                        axis(&mut numbers, (from, to), most, (bits, shift))
                    };
                    let columns = (passes != 1).then(|| side(from.0, to.0));
                    let lines = (passes != 0).then(|| side(from.1, to.1));
                    let to = (
                        if columns.is_some() { to.0 } else { from.0 },
                        if lines.is_some() { to.1 } else { from.1 },
                    );
                    let tables = ResampleTables {
                        columns,
                        lines,
                        vertical_first: passes == 3,
                        premultiplied: false,
                    };
                    compare(tables, channels, from, to, [1, 7, 64][case % 3]);
                }
            }
        }
    }
}

#[test]
fn wide_images_are_computed_in_blocks() {
    let mut numbers = Numbers(noise(1 << 20).into_iter());
    // So many rows in a span that the window has room for a part of the columns only.
    for vertical_first in [false, true] {
        let (from, to) = ((150, 900), (130, 2));
        let tables = ResampleTables {
            columns: Some(axis(&mut numbers, (from.0, to.0), 3, (14, 15))),
            lines: Some(axis(&mut numbers, (from.1, to.1), 800, (12, 18))),
            vertical_first,
            premultiplied: false,
        };
        compare(tables, 3, from, to, 2);
    }
}
