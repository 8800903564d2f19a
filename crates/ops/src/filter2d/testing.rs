//! Random cases and the reference of `filter2d` for tests.

use super::{Filter2d, FilterBorder, FilterOutput, MAX_TAPS, reference};
use crate::image::SampleType;
use crate::oracle::Image;
use crate::spec::{OperatorTesting, shared};
use crate::testing::Random;

pub(crate) static TESTING: OperatorTesting = OperatorTesting {
    sample: |random, _| {
        let (columns, rows) = size(random);
        let count = columns * rows;
        let kernel = kernel(random, count as usize);
        let filter = match columns == rows && random.within(0, 1) == 0 {
            true => Filter2d::new(&kernel)?,
            false => Filter2d::of_columns(&kernel, columns)?,
        };
        // At times both ends, since anchors change which rows are read.
        let [x, y] = [columns, rows].map(|side| match random.within(0, 5) {
            0 => Some(0),
            1 => Some(side - 1),
            2 => Some(random.within(0, side - 1)),
            _ => None,
        });
        let delta = match random.within(0, 1) {
            0 => 0.0,
            _ => random.number(-200.0, 300.0),
        };
        let filter = filter.with_anchor(x, y)?.with_delta(delta)?;
        let filter = filter.with_border(random.pick(&FilterBorder::ALL));
        shared(filter.with_output(random.pick(&FilterOutput::ALL)))
    },
    reference: |values, images| {
        let kernel = values.numbers("kernel");
        let integer = |name| values.derived_integer(name).map(|number| number as usize);
        let columns = integer("columns").unwrap_or_else(|| kernel.len().isqrt());
        let rows = kernel.len() / columns;
        let x = integer("anchor_x").unwrap_or(columns / 2);
        let y = integer("anchor_y").unwrap_or(rows / 2);
        let output: FilterOutput = values.choice("output").expect("a name of the choice");
        let result = reference::filter2d(
            &images[0].u8_image(),
            (kernel, columns),
            (x, y),
            values.number("delta"),
            values.choice("border").expect("a name of the choice"),
            output,
        );
        match output.sample() {
            SampleType::I16 => result.into(),
            _ => {
                let bytes = result.data.iter().map(|&value| value as u8).collect();
                Image::new(result.width, result.height, result.channels, bytes).into()
            }
        }
    },
    part: None,
};

/// Columns and rows of a kernel: mostly small, at times the most that are possible.
fn size(random: &mut Random) -> (u32, u32) {
    match random.within(0, 9) {
        0 => (MAX_TAPS, 1),
        1 => (1, MAX_TAPS),
        2 => {
            let columns = random.within(1, MAX_TAPS);
            (columns, random.within(1, MAX_TAPS / columns))
        }
        3 => random.pick(&[(11, 11), (10, 12), (43, 3)]),
        _ => (random.within(1, 7), random.within(1, 7)),
    }
}

/// Numbers of a kernel, some of them 0: integers, fractions whose sum is about 1, large ones, and small ones.
fn kernel(random: &mut Random, count: usize) -> Vec<f64> {
    let kind = random.within(0, 3);
    let most = [3.0, 3.0 / count as f64, 5e4, 1e-6][kind as usize];
    let number = |random: &mut Random| match (random.within(0, 5), kind) {
        (0, _) => 0.0,
        (_, 0) => random.number(-most, most).round(),
        _ => random.number(-most, most),
    };
    (0..count).map(|_| number(random)).collect()
}
