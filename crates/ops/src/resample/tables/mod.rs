//! The tables of a resample: which source rows and columns each output row and column is made of, and with which weights. They
//! depend on the sizes alone and are computed once per plan, for all executors. For mixed batches a [`ResampleStep`] has the numbers
//! from which kernels compute them.

mod fixed;
mod float;

use super::{ResampleFilter, ResampleLike};
use crate::contract::stage::{
    ResampleStep, ResampleTables, WindowAxis, WindowFilter, WindowWeights,
};
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
        let Parts {
            columns,
            lines,
            is_copy,
        } = Parts::new(source_box, input, output);
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
        ResampleTables {
            columns: axis(columns, input.width, output.width),
            lines: axis(lines, input.height, output.height),
            vertical_first: vertical_first(like, input, output),
            premultiplied: premultiplies(like, input, is_copy),
        }
    }
}

/// The step for an input and an output of these shapes, as [`ResampleTables::new`] has the tables. `None` for a filter with a sine,
/// which devices round differently.
pub(super) fn step(
    like: ResampleLike,
    filter: ResampleFilter,
    source_box: Option<[f64; 4]>,
    input: &ImageShape,
    output: &ImageShape,
) -> Option<ResampleStep> {
    let is_torch = matches!(like, ResampleLike::Torchvision | ResampleLike::TorchCuda);
    let window_filter = match filter {
        ResampleFilter::Box => WindowFilter::Box,
        ResampleFilter::Bilinear => WindowFilter::Triangle,
        ResampleFilter::Bicubic if is_torch => WindowFilter::TorchCubic,
        ResampleFilter::Bicubic => WindowFilter::PillowCubic,
        ResampleFilter::Hamming | ResampleFilter::Lanczos => return None,
    };
    let fixed = |bits: Option<u32>| WindowWeights::Fixed {
        filter: window_filter,
        bits,
    };
    let parts = Parts::new(source_box, input, output);
    let axis = |part: Part, source: u32, target: u32| {
        let copies = part.is_copy(source, target) || (like.is_pillow() && part.is_crop(target));
        let windows = match like {
            ResampleLike::TorchCuda => float::windows(filter, source, target),
            _ => fixed::windows(filter.support(), part, target),
        };
        WindowAxis { copies, ..windows }
    };
    Some(ResampleStep {
        weights: match like {
            ResampleLike::Pillow12 | ResampleLike::Pillow13 => fixed(Some(fixed::PILLOW_BITS)),
            ResampleLike::Torchvision => fixed(None),
            ResampleLike::TorchCuda => WindowWeights::Single(window_filter),
        },
        columns: axis(parts.columns, input.width, output.width),
        lines: axis(parts.lines, input.height, output.height),
        input: (input.width, input.height),
        output: (output.width, output.height),
        vertical_first: vertical_first(like, input, output),
        premultiplied: premultiplies(like, input, parts.is_copy),
    })
}

/// What is resampled of both axes.
struct Parts {
    columns: Part,
    lines: Part,
    /// Whether the output is the input.
    is_copy: bool,
}

impl Parts {
    fn new(source_box: Option<[f64; 4]>, input: &ImageShape, output: &ImageShape) -> Self {
        let whole = [0.0, 0.0, f64::from(input.width), f64::from(input.height)];
        let source_box = source_box.unwrap_or(whole);
        let [left, top, right, bottom] = source_box.map(|side| side as f32);
        Parts {
            columns: Part {
                start: left,
                end: right,
            },
            lines: Part {
                start: top,
                end: bottom,
            },
            is_copy: source_box == whole && output == input,
        }
    }
}

/// Whether colors are multiplied with alpha. A copy leaves those under transparent pixels as they are.
fn premultiplies(like: ResampleLike, input: &ImageShape, is_copy: bool) -> bool {
    like.is_pillow() && input.channels == 4 && !is_copy
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
