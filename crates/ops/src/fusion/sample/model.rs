//! A model of the kernels on the host, for tests: it reads the same tables and arguments in the same way.

use super::*;
use crate::contract::stage::Tap;
use crate::reference::{self, Image};
use pixelflume_kernels::args::{ColorMapArgs, SampleFlags};

/// The computation of the kernels, pixel by pixel, in the order and with the shortcuts of `kernels/sample_taps.cu` and
/// `kernels/sample_rows.cu`.
pub(super) struct Model<'a> {
    pub(super) plan: &'a SamplePlan,
    pub(super) image: &'a Image<u8>,
}

impl Model<'_> {
    fn recolor(color: &ColorMapArgs, pixel: [u8; 4]) -> [u8; 4] {
        let mut bytes = pixel;
        if color.has_luma != 0 {
            let weights = [color.weights_low, color.weights_high].map(|w| [w & 0xffff, w >> 16]);
            let sum: u32 = weights
                .concat()
                .iter()
                .zip(pixel)
                .map(|(&w, p)| w * u32::from(p))
                .sum();
            bytes = ((sum + 32768) >> 16).to_le_bytes();
        }
        [0, 1, 2, 3].map(|at| match color.permutation >> (4 * at) & 7 {
            4 => 255,
            byte => bytes[byte as usize],
        })
    }

    fn at(&self, x: i32, y: i32) -> [u8; 4] {
        assert!(x >= 0 && y >= 0, "a kernel reads column {x}, row {y}");
        let (x, y) = (x as usize, y as usize);
        if self.plan.module.name == "sample_nv12" {
            let row = |y: usize, rows: usize| {
                let data = &self.image.data[y * self.image.width..][..rows * self.image.width];
                Image::new(self.image.width, rows, 1, data.to_vec())
            };
            let height = self.image.height / 3 * 2;
            // Two rows of one block, so that the reference can make them.
            let luma = row(y / 2 * 2, 2).data;
            let chroma = row(height + y / 2, 1).data;
            let block = Image::new(self.image.width, 3, 1, [luma, chroma].concat());
            let rgb = reference::nv12_to_rgb(&block, Default::default());
            let sample = |c| rgb.at(x, y % 2, c);
            return [sample(0), sample(1), sample(2), 0];
        }
        let mut pixel = [0xcc; 4];
        for (c, sample) in pixel.iter_mut().enumerate().take(self.image.channels) {
            *sample = self.image.at(x, y, c);
        }
        pixel
    }

    fn before(&self, pixel: [u8; 4]) -> [u8; 4] {
        match self.plan.args.flags & SampleFlags::BEFORE {
            0 => pixel,
            _ => Self::recolor(&self.plan.args.before, pixel),
        }
    }

    fn sampled(&self, column: &Tap, line: &Tap) -> [u8; 4] {
        let scattered = self.plan.entry == "sample_scattered";
        let read = |x: i32, y: i32| match scattered && (x < 0 || y < 0) {
            true => self.plan.args.outside.to_le_bytes(),
            false => self.before(self.at(x, y)),
        };
        if self.plan.entry == "sample_direct" {
            return read(column.index0, line.index0);
        }
        let half =
            self.plan.entry == "sample_half" || self.plan.args.flags & SampleFlags::HALVED != 0;
        if !scattered {
            let both = half || column.weight1 != 0;
            assert!(
                !both || column.index1 == column.index0 + 1,
                "{column:?} is not adjacent"
            );
        }
        let pair = |y: i32, used: bool| match used {
            false => [[0; 4]; 2],
            true => {
                let second = if column.weight1 == 0 {
                    column.index0
                } else {
                    column.index1
                };
                [read(column.index0, y), read(second, y)]
            }
        };
        let above = pair(line.index0, true);
        let below = pair(line.index1, line.weight1 != 0);
        [0, 1, 2, 3].map(|c| {
            let sum = |pair: [[u8; 4]; 2]| {
                column.weight0 * i32::from(pair[0][c]) + column.weight1 * i32::from(pair[1][c])
            };
            let (top, bottom) = (sum(above), sum(below));
            let value = match half {
                true => (top + bottom + 2) >> 2,
                false => {
                    let part = |weight: i32, sum: i32| (weight * (sum >> 4)) >> 16;
                    (part(line.weight0, top) + part(line.weight1, bottom) + 2) >> 2
                }
            };
            u8::try_from(value).expect("weights keep it below 256")
        })
    }

    fn finished(&self, pixel: [u8; 4]) -> [u8; 4] {
        let args = &self.plan.args;
        let pixel = match args.flags & SampleFlags::AFTER {
            0 => pixel,
            _ => Self::recolor(&args.after, pixel),
        };
        match args.flags & SampleFlags::THRESHOLD {
            0 => pixel,
            _ => pixel.map(|p| {
                if p > args.thresholds as u8 {
                    args.maxima as u8
                } else {
                    0
                }
            }),
        }
    }

    fn pixel(&self, x: usize, y: usize) -> [u8; 4] {
        if self.plan.tables.is_empty() {
            let (left, top) = self.plan.corner;
            return self
                .finished(self.before(self.at(left as i32 + x as i32, top as i32 + y as i32)));
        }
        let taps: &[Tap] = bytemuck::cast_slice(&self.plan.tables);
        let (columns, lines) = taps.split_at(self.plan.output.width as usize);
        let (column, line) = (&columns[x], &lines[y]);
        let outside = |tap: &Tap| tap.weight0 == 0 && tap.weight1 == 0;
        match (outside(column), outside(line)) {
            (_, true) if column.index0 < line.index0 => column.index1.to_le_bytes(),
            (_, true) => line.index1.to_le_bytes(),
            (true, false) => column.index1.to_le_bytes(),
            (false, false) => self.finished(self.sampled(column, line)),
        }
    }

    pub(super) fn run(&self) -> Image<u8> {
        let output = self.plan.output;
        let size = (
            output.width as usize,
            output.height as usize,
            output.channels as usize,
        );
        Image::from_fn(size.0, size.1, size.2, |x, y, c| self.pixel(x, y)[c])
    }
}
