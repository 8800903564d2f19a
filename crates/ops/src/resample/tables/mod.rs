//! The tables of a resample: which source rows and columns each output row and column is made of, and with which weights. They
//! depend on the sizes alone and are computed once per plan, for all executors.

mod fixed;
mod float;

use super::{ResampleFilter, ResampleLike};
use crate::contract::stage::ResampleTables;
use crate::image::ImageShape;

/// The part of a source axis that is resampled, from a position to another, in single precision as in Pillow.
#[derive(Copy, Clone, Debug)]
pub(super) struct Part {
    start: f32,
    end: f32,
}

impl Part {
    /// The whole axis of `length` pixels.
    fn whole(length: u32) -> Self {
        Part {
            start: 0.0,
            end: length as f32,
        }
    }

    fn length(self) -> f32 {
        self.end - self.start
    }

    /// Whether `target` pixels of the output are those of the part as they are.
    fn is_crop(self, target: u32) -> bool {
        self.start.trunc() == self.start && self.length() == target as f32
    }

    /// Whether `target` pixels of the output are all pixels of an axis of `source` pixels as they are.
    fn is_copy(self, source: u32, target: u32) -> bool {
        source == target && self.start == 0.0 && self.end == target as f32
    }
}

impl ResampleTables {
    /// The tables for an input and an output of these shapes, which have the same channels. `source_box` is the part of the input
    /// that is resampled: left, top, right, bottom. The library has the filter, and the box lies inside the input; it is for
    /// Pillow alone.
    pub(super) fn new(
        like: ResampleLike,
        filter: ResampleFilter,
        source_box: Option<[f64; 4]>,
        input: &ImageShape,
        output: &ImageShape,
    ) -> Self {
        let whole = [0.0, 0.0, f64::from(input.width), f64::from(input.height)];
        let source_box = source_box.unwrap_or(whole);
        // A copy leaves the colors under transparent pixels as they are.
        let is_copy = source_box == whole && output == input;
        let [left, top, right, bottom] = source_box.map(|side| side as f32);
        let axis = |part: Part, source: u32, target: u32| {
            if part.is_copy(source, target) {
                return None;
            }
            Some(match like {
                ResampleLike::Pillow12 | ResampleLike::Pillow13 if part.is_crop(target) => {
                    fixed::crop(part, target)
                }
                ResampleLike::Pillow12 | ResampleLike::Pillow13 => {
                    fixed::pillow(filter, source, part, target)
                }
                ResampleLike::Torchvision => fixed::torchvision(filter, source, target),
                ResampleLike::TorchCuda => float::torch_cuda(filter, source, target),
            })
        };
        let (columns, lines) = (
            Part {
                start: left,
                end: right,
            },
            Part {
                start: top,
                end: bottom,
            },
        );
        ResampleTables {
            columns: axis(columns, input.width, output.width),
            lines: axis(lines, input.height, output.height),
            vertical_first: vertical_first(like, input, output),
            premultiplied: like.is_pillow() && input.channels == 4 && !is_copy,
        }
    }
}

/// Whether the library makes the vertical pass first. It looks at the sizes of the images, not of the box.
fn vertical_first(like: ResampleLike, input: &ImageShape, output: &ImageShape) -> bool {
    let [width, height, to_width, to_height] =
        [input.width, input.height, output.width, output.height].map(i64::from);
    match like {
        ResampleLike::Pillow12 => height > 100 * width && to_height < height,
        ResampleLike::Pillow13 => {
            let fewer_rows = height - to_height;
            fewer_rows > 0 && fewer_rows > 2 * (width - to_width)
        }
        ResampleLike::Torchvision | ResampleLike::TorchCuda => false,
    }
}

#[cfg(test)]
mod tests;
