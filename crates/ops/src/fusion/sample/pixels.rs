//! The steps of a chain that change pixels in their places: color before and after the taps, threshold, normalization.

use super::color;
use crate::contract::stage::{ColorMap, NormalizeTables};
use crate::image::{ImageShape, Layout, SampleType};
use bytemuck::Zeroable;
use pixelflume_kernels::args::{NormalizeSteps, SampleArgs, SampleFlags};

/// What the kernels of sampling chains do to pixels beside moving and interpolating them.
#[derive(Clone, Debug)]
pub(crate) struct PixelSteps {
    /// The color map before the taps.
    pub(crate) before: ColorMap,
    /// The color map after the taps.
    pub(crate) after: ColorMap,
    /// Threshold and maximum.
    pub(crate) threshold: Option<(u8, u8)>,
    /// The arithmetic of a normalization.
    pub(crate) normalize: Option<NormalizeSteps>,
}

impl PixelSteps {
    /// The steps that change nothing.
    pub(crate) const NONE: Self = PixelSteps {
        before: ColorMap::IDENTITY,
        after: ColorMap::IDENTITY,
        threshold: None,
        normalize: None,
    };

    /// Adds a color map. Before an interpolation it commutes with the taps, which are copies, but not with the interpolation.
    pub(crate) fn color(&mut self, color: &ColorMap, interpolated: bool) -> Result<(), String> {
        if self.threshold.is_some() {
            return Err("it comes after a threshold".to_owned());
        }
        let map = match interpolated {
            false => &mut self.before,
            true => &mut self.after,
        };
        *map = map
            .then(color)
            .ok_or("it and the conversions before it are more than one change of colors")?;
        Ok(())
    }

    /// Adds a threshold.
    pub(crate) fn compare(&mut self, threshold: u8, maximum: u8) {
        // A second threshold gets the values 0 and the maximum of the first one.
        self.threshold = Some(match self.threshold {
            None => (threshold, maximum),
            Some((first, between)) => (first, if between > threshold { maximum } else { 0 }),
        });
    }

    /// Adds a normalization, which is the last step.
    pub(crate) fn normalize(&mut self, tables: &NormalizeTables) -> Result<(), String> {
        let steps = tables.steps();
        self.normalize = Some(steps.ok_or("its numbers need a look-up in its table")?);
        Ok(())
    }

    /// Makes one color map of both, for taps that are copies alone.
    pub(crate) fn merge(&mut self) {
        self.after = std::mem::replace(&mut self.before, ColorMap::IDENTITY);
    }

    /// Leaves the weighted sum alone before an interpolation: a new order of samples commutes with it and comes after.
    pub(crate) fn split(&mut self) -> Result<(), String> {
        let (sum, order) = self.before.split();
        self.after = order.then(&self.after).ok_or(
            "the conversions before and after the interpolation are more than one change of colors",
        )?;
        self.before = sum;
        Ok(())
    }

    /// The arguments of these steps for an output of this shape, without images.
    pub(crate) fn arguments(&self, output: ImageShape) -> SampleArgs {
        let (threshold, maximum) = self.threshold.unwrap_or((0, 0));
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        SampleArgs {
            before: color::packed(&self.before),
            after: color::packed(&self.after),
            normalize: self.normalize.unwrap_or_else(NormalizeSteps::zeroed),
            thresholds: u32::from_le_bytes([threshold; 4]),
            maxima: u32::from_le_bytes([maximum; 4]),
            flags: flag(!self.before.is_identity(), SampleFlags::BEFORE)
                | flag(!self.after.is_identity(), SampleFlags::AFTER)
                | flag(self.threshold.is_some(), SampleFlags::THRESHOLD)
                | flag(output.sample == SampleType::F32, SampleFlags::F32_SAMPLES)
                | flag(output.sample == SampleType::F16, SampleFlags::F16_SAMPLES)
                | flag(output.sample == SampleType::Bf16, SampleFlags::BF16_SAMPLES)
                | flag(output.layout == Layout::Planar, SampleFlags::PLANAR),
            ..SampleArgs::zeroed()
        }
    }
}
