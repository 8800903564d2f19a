//! The planes of the components: samples at the size of the image.

use crate::testing::model::frame::{Component, Frame};
use crate::testing::model::transform;

/// The real samples of a component.
struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

impl Plane {
    fn of(frame: &Frame, c: &Component) -> Self {
        let (width, height) = frame.samples(c);
        let mut samples = vec![128; width * height];
        // A component that no scan has is 128 everywhere.
        if let Some(quantizer) = &c.quantizer {
            let (stored, _) = frame.stored_blocks(c);
            let (columns, rows) = frame.real_blocks(c);
            for by in 0..rows {
                for bx in 0..columns {
                    let block = transform::samples(&c.blocks[by * stored + bx], quantizer);
                    for y in 0..8.min(height - 8 * by) {
                        for x in 0..8.min(width - 8 * bx) {
                            samples[(8 * by + y) * width + 8 * bx + x] = block[8 * y + x];
                        }
                    }
                }
            }
        }
        Self {
            width,
            height,
            samples,
        }
    }

    /// A sample; outside, the next one inside.
    fn at(&self, x: isize, y: isize) -> i32 {
        let inside = |at: isize, count: usize| at.clamp(0, count as isize - 1) as usize;
        i32::from(self.samples[inside(y, self.height) * self.width + inside(x, self.width)])
    }
}

/// The component at the size of the image.
pub(super) fn full_size(frame: &Frame, c: &Component) -> Vec<u8> {
    let plane = Plane::of(frame, c);
    let ratio = (frame.hmax() / c.h, frame.vmax() / c.v);
    let mut samples = Vec::with_capacity(frame.width * frame.height);
    for y in 0..frame.height as isize {
        for x in 0..frame.width as isize {
            samples.push(sample(&plane, ratio, x, y) as u8);
        }
    }
    samples
}

fn sample(plane: &Plane, ratio: (usize, usize), x: isize, y: isize) -> i32 {
    let (i, j) = (x / 2, y / 2);
    let beside = if x % 2 == 0 { i - 1 } else { i + 1 };
    let over = if y % 2 == 0 { j - 1 } else { j + 1 };
    let rounding = |even: i32, odd: i32, at: isize| if at % 2 == 0 { even } else { odd };
    match ratio {
        (2, 1) if plane.width > 2 => {
            (3 * plane.at(i, y) + plane.at(beside, y) + rounding(1, 2, x)) >> 2
        }
        (1, 2) => (3 * plane.at(x, j) + plane.at(x, over) + rounding(1, 2, y)) >> 2,
        (2, 2) if plane.width > 2 => {
            let t = |column| 3 * plane.at(column, j) + plane.at(column, over);
            (3 * t(i) + t(beside) + rounding(8, 7, x)) >> 4
        }
        (fx, fy) => plane.at(x / fx as isize, y / fy as isize),
    }
}
