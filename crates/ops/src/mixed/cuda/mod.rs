//! Mixed chains on a GPU: one launch of `sample_mixed.cu`, which computes the taps of each image itself, or of `resample_mixed.cu` for
//! chains with a resample.

mod axis;
#[cfg(test)]
mod model;
mod plan;
mod resample;
mod template;
#[cfg(test)]
mod tests;

pub(super) use plan::plan;

use crate::contract::checks::MAX_SIDE;
use crate::contract::stage::{GatherMap, GatherStep, ResampleStep};
use crate::contract::{ChainStep, Operator};
use crate::image::{ImageShape, SampleType};
use crate::mixed::{ChainImage, ImageDescriptor, MixedError};
use axis::{AxisGather, AxisSteps};
use pixelflume_kernels::args::MixedImage;
use std::sync::Arc;
use template::Template;

/// The reason why a step that is not for the image at hand is refused.
const OTHER_SIZE: &str = "its step is for an image of another size";

/// A mixed chain for a GPU.
#[derive(Debug)]
pub(super) struct CudaChain {
    template: Template,
}

/// The geometry of one image while the operators are gone through.
struct Geometry {
    columns: AxisSteps,
    lines: AxisSteps,
    /// The color outside the source as it is now, where a pad has set it.
    outside: Option<[u8; 4]>,
    /// The resample, where there was one.
    resample: Option<ResampleStep>,
}

impl CudaChain {
    /// The chain of these operators.
    pub(super) fn new(
        operators: &[Arc<dyn Operator>],
        first: &ChainImage<'_>,
    ) -> Result<Self, String> {
        let chain = CudaChain {
            template: Template::new(operators, first)?,
        };
        chain.describe(first).map_err(|error| error.to_string())?;
        Ok(chain)
    }

    pub(super) fn describe(&self, image: &ChainImage<'_>) -> Result<ImageDescriptor, MixedError> {
        let template = &self.template;
        image.check(template.input)?;
        let mut shape = image.shape;
        let mut geometry = Geometry {
            columns: AxisSteps::new(shape.width),
            lines: AxisSteps::new(shape.height),
            outside: None,
            resample: None,
        };
        for (index, operator) in template.operators.iter().enumerate() {
            let step = operator.operator.chain_step(&image.context(index, shape));
            let step = step.map_err(|error| MixedError::Operator(index, error))?;
            let frames = index == 0 && template.nv12;
            let added = match step {
                Some(step) => geometry.add(&step, shape, frames),
                None => Err("the kernel of mixed batches does not compute this image".to_owned()),
            };
            added.map_err(|reason| {
                MixedError::NotMixed(format!("{}: {reason}", operator.operator.kind()))
            })?;
            geometry.outside = (geometry.outside).map(|pixel| operator.recolor.apply(pixel));
            shape = ImageShape {
                width: geometry.columns.length(),
                height: geometry.lines.length(),
                ..operator.output
            };
        }
        if shape != template.output {
            return Err(MixedError::Output {
                expected: template.output,
                got: shape,
            });
        }
        let of_first = template.resample;
        let resample = geometry.resample.as_ref();
        if resample.map(|step| step.weights) != of_first {
            let reason = "the first image is resampled in another way than this one";
            return Err(MixedError::NotMixed(reason.to_owned()));
        }
        if let Some(step) = resample {
            let descriptor = resample::descriptor(template, image, &geometry, step);
            return Ok(ImageDescriptor::of(
                &descriptor.map_err(MixedError::NotMixed)?,
            ));
        }
        Ok(ImageDescriptor::of(&MixedImage {
            base: image.base.raw(),
            row_pitch: image.row_pitch as u64,
            width: image.shape.width,
            height: image.shape.height,
            outside: u32::from_le_bytes(geometry.outside.unwrap_or_default()),
            reserved: 0,
            columns: geometry.columns.argument(),
            lines: geometry.lines.argument(),
        }))
    }
}

impl Geometry {
    /// Adds the step of an operator that reads an image of this shape; `is_nv12` says that it reads NV12 frames.
    ///
    /// The kernel reads where the steps say. An operator may be a custom one, whose steps nobody has to trust: one that is not for an
    /// image of this size is refused.
    fn add(&mut self, step: &ChainStep, shape: ImageShape, is_nv12: bool) -> Result<(), String> {
        let sample = shape.sample;
        match *step {
            ChainStep::Nv12(width, height) if is_nv12 => {
                let rows = u64::from(height) + u64::from(height / 2);
                let is_even = width.is_multiple_of(2) && height.is_multiple_of(2);
                if !is_even || (width, rows) != (shape.width, u64::from(shape.height)) {
                    return Err(OTHER_SIZE.to_owned());
                }
                self.columns = AxisSteps::new(width);
                self.lines = AxisSteps::new(height);
                Ok(())
            }
            ChainStep::Nv12(..) => {
                Err("it takes this image as an NV12 frame, and not the first one".to_owned())
            }
            _ if is_nv12 => {
                Err("it takes the first image as an NV12 frame, and not this one".to_owned())
            }
            ChainStep::Pixels => Ok(()),
            ChainStep::Gather(step) => self.gather(&step, sample),
            ChainStep::Bilinear(width, height) => self.resize((width, height)),
            ChainStep::GatherBilinear(step, size) => {
                self.gather(&step, sample)?;
                self.resize(size)
            }
            ChainStep::Resample(step) => self.resample(&step),
            ChainStep::Letterbox(step) => {
                self.resize(step.map.inner)?;
                self.gather(&step, sample)
            }
            ChainStep::Erase(_) => Err(template::NO_ERASE.to_owned()),
        }
    }

    fn gather(&mut self, step: &GatherStep, sample: SampleType) -> Result<(), String> {
        let GatherMap {
            left,
            top,
            inner,
            flip,
            border,
            value,
        } = step.map;
        if inner != (self.columns.length(), self.lines.length()) {
            return Err(OTHER_SIZE.to_owned());
        }
        let columns = AxisGather {
            start: left,
            inner: inner.0,
            flip: flip.0,
            output: step.output.0,
        };
        let lines = AxisGather {
            start: top,
            inner: inner.1,
            flip: flip.1,
            output: step.output.1,
        };
        if !columns.is_possible(border) || !lines.is_possible(border) {
            return Err("its border repeats or mirrors the image".to_owned());
        }
        if columns.has_border() || lines.has_border() {
            if sample != SampleType::U8 {
                return Err("it pads what a normalization before it made".to_owned());
            }
            // The bits of a u8 sample are the sample.
            let pixel = value.map(|bits| bits as u8);
            let other = self.outside.is_some_and(|outside| outside != pixel);
            if other && (self.columns.has_outside() || self.lines.has_outside()) {
                return Err("a pad before it has another color".to_owned());
            }
            self.outside = Some(pixel);
        }
        self.columns.gather(&columns);
        self.lines.gather(&lines);
        Ok(())
    }

    fn resample(&mut self, step: &ResampleStep) -> Result<(), String> {
        if step.input != (self.columns.length(), self.lines.length()) {
            return Err(OTHER_SIZE.to_owned());
        }
        if step.vertical_first && !step.columns.copies && !step.lines.copies {
            return Err("its vertical pass is the first one".to_owned());
        }
        self.resize(step.output)?;
        self.resample = Some(*step);
        Ok(())
    }

    fn resize(&mut self, (width, height): (u32, u32)) -> Result<(), String> {
        if self.columns.has_outside() || self.lines.has_outside() {
            return Err("it interpolates the border of a pad before it".to_owned());
        }
        let possible = 1..=MAX_SIDE;
        if !possible.contains(&width) || !possible.contains(&height) {
            return Err(format!(
                "it resizes to {width}x{height} pixels; sides are 1 to {MAX_SIDE}"
            ));
        }
        if self.columns.is_resized() || self.lines.is_resized() {
            return Err("a resize before it interpolates as well, and rounds".to_owned());
        }
        self.columns.resize(width);
        self.lines.resize(height);
        Ok(())
    }
}
