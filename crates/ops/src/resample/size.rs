//! The sizes of the outputs of a resample, by the rules of the libraries that models are trained with.

use super::KIND;
use crate::contract::OperatorError;
use crate::contract::checks::{MAX_SIDE, side};
use crate::image::ImageShape;

/// The rule for the size of the output of a [`Resample`](super::Resample). All numbers of pixels are 1 to 65536. Divisions are in
/// double precision, and `trunc` drops the fraction.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ResampleSize {
    /// This size.
    Exact {
        /// Width of the output.
        width: u32,
        /// Height of the output.
        height: u32,
    },
    /// torchvision's `Resize(edge, max_size=max_size)`: the shorter edge becomes `edge`, the longer one
    /// `longer = trunc(edge * long / short)`, where `short` and `long` are the edges of the input. Where `longer` is more than
    /// `max_size`, the edges become `trunc(max_size * edge / longer)` and `max_size`. The rule is the same for Pillow images and for
    /// tensors, and is that of transformers for `size = {"shortest_edge": edge}`.
    ShortestEdge {
        /// The shorter edge of the output.
        edge: u32,
        /// The most pixels of the longer edge.
        max_size: Option<u32>,
    },
    /// `get_size_with_aspect_ratio` of transformers (DETR, Mask2Former): the shorter edge becomes `edge`, the longer one
    /// `trunc(edge * long / short)`. Where `long / short * edge` is more than `max_size`, the shorter edge is
    /// `raw = max_size * short / long`, rounded half to even, and the longer one `trunc(raw * long / short)`. The size stays where
    /// the shorter edge is right already.
    ShortestEdgeDetr {
        /// The shorter edge of the output.
        edge: u32,
        /// The most pixels of the longer edge.
        max_size: Option<u32>,
    },
    /// The rule of SAM: with `scale = edge / long`, each edge becomes `trunc(edge * scale + 0.5)`.
    LongestEdge {
        /// The longer edge of the output.
        edge: u32,
    },
    /// The rule of Idefics3 and SmolVLM. With `ratio = width / height`, the longer edge becomes `edge`, and the shorter one
    /// `trunc(edge / ratio)` where it is the height and `trunc(edge * ratio)` where it is the width, plus one where that is odd, and
    /// at least 1. Where an edge is then longer than 4096 pixels, the longer one becomes 4096, and the shorter one follows in the same
    /// way, but may be odd.
    LongestEdgeIdefics3 {
        /// The longer edge of the output.
        edge: u32,
    },
    /// The largest size with these proportions inside a rectangle, as `get_image_size_for_max_height_width` of transformers:
    /// with `scale = min(max_height / height, max_width / width)`, each edge becomes `trunc(edge * scale)`. Smaller images are
    /// enlarged.
    Within {
        /// The most columns.
        max_width: u32,
        /// The most rows.
        max_height: u32,
    },
    /// `smart_resize` of Qwen2-VL: each edge becomes the nearest multiple of `multiple`, rounded half to even. Where these are more
    /// than `max_pixels` pixels, both edges of the input are divided by `sqrt(width * height / max_pixels)` and rounded down to a
    /// multiple, at least one; where they are fewer than `min_pixels`, both are multiplied by
    /// `sqrt(min_pixels / (width * height))` and rounded up. Images of which one edge is more than 200 times as long as the other
    /// are refused.
    Multiple {
        /// Both edges of the output are multiples of it.
        multiple: u32,
        /// The fewest pixels of the output, if there is a bound: at least 1.
        min_pixels: Option<u32>,
        /// The most pixels of the output, if there is a bound: at least `min_pixels`.
        max_pixels: Option<u32>,
    },
    /// `resize_for_vision_encoder` of Idefics3 and SmolVLM: the longer edge is rounded up to a multiple of `tile`; the shorter one
    /// is scaled with it, `trunc`, and then rounded up to a multiple as well.
    Tiles {
        /// The edge of a square tile.
        tile: u32,
    },
}

/// The largest edge that Idefics3 makes.
const IDEFICS3_MAX: u64 = 4096;

/// The greatest quotient of the longer and the shorter edge that `smart_resize` takes.
const MAX_RATIO: f64 = 200.0;

impl ResampleSize {
    /// Refuses numbers outside of their ranges.
    pub(super) fn check(self) -> Result<(), OperatorError> {
        match self {
            ResampleSize::Exact { width, height } => {
                side(KIND, "width", width)?;
                side(KIND, "height", height)
            }
            ResampleSize::ShortestEdge { edge, max_size }
            | ResampleSize::ShortestEdgeDetr { edge, max_size } => {
                side(KIND, "shortest_edge", edge)?;
                max_size.map_or(Ok(()), |most| side(KIND, "max_size", most))
            }
            ResampleSize::LongestEdge { edge } | ResampleSize::LongestEdgeIdefics3 { edge } => {
                side(KIND, "longest_edge", edge)
            }
            ResampleSize::Within {
                max_width,
                max_height,
            } => {
                side(KIND, "max_width", max_width)?;
                side(KIND, "max_height", max_height)
            }
            ResampleSize::Multiple {
                multiple,
                min_pixels,
                max_pixels,
            } => {
                side(KIND, "multiple", multiple)?;
                let refuse = |parameter, got: u32, expected: String| {
                    let got = got.to_string();
                    Err(OperatorError::Parameter {
                        operator: KIND,
                        parameter,
                        got,
                        expected,
                    })
                };
                let positive = || "a number of pixels from 1 on".to_owned();
                match (min_pixels, max_pixels) {
                    (Some(0), _) => refuse("min_pixels", 0, positive()),
                    (_, Some(0)) => refuse("max_pixels", 0, positive()),
                    (Some(least), Some(most)) if least > most => refuse(
                        "min_pixels",
                        least,
                        format!("at most max_pixels, which is {most}"),
                    ),
                    _ => Ok(()),
                }
            }
            ResampleSize::Tiles { tile } => side(KIND, "tile", tile),
        }
    }

    /// Width and height of the output for an input of this shape, whose sides are 1 to 65536, with both edges rounded up to a
    /// multiple of `round_up_to`.
    pub(super) fn target(
        self,
        input: ImageShape,
        round_up_to: u32,
    ) -> Result<(u32, u32), OperatorError> {
        let refuse = |reason| {
            Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason,
            })
        };
        let size = (u64::from(input.width), u64::from(input.height));
        let (long, short) = (size.0.max(size.1) as f64, size.0.min(size.1) as f64);
        if matches!(self, ResampleSize::Multiple { .. }) && long / short > MAX_RATIO {
            return refuse(format!(
                "one edge is {} times as long as the other, and sizes by multiples are for {MAX_RATIO} at most; crop it first",
                long / short
            ));
        }
        let (width, height) = self.edges(size);
        let round_up = |edge: u64| {
            let multiples = edge.div_ceil(u64::from(round_up_to));
            multiples.saturating_mul(u64::from(round_up_to))
        };
        let (width, height) = (round_up(width), round_up(height));
        let edge = |edge: u64| {
            u32::try_from(edge)
                .ok()
                .filter(|edge| (1..=MAX_SIDE).contains(edge))
        };
        match (edge(width), edge(height)) {
            (Some(width), Some(height)) => Ok((width, height)),
            _ => refuse(format!(
                "its output would be {width}x{height}, and sides are 1 to {MAX_SIDE} pixels; crop it first, or choose another size"
            )),
        }
    }

    /// Width and height by the formula, of any size.
    fn edges(self, (width, height): (u64, u64)) -> (u64, u64) {
        let (w, h) = (width as f64, height as f64);
        match self {
            ResampleSize::Exact { width, height } => (width.into(), height.into()),
            ResampleSize::ShortestEdge { edge, max_size } => {
                let by_short = |short: f64, long: f64| {
                    let new_long = (f64::from(edge) * long / short) as u64;
                    match max_size {
                        Some(most) if new_long > most.into() => {
                            let short =
                                (f64::from(most) * f64::from(edge) / new_long as f64) as u64;
                            (short, most.into())
                        }
                        _ => (edge.into(), new_long),
                    }
                };
                ordered(width, height, by_short)
            }
            ResampleSize::ShortestEdgeDetr { edge, max_size } => {
                let by_short = |short: f64, long: f64| {
                    let raw = max_size
                        .map(f64::from)
                        .filter(|&most| long / short * f64::from(edge) > most);
                    let raw = raw.map(|most| most * short / long);
                    let new_short = raw.map_or(f64::from(edge), f64::round_ties_even);
                    if new_short == short {
                        return (short as u64, long as u64);
                    }
                    let new_long = raw.unwrap_or(new_short) * long / short;
                    (new_short as u64, new_long as u64)
                };
                ordered(width, height, by_short)
            }
            ResampleSize::LongestEdge { edge } => {
                let scale = f64::from(edge) / w.max(h);
                ((w * scale + 0.5) as u64, (h * scale + 0.5) as u64)
            }
            ResampleSize::LongestEdgeIdefics3 { edge } => {
                let (width, height) = longest(w, h, edge.into(), |short| short + short % 2);
                match width.max(height) > IDEFICS3_MAX {
                    true => longest(width as f64, height as f64, IDEFICS3_MAX, |short| short),
                    false => (width, height),
                }
            }
            ResampleSize::Within {
                max_width,
                max_height,
            } => {
                let scale = (f64::from(max_height) / h).min(f64::from(max_width) / w);
                ((w * scale) as u64, (h * scale) as u64)
            }
            ResampleSize::Multiple {
                multiple,
                min_pixels,
                max_pixels,
            } => {
                let factor = f64::from(multiple);
                let nearest = |edge: f64| (edge / factor).round_ties_even() * factor;
                let (width, height) = (nearest(w), nearest(h));
                let (least, most) = (
                    min_pixels.map_or(1.0, f64::from),
                    max_pixels.map_or(f64::INFINITY, f64::from),
                );
                let (width, height) = if width * height > most {
                    let scale = (h * w / most).sqrt();
                    let down = |edge: f64| ((edge / scale / factor).floor() * factor).max(factor);
                    (down(w), down(h))
                } else if width * height < least {
                    let scale = (least / (h * w)).sqrt();
                    let up = |edge: f64| (edge * scale / factor).ceil() * factor;
                    (up(w), up(h))
                } else {
                    (width, height)
                };
                (width as u64, height as u64)
            }
            ResampleSize::Tiles { tile } => {
                let tile = u64::from(tile);
                let up = |edge: u64| edge.div_ceil(tile) * tile;
                let ratio = w / h;
                if width >= height {
                    let width = up(width);
                    (width, up((width as f64 / ratio) as u64))
                } else {
                    let height = up(height);
                    (up((height as f64 * ratio) as u64), height)
                }
            }
        }
    }
}

/// Width and height of a rule that makes the shorter and the longer edge from those of the input. Of equal edges the width is the
/// shorter one.
fn ordered(width: u64, height: u64, rule: impl Fn(f64, f64) -> (u64, u64)) -> (u64, u64) {
    let (w, h) = (width as f64, height as f64);
    match width <= height {
        true => rule(w, h),
        false => {
            let (short, long) = rule(h, w);
            (long, short)
        }
    }
}

/// Width and height where the longer edge is `edge` and `rounded` is applied to the shorter one, which is at least 1.
fn longest(w: f64, h: f64, edge: u64, rounded: impl Fn(u64) -> u64) -> (u64, u64) {
    let ratio = w / h;
    if w >= h {
        (edge, rounded((edge as f64 / ratio) as u64).max(1))
    } else {
        (rounded((edge as f64 * ratio) as u64).max(1), edge)
    }
}
