//! Gathers whose map differs from image to image: what the operators share that draw the map, or are given it.

use super::gather_plan;
use crate::contract::stage::GatherStep;
use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use std::sync::Arc;

/// The gather that an operator does to images of one shape.
#[derive(Copy, Clone, Debug)]
pub(crate) struct GatherOf {
    /// Kind of the operator.
    operator: &'static str,
    input: ImageShape,
    step: GatherStep,
}

impl GatherOf {
    /// The operator for images like this one.
    pub(crate) fn shared(
        operator: &'static str,
        image: &ImageContext<'_>,
        step: GatherStep,
    ) -> Arc<dyn Operator> {
        let input = image.shape;
        Arc::new(GatherOf {
            operator,
            input,
            step,
        })
    }

    /// The plan of an operator for the first image, of which `step` has the gather.
    pub(crate) fn first(
        operator: &'static str,
        inputs: &[ImageShape],
        step: impl FnOnce(&ImageContext<'_>) -> Result<GatherStep, OperatorError>,
    ) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(operator, inputs)?;
        let step = step(&ImageContext::first(input))?;
        Ok(gather_plan(operator, inputs, &step))
    }
}

impl Operator for GatherOf {
    fn kind(&self) -> &'static str {
        self.operator
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(self.operator, inputs)?;
        if input != self.input {
            return Err(OperatorError::Shape {
                operator: self.operator,
                got: input,
                reason: format!("it was asked about an image of {}", self.input),
            });
        }
        Ok(gather_plan(self.operator, inputs, &self.step))
    }
}
