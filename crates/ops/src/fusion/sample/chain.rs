//! A chain of stages as one sampling step: which source pixels each output pixel is made of, and how they are changed.

use super::axis::{Axis, PadPixel, copied_position, only_copies};
use super::pixels::PixelSteps;
use crate::contract::stage::{
    AxisWeights, BorderMode, ColorMap, GatherMap, ResampleTables, ResizeTables, Tap,
};
use crate::contract::{Action, Stage};
use crate::host::border::reflect;
use crate::image::{ImageShape, Layout, SampleType};
use std::sync::Arc;

/// The weights of the taps of a chain.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Weights {
    /// Every tap is one pixel of the source.
    None,
    /// Weights in 1/2048, by a bilinear resize.
    Bilinear,
    /// Weights of 1, by a resize to half the size: the output is the mean of 2x2 pixels.
    Half,
    /// The weights of a resample. The taps are copies of its columns and rows.
    Resample,
}

/// The resample of a chain.
#[derive(Clone, Debug)]
pub(super) struct ChainResample {
    pub(super) tables: Arc<ResampleTables>,
    /// Column and row of the source at which the rectangle begins that is resampled.
    pub(super) corner: (u32, u32),
    /// Width and height of this rectangle.
    pub(super) size: (u32, u32),
}

/// The computation of the stages so far. The kernel applies `before`, the taps, `after` and the threshold to a pixel. The
/// constants of pads are passed through the stages after their pad here, when the plan is made.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    /// Whether the source is an NV12 frame, which is read as RGB.
    pub(super) nv12: bool,
    /// What is done to pixels before and after the taps.
    pub(super) pixels: PixelSteps,
    /// The taps of the output's columns.
    pub(super) columns: Axis,
    /// The taps of the output's rows.
    pub(super) lines: Axis,
    pub(super) weights: Weights,
    /// The resample, where the weights are of one.
    pub(super) resample: Option<ChainResample>,
    /// The pixel that taps of a resize find outside the source. `before` is not applied to it.
    pub(super) outside: [u8; 4],
    /// The number of gathers so far, by which their constants are ranked.
    pads: i32,
}

/// Whether the kernels can read images of this shape.
fn readable(shape: ImageShape) -> bool {
    let interleaved = shape.layout == Layout::Interleaved || shape.channels == 1;
    shape.sample == SampleType::U8 && interleaved && matches!(shape.channels, 1 | 3 | 4)
}

impl Chain {
    /// The chain of these stages, at least one.
    pub(super) fn new(stages: &[Stage]) -> Result<Self, String> {
        let (mut chain, rest) = Chain::begin(stages)?;
        for stage in rest {
            chain.add_stage(stage)?;
        }
        Ok(chain)
    }

    /// The number of stages, from the first one on, that can be one chain.
    pub(super) fn most(stages: &[Stage]) -> usize {
        let Ok((mut chain, rest)) = Chain::begin(stages) else {
            return 0;
        };
        let more = rest
            .iter()
            .take_while(|stage| chain.add_stage(stage).is_ok());
        stages.len() - rest.len() + more.count()
    }

    /// An empty chain that reads the source of the first stage, and the stages to add. A first stage that only says how the
    /// source is read (NV12) is part of the empty chain.
    fn begin(stages: &[Stage]) -> Result<(Self, &[Stage]), String> {
        let first = stages.first().ok_or("there are no stages")?;
        if !readable(first.input) {
            return Err(format!("{} reads {}", first.operator, first.input));
        }
        let nv12 = matches!(first.action, Action::Nv12);
        let size = if nv12 { first.output } else { first.input };
        let chain = Chain {
            nv12,
            pixels: PixelSteps::NONE,
            columns: Axis::identity(size.width),
            lines: Axis::identity(size.height),
            weights: Weights::None,
            resample: None,
            outside: [0; 4],
            pads: 0,
        };
        Ok((chain, &stages[usize::from(nv12)..]))
    }

    fn add_stage(&mut self, stage: &Stage) -> Result<(), String> {
        if self.pixels.normalize.is_some() {
            return Err(format!("{} comes after the normalization", stage.operator));
        }
        let output = (stage.output.width, stage.output.height);
        self.add(&stage.action, output)
            .map_err(|reason| format!("{}: {reason}", stage.operator))
    }

    /// Adds an operation that makes images of the width and height `output`.
    fn add(&mut self, action: &Action, output: (u32, u32)) -> Result<(), String> {
        match action {
            Action::Color(map) => self.color(map),
            Action::Resize(tables) => self.resize(tables, output.0),
            Action::Resample(tables) => self.resample(tables, output),
            Action::Gather(gather) => {
                self.gather(gather, output);
                Ok(())
            }
            Action::Letterbox(tables, frame) => {
                self.resize(tables, frame.inner.0)?;
                let frame = GatherMap {
                    border: BorderMode::Constant,
                    ..*frame
                };
                self.gather(&frame, output);
                Ok(())
            }
            Action::Cropped(crop, action) => {
                self.gather(&crop.map, crop.output);
                self.add(action, output)
            }
            Action::Threshold { threshold, maximum } => {
                self.compare(*threshold, *maximum);
                Ok(())
            }
            Action::Normalize { tables } => self.pixels.normalize(tables),
            _ => Err("it is no part of such a chain".to_owned()),
        }
    }

    fn recolor_constants(&mut self, color: impl Fn([u8; 4]) -> [u8; 4]) {
        self.columns.recolor(&color);
        self.lines.recolor(color);
    }

    fn color(&mut self, color: &ColorMap) -> Result<(), String> {
        self.pixels.color(color, self.weights != Weights::None)?;
        self.recolor_constants(|pixel| color.apply(pixel));
        Ok(())
    }

    fn compare(&mut self, threshold: u8, maximum: u8) {
        self.pixels.compare(threshold, maximum);
        let compare = |p: u8| if p > threshold { maximum } else { 0 };
        self.recolor_constants(|pixel| pixel.map(compare));
    }

    fn gather(&mut self, gather: &GatherMap, (columns, lines): (u32, u32)) {
        self.pads += 1;
        let constant = PadPixel {
            pad: self.pads,
            // The images of a chain have 8-bit samples here.
            pixel: gather.value.map(|bits| bits as u8),
        };
        let (width, height) = gather.inner;
        let border = gather.border;
        let position = move |at: i32, length: u32, flip: bool| {
            let last = length as i32 - 1;
            let inside = match border {
                _ if (0..=last).contains(&at) => at,
                BorderMode::Replicate => at.clamp(0, last),
                BorderMode::Reflect101 => reflect(at as isize, length as usize) as i32,
                BorderMode::Constant | BorderMode::FrameOnly => return None,
            };
            Some(if flip { last - inside } else { inside } as u32)
        };
        let (left, top) = (gather.left, gather.top);
        let (flip_x, flip_y) = gather.flip;
        let columns = (0..columns as i32).map(|x| position(x - left, width, flip_x));
        self.columns.select(columns, constant);
        let lines = (0..lines as i32).map(|y| position(y - top, height, flip_y));
        self.lines.select(lines, constant);
    }

    /// Adds a resize to this many columns, and to the rows that the tables have.
    fn resize(&mut self, tables: &ResizeTables, columns: u32) -> Result<(), String> {
        let count = columns as usize;
        match tables {
            ResizeTables::Nearest(indices) => {
                let (columns, lines) = indices.split_at(count);
                self.select(columns.iter().copied(), lines.iter().copied());
                Ok(())
            }
            ResizeTables::Bilinear(taps) => {
                let (columns, lines) = taps.split_at(count);
                if only_copies(columns) && only_copies(lines) {
                    self.select(
                        columns.iter().map(copied_position),
                        lines.iter().map(copied_position),
                    );
                    return Ok(());
                }
                self.interpolate(columns, lines, Weights::Bilinear)
            }
            ResizeTables::Half => {
                let taps = |length: usize| {
                    let tap = |at: i32| Tap {
                        index0: 2 * at,
                        index1: 2 * at + 1,
                        weight0: 1,
                        weight1: 1,
                    };
                    (0..length as i32 / 2).map(tap).collect::<Vec<_>>()
                };
                let (columns, lines) = (taps(self.columns.len()), taps(self.lines.len()));
                self.interpolate(&columns, &lines, Weights::Half)
            }
            ResizeTables::Fixed { .. }
            | ResizeTables::Float { .. }
            | ResizeTables::Blocks { .. } => {
                Err("its sums have other weights than those of bilinear".to_owned())
            }
        }
    }

    /// Adds a resample to an output of this width and height.
    fn resample(&mut self, tables: &Arc<ResampleTables>, output: (u32, u32)) -> Result<(), String> {
        self.may_interpolate()?;
        let (Some(x), Some(y)) = (self.columns.start(), self.lines.start()) else {
            return Err("it reads pixels in another order than they have in the source".to_owned());
        };
        let axes = [&tables.columns, &tables.lines];
        if tables.vertical_first && axes.iter().all(|axis| axis.is_some()) {
            return Err("its vertical pass is the first one".to_owned());
        }
        let is_float = |weights: &AxisWeights| matches!(weights, AxisWeights::Float(_));
        if axes
            .into_iter()
            .flatten()
            .any(|axis| is_float(&axis.weights))
        {
            return Err("its weights are f32".to_owned());
        }
        if tables.premultiplied && !self.pixels.before.keeps_alpha() {
            return Err("a conversion before it moves or makes alpha".to_owned());
        }
        let size = (self.columns.len() as u32, self.lines.len() as u32);
        self.resample = Some(ChainResample {
            tables: Arc::clone(tables),
            corner: (x, y),
            size,
        });
        self.columns = Axis::identity(output.0);
        self.lines = Axis::identity(output.1);
        self.weights = Weights::Resample;
        Ok(())
    }

    fn select(&mut self, columns: impl Iterator<Item = u32>, lines: impl Iterator<Item = u32>) {
        // All positions are inside, so that the constant is not used.
        let constant = PadPixel {
            pad: 0,
            pixel: [0; 4],
        };
        self.columns.select(columns.map(Some), constant);
        self.lines.select(lines.map(Some), constant);
    }

    /// Refuses a second interpolation, and the interpolation of thresholds.
    fn may_interpolate(&self) -> Result<(), String> {
        if self.weights != Weights::None {
            return Err("a resize before it interpolates as well, and rounds".to_owned());
        }
        if self.pixels.threshold.is_some() {
            return Err("it interpolates what a threshold before it made".to_owned());
        }
        Ok(())
    }

    fn interpolate(
        &mut self,
        columns: &[Tap],
        lines: &[Tap],
        weights: Weights,
    ) -> Result<(), String> {
        self.may_interpolate()?;
        let mut pixels = self.columns.interpolate(columns);
        pixels.extend(self.lines.interpolate(lines));
        pixels.sort_unstable();
        pixels.dedup();
        match pixels[..] {
            [] => {}
            [pixel] => self.outside = pixel,
            _ => return Err("it interpolates between the colors of several pads".to_owned()),
        }
        self.weights = weights;
        Ok(())
    }
}
