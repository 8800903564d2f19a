//! What a mixed chain does to the pixels of every image, found on its first image.

use crate::contract::stage::{ColorMap, ResampleStep, WindowWeights};
use crate::contract::{Action, ChainStep, Operator};
use crate::fusion::PixelSteps;
use crate::image::{ImageShape, Layout, SampleType};
use crate::mixed::{ChainImage, of_image_alone, resolved};
use std::sync::Arc;

/// The reason why an erasure is no part of a chain.
pub(super) const NO_ERASE: &str = "the kernel of mixed batches does not erase";

/// The part of a chain that all images have in common.
#[derive(Debug)]
pub(super) struct Template {
    /// The shape of the first image.
    pub(super) input: ImageShape,
    /// The shape of the first image's output.
    pub(super) output: ImageShape,
    /// The operators, each with what it does to pixels.
    pub(super) operators: Box<[TemplateOperator]>,
    /// Whether the images are NV12 frames.
    pub(super) nv12: bool,
    /// The arithmetic of the resample, where there is one.
    pub(super) resample: Option<WindowWeights>,
    /// Whether colors become gray before they are interpolated.
    becomes_gray: bool,
    /// The changes of pixels.
    pub(super) pixels: PixelSteps,
}

/// An operator of the chain.
#[derive(Debug)]
pub(super) struct TemplateOperator {
    pub(super) operator: Arc<dyn Operator>,
    /// The shape of the first image behind the operator; all images have its channels, sample type and layout there.
    pub(super) output: ImageShape,
    /// What becomes of the constant of a pad before it.
    pub(super) recolor: Recolor,
}

/// The effect of an operator on a constant pixel.
#[derive(Copy, Clone, Debug)]
pub(super) enum Recolor {
    None,
    Color(ColorMap),
    Threshold { threshold: u8, maximum: u8 },
}

impl Recolor {
    pub(super) fn apply(&self, pixel: [u8; 4]) -> [u8; 4] {
        match *self {
            Recolor::None => pixel,
            Recolor::Color(map) => map.apply(pixel),
            Recolor::Threshold { threshold, maximum } => {
                pixel.map(|sample| if sample > threshold { maximum } else { 0 })
            }
        }
    }
}

impl Template {
    /// The template of these operators.
    ///
    /// # Errors
    /// The reason why the kernel cannot compute the chain.
    pub(super) fn new(
        operators: &[Arc<dyn Operator>],
        first: &ChainImage<'_>,
    ) -> Result<Self, String> {
        let input = first.shape;
        let interleaved = input.layout == Layout::Interleaved || input.channels == 1;
        if input.sample != SampleType::U8 || !interleaved || !matches!(input.channels, 1 | 3 | 4) {
            return Err(format!(
                "it reads {input}; the kernel reads interleaved u8 images of 1, 3 or 4 channels"
            ));
        }
        let mut template = Template {
            input,
            output: input,
            operators: Box::new([]),
            nv12: false,
            resample: None,
            becomes_gray: false,
            pixels: PixelSteps::NONE,
        };
        let mut interpolated = false;
        let mut all = Vec::with_capacity(operators.len());
        for (index, operator) in operators.iter().enumerate() {
            let added = template.add(operator, index, first, &mut interpolated);
            let added = added.map_err(|reason| format!("{}: {reason}", operator.kind()))?;
            template.output = added.output;
            all.push(added);
        }
        template.operators = all.into();
        if !interpolated {
            template.pixels.merge();
        } else if template.pixels.before.has_opaque() {
            // A constant alpha does not stay 255: the weights of a resize need not sum to one.
            return Err("a conversion before the resize makes alpha".to_owned());
        } else {
            template.becomes_gray = template.pixels.before.weights.is_some();
            template.pixels.split()?;
        }
        Ok(template)
    }

    /// The channels that the passes of a resample compute.
    pub(super) fn resampled_channels(&self) -> u32 {
        match self.becomes_gray {
            true => 1,
            false => self.input.channels,
        }
    }

    fn add(
        &mut self,
        operator: &Arc<dyn Operator>,
        index: usize,
        first: &ChainImage<'_>,
        interpolated: &mut bool,
    ) -> Result<TemplateOperator, String> {
        let shape = self.output;
        let context = first.context(index, shape);
        of_image_alone(operator, &context).map_err(|error| error.to_string())?;
        let step = operator
            .chain_step(&context)
            .map_err(|error| error.to_string())?;
        let step = step.ok_or("the kernel of mixed batches does not compute it")?;
        let (width, height) = step.size(shape);
        let mut output = ImageShape {
            width,
            height,
            ..shape
        };
        let mut recolor = Recolor::None;
        match step {
            ChainStep::Pixels => {
                if operator.is_per_image() {
                    return Err("what it does to pixels differs between images".to_owned());
                }
                let plan = operator.plan(&[shape]);
                let plan = plan.map_err(|error| error.to_string())?;
                let stage = plan.stage().filter(|stage| stage.input == shape);
                let stage = stage.ok_or("the kernel of mixed batches does not compute it")?;
                output = stage.output;
                recolor = self.pixel_step(&stage.action, *interpolated)?;
            }
            ChainStep::Nv12(..) if index == 0 => {
                self.nv12 = true;
                output.channels = 3;
            }
            ChainStep::Nv12(..) => return Err("an operator before it makes its frames".to_owned()),
            ChainStep::Gather(_) => {}
            ChainStep::Erase(_) => return Err(NO_ERASE.to_owned()),
            ChainStep::Bilinear(..)
            | ChainStep::GatherBilinear(..)
            | ChainStep::Letterbox(_)
            | ChainStep::Resample(_) => {
                if *interpolated {
                    return Err("a resize before it interpolates as well, and rounds".to_owned());
                }
                if self.pixels.threshold.is_some() {
                    return Err("it interpolates what a threshold before it made".to_owned());
                }
                *interpolated = true;
                if let ChainStep::Resample(resample) = step {
                    self.resample(&resample, shape)?;
                }
            }
        }
        if !operator.is_per_image() || matches!(step, ChainStep::Pixels) {
            return Ok(TemplateOperator {
                operator: Arc::clone(operator),
                output,
                recolor,
            });
        }
        // The step is what the concrete operator plans.
        let concrete = resolved(operator, &context).map_err(|error| error.to_string())?;
        let plan = concrete.plan(&[shape]).map_err(|error| error.to_string())?;
        match plan.output() == output {
            true => Ok(TemplateOperator {
                operator: Arc::clone(operator),
                output,
                recolor,
            }),
            false => Err(format!(
                "its step makes {output}, and its plan {}",
                plan.output()
            )),
        }
    }

    /// Notes the resample of images that have this shape before it.
    fn resample(&mut self, step: &ResampleStep, shape: ImageShape) -> Result<(), String> {
        if self.nv12 {
            return Err("the kernel of mixed batches does not resample NV12 frames".to_owned());
        }
        // Whether colors are multiplied with alpha depends on the size of the image as well.
        let may_multiply = matches!(step.weights, WindowWeights::Fixed { bits: Some(_), .. });
        if may_multiply && shape.channels == 4 && !self.pixels.before.keeps_alpha() {
            return Err("a conversion before it moves or makes alpha".to_owned());
        }
        self.resample = Some(step.weights);
        Ok(())
    }

    /// Adds a change of pixels.
    fn pixel_step(&mut self, action: &Action, interpolated: bool) -> Result<Recolor, String> {
        if self.pixels.normalize.is_some() {
            return Err("it comes after the normalization".to_owned());
        }
        match action {
            Action::Color(map) => {
                self.pixels.color(map, interpolated)?;
                Ok(Recolor::Color(*map))
            }
            &Action::Threshold { threshold, maximum } => {
                self.pixels.compare(threshold, maximum);
                Ok(Recolor::Threshold { threshold, maximum })
            }
            Action::Normalize { tables } => {
                self.pixels.normalize(tables)?;
                Ok(Recolor::None)
            }
            _ => Err("the kernel of mixed batches does not compute it".to_owned()),
        }
    }
}
