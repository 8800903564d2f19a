//! Mixed chains on the host. For each image the operators make their plans, which become one chain of strips as in a fused chain of
//! images of one size.

mod cache;
mod plan;
mod record;
#[cfg(test)]
mod tests;

pub(super) use plan::HostPlan;

use crate::contract::{Operator, OperatorError, Stage};
use crate::fusion::strips_executor;
use crate::host::strips::StripsHost;
use crate::image::ImageShape;
use crate::mixed::{ChainImage, ImageDescriptor, MixedError, of_image_alone, resolved};
use cache::ExecutorCache;
use record::HostRecord;
use std::fmt;
use std::sync::Arc;

/// A mixed chain for the host.
pub(super) struct HostChain {
    operators: Box<[Arc<dyn Operator>]>,
    /// The stages of the first image: those that read images of one shape serve all images.
    first: Box<[Stage]>,
    output: ImageShape,
    /// The executors by the shape of the image; `None` where an operator's effect differs between images of one shape.
    executors: Option<ExecutorCache>,
}

impl fmt::Debug for HostChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostChain")
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}

impl HostChain {
    /// The chain of these operators, at least one.
    pub(super) fn new(
        operators: &[Arc<dyn Operator>],
        first: &ChainImage<'_>,
    ) -> Result<Self, String> {
        let mut shape = first.shape;
        let mut stages = Vec::with_capacity(operators.len());
        for (index, operator) in operators.iter().enumerate() {
            of_image_alone(operator, &first.context(index, shape))
                .map_err(|error| error.to_string())?;
            let stage = stage(operator, index, first, shape).map_err(|error| error.to_string())?;
            shape = stage.output;
            stages.push(stage);
        }
        strips_executor(&stages)?;
        let is_per_image = operators.iter().any(|operator| operator.is_per_image());
        let chain = HostChain {
            operators: operators.into(),
            first: stages.into(),
            output: shape,
            executors: (!is_per_image).then(ExecutorCache::default),
        };
        chain.describe(first).map_err(|error| error.to_string())?;
        Ok(chain)
    }

    /// The shape of the first image.
    fn input(&self) -> ImageShape {
        self.first[0].input
    }

    pub(super) fn describe(&self, image: &ChainImage<'_>) -> Result<ImageDescriptor, MixedError> {
        image.check(self.input())?;
        let record = HostRecord::of(image, self.operators.len())?;
        let got = match self.output_by_steps(image)? {
            Some(output) => output,
            None => {
                self.executor(image)?;
                self.output
            }
        };
        match got == self.output {
            true => Ok(ImageDescriptor::of(&record)),
            false => Err(MixedError::Output {
                expected: self.output,
                got,
            }),
        }
    }

    /// The shape of the output as the steps of the operators have it, without memory; `None` where an operator has none.
    fn output_by_steps(&self, image: &ChainImage<'_>) -> Result<Option<ImageShape>, MixedError> {
        let mut shape = image.shape;
        for (index, operator) in self.operators.iter().enumerate() {
            let context = image.context(index, shape);
            let step = operator.chain_step(&context);
            let step = step.map_err(|error| MixedError::Operator(index, error))?;
            let Some(step) = step else {
                return Ok(None);
            };
            let (width, height) = step.size(shape);
            shape = ImageShape {
                width,
                height,
                ..self.first[index].output
            };
        }
        Ok(Some(shape))
    }

    /// The executor of the chain for one image.
    fn executor(&self, image: &ChainImage<'_>) -> Result<Arc<StripsHost>, MixedError> {
        match &self.executors {
            Some(cache) => cache.get(image.shape, || self.new_executor(image)),
            None => self.new_executor(image),
        }
    }

    fn new_executor(&self, image: &ChainImage<'_>) -> Result<Arc<StripsHost>, MixedError> {
        let mut shape = image.shape;
        let mut stages = Vec::with_capacity(self.operators.len());
        for (index, operator) in self.operators.iter().enumerate() {
            let first = &self.first[index];
            let stage = match first.input == shape && !operator.is_per_image() {
                true => first.clone(),
                false => stage(operator, index, image, shape)?,
            };
            shape = stage.output;
            stages.push(stage);
        }
        if shape != self.output {
            return Err(MixedError::Output {
                expected: self.output,
                got: shape,
            });
        }
        strips_executor(&stages).map_err(MixedError::NotMixed)
    }
}

/// The stage of the operator at this position for an image that has this shape before it.
fn stage(
    operator: &Arc<dyn Operator>,
    index: usize,
    image: &ChainImage<'_>,
    shape: ImageShape,
) -> Result<Stage, MixedError> {
    let refuse = |error: OperatorError| MixedError::Operator(index, error);
    let concrete = resolved(operator, &image.context(index, shape)).map_err(refuse)?;
    let plan = concrete.plan(&[shape]).map_err(refuse)?;
    let kind = operator.kind();
    let stage = plan
        .stage()
        .ok_or_else(|| MixedError::NotMixed(format!("{kind} does not compute single rows")))?;
    // A custom operator may return the plan of another shape.
    if stage.input != shape || stage.output != plan.output() {
        return Err(MixedError::NotMixed(format!(
            "{kind} was asked for a plan for {shape}, and made one for {}",
            stage.input
        )));
    }
    Ok(stage)
}
