//! One axis of an image of a mixed chain: gathers and at most one resize, composed to a few numbers.

use crate::contract::stage::{BorderMode, WindowAxis};
use crate::resize::bilinear_scale;
use pixelflume_kernels::args::{MixedAxis, ResampleMixedAxis};

/// The positions `first + step * o` for `o` from 0 on; `step` is 1 or -1.
#[derive(Copy, Clone, Debug)]
struct Line {
    first: i32,
    step: i32,
}

impl Line {
    const IDENTITY: Self = Line { first: 0, step: 1 };
}

/// A gather along one axis.
#[derive(Copy, Clone, Debug)]
pub(super) struct AxisGather {
    /// The position of the output at which the source begins, negative where it is cut off.
    pub(super) start: i32,
    /// The length of the source.
    pub(super) inner: u32,
    /// Whether the source is mirrored.
    pub(super) flip: bool,
    /// The length of the output.
    pub(super) output: u32,
}

impl AxisGather {
    /// Whether the output has positions that the source does not cover.
    pub(super) fn has_border(&self) -> bool {
        self.start > 0 || i64::from(self.start) + i64::from(self.inner) < i64::from(self.output)
    }

    /// Whether the border, if there is one, is a constant.
    pub(super) fn is_possible(&self, mode: BorderMode) -> bool {
        let constant = matches!(mode, BorderMode::Constant | BorderMode::FrameOnly);
        constant || !self.has_border()
    }
}

/// What the steps so far make of one axis. All lengths are at most 65536, and there are at most 16 steps, so that no sum overflows.
#[derive(Copy, Clone, Debug)]
pub(super) struct AxisSteps {
    /// The length of the axis as it is now.
    length: u32,
    /// The positions from `first` to `end` show the source; the others are outside.
    first: i32,
    end: i32,
    /// From the positions of the axis now to those of the resized axis, or of the source where nothing was resized.
    now: Line,
    /// The resize, where there was one.
    resize: Option<AxisResize>,
    /// The length of the source.
    source: u32,
}

#[derive(Copy, Clone, Debug)]
struct AxisResize {
    /// From the positions of the axis before the resize to those of the source.
    before: Line,
    /// The lengths before and after.
    from: u32,
    to: u32,
}

impl AxisSteps {
    /// The axis of a source as it is.
    pub(super) fn new(source: u32) -> Self {
        AxisSteps {
            length: source,
            first: 0,
            end: source as i32,
            now: Line::IDENTITY,
            resize: None,
            source,
        }
    }

    /// The length of the axis.
    pub(super) fn length(&self) -> u32 {
        self.length
    }

    /// Whether positions are outside the source.
    pub(super) fn has_outside(&self) -> bool {
        self.first > 0 || self.end < self.length as i32
    }

    /// Whether the axis was resized.
    pub(super) fn is_resized(&self) -> bool {
        self.resize.is_some()
    }

    /// Adds a gather of the axis.
    pub(super) fn gather(&mut self, gather: &AxisGather) {
        let AxisGather {
            start,
            inner,
            flip,
            output,
        } = *gather;
        let inner = inner as i32;
        let line = self.now;
        let (first, end);
        if flip {
            // Position o of the output shows position inner - 1 + start - o.
            let mirror = inner - 1 + start;
            self.now = Line {
                first: line.first + line.step * mirror,
                step: -line.step,
            };
            (first, end) = (mirror + 1 - self.end, mirror + 1 - self.first);
        } else {
            self.now.first = line.first - line.step * start;
            (first, end) = (self.first + start, self.end + start);
        }
        self.length = output;
        self.first = first.max(0);
        self.end = end.min(output as i32);
        if self.first >= self.end {
            // Nothing of the source is left.
            (self.first, self.end) = (0, 0);
        }
    }

    /// Adds the resize to this length of an axis that has no position outside and was not resized before.
    pub(super) fn resize(&mut self, to: u32) {
        self.resize = Some(AxisResize {
            before: self.now,
            from: self.length,
            to,
        });
        self.length = to;
        (self.first, self.end) = (0, to as i32);
        self.now = Line::IDENTITY;
    }

    /// The position of the source at which the axis begins that is resized; 0 where nothing was resized.
    pub(super) fn corner(&self) -> u32 {
        // The axis that is resized shows the source alone.
        self.resize.map_or(0, |resize| resize.before.first as u32)
    }

    /// The numbers of a resample for the kernel.
    ///
    /// # Errors
    /// The axis is mirrored before the resample.
    pub(super) fn window_argument(
        &self,
        windows: &WindowAxis,
    ) -> Result<ResampleMixedAxis, String> {
        let Some(resize) = self.resize.filter(|resize| resize.before.step == 1) else {
            return Err(
                "it resamples pixels in another order than they have in the source".to_owned(),
            );
        };
        Ok(ResampleMixedAxis {
            start: windows.start,
            scale: windows.scale,
            support: windows.support,
            inverse: windows.inverse,
            length: resize.from,
            target: resize.to,
            copies: windows.copies.into(),
            first: self.first,
            end: self.end,
            after_first: self.now.first,
            after_step: self.now.step,
            reserved: 0,
        })
    }

    /// The numbers of a bilinear resize for the kernel.
    pub(super) fn argument(&self) -> MixedAxis {
        let resize = self.resize.unwrap_or(AxisResize {
            before: Line::IDENTITY,
            from: self.source,
            to: self.source,
        });
        MixedAxis {
            scale: bilinear_scale(resize.from, resize.to),
            last: resize.from as i32 - 1,
            first: self.first,
            end: self.end,
            after_first: self.now.first,
            after_step: self.now.step,
            before_first: resize.before.first,
            before_step: resize.before.step,
            reserved: 0,
        }
    }
}
