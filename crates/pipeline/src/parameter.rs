//! Parameters that change while a pipeline runs.

use crate::operator::SharedOperator;
use crate::pipeline::Pipeline;
use crate::{NodeName, PipelineError};
use pixelflume_ops::{
    Blend, Color, ColorConversion, GaussianBlur, Interpolation, Operator, OperatorError, Resize,
    Sobel, SobelOutput,
};

/// One parameter of a built-in operator with its new value. The other parameters of the node stay as they are.
#[derive(Copy, Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Parameter {
    /// Of [`Blend`]: weight of the first input, 0 to 1.
    BlendAlpha(f64),
    /// Of [`Color`].
    ColorConversion(ColorConversion),
    /// Of [`Resize`]: width and height of the output in pixels, each 1 to 65536.
    ResizeSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`Resize`].
    ResizeInterpolation(Interpolation),
    /// Of [`GaussianBlur`]: taps on each axis, odd, 3 to 31.
    BlurSize(u32),
    /// Of [`GaussianBlur`]: standard deviation in pixels, above 0; `None` derives it from the size.
    BlurSigma(Option<f64>),
    /// Of [`Sobel`].
    SobelOutput(SobelOutput),
}

impl Parameter {
    /// Kind of the operator that has the parameter, and the parameter's name, as pipeline files write them.
    pub const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Parameter::BlendAlpha(_) => ("blend", "alpha"),
            Parameter::ColorConversion(_) => ("color", "conversion"),
            Parameter::ResizeSize { .. } => ("resize", "width and height"),
            Parameter::ResizeInterpolation(_) => ("resize", "interpolation"),
            Parameter::BlurSize(_) => ("gaussian_blur", "size"),
            Parameter::BlurSigma(_) => ("gaussian_blur", "sigma"),
            Parameter::SobelOutput(_) => ("sobel", "output"),
        }
    }

    /// The operator with the new value; `None` where the operator is not one that has the parameter.
    fn apply(self, operator: &SharedOperator) -> Option<Result<SharedOperator, OperatorError>> {
        fn shared<T: Operator + 'static>(
            operator: Result<T, OperatorError>,
        ) -> Option<Result<SharedOperator, OperatorError>> {
            Some(operator.map(SharedOperator::new))
        }
        match self {
            Parameter::BlendAlpha(alpha) => {
                let _: &Blend = operator.downcast()?;
                shared(Blend::new(alpha))
            }
            Parameter::ColorConversion(conversion) => {
                let _: &Color = operator.downcast()?;
                shared(Ok(Color::new(conversion)))
            }
            Parameter::ResizeSize { width, height } => {
                let resize: &Resize = operator.downcast()?;
                let interpolation = resize.interpolation_mode();
                shared(Resize::new(width, height).map(|new| new.interpolation(interpolation)))
            }
            Parameter::ResizeInterpolation(interpolation) => {
                let resize: &Resize = operator.downcast()?;
                shared(Ok(resize.interpolation(interpolation)))
            }
            Parameter::BlurSize(size) => {
                let blur: &GaussianBlur = operator.downcast()?;
                let sized = GaussianBlur::new(size);
                shared(match blur.sigma_pixels() {
                    Some(sigma) => sized.and_then(|blur| blur.sigma(sigma)),
                    None => sized,
                })
            }
            Parameter::BlurSigma(sigma) => {
                let blur: &GaussianBlur = operator.downcast()?;
                let plain = GaussianBlur::new(blur.size());
                shared(match sigma {
                    Some(sigma) => plain.and_then(|blur| blur.sigma(sigma)),
                    None => plain,
                })
            }
            Parameter::SobelOutput(output) => {
                let _: &Sobel = operator.downcast()?;
                shared(Ok(Sobel::new(output)))
            }
        }
    }
}

impl Pipeline {
    /// The same pipeline with another value of a parameter of a node; the graph is shared.
    ///
    /// # Errors
    /// There is no such node, its operator has no such parameter, or the value is impossible.
    pub fn with_parameter(&self, node: &str, parameter: Parameter) -> Result<Self, PipelineError> {
        let index = self.find_node(node)?;
        let current = &self.nodes()[index].operator;
        let (operator, name) = parameter.name();
        let changed = parameter
            .apply(current)
            .ok_or_else(|| PipelineError::NoSuchParameter {
                node: node.to_owned(),
                got: current.get().kind(),
                operator,
                parameter: name,
            })?;
        let changed = changed.map_err(|source| PipelineError::Operator {
            node: Box::new(NodeName {
                name: node.to_owned(),
                location: self.nodes()[index].location.clone(),
            }),
            source: Box::new(source),
        })?;
        Ok(self.replaced(index, changed))
    }

    /// The same pipeline with another operator of the same kind at a node: for operators whose parameters
    /// [`Parameter`] does not know, or to change several at once. The graph is shared.
    ///
    /// # Errors
    /// There is no such node, or the operator is of another kind or takes another number of inputs.
    pub fn with_operator(
        &self,
        node: &str,
        operator: impl Operator + 'static,
    ) -> Result<Self, PipelineError> {
        let index = self.find_node(node)?;
        let current = self.nodes()[index].operator();
        if current.kind() != operator.kind() || current.input_count() != operator.input_count() {
            return Err(PipelineError::OtherKind {
                node: node.to_owned(),
                expected: current.kind(),
                expected_inputs: current.input_count(),
                got: operator.kind(),
                got_inputs: operator.input_count(),
            });
        }
        Ok(self.replaced(index, SharedOperator::new(operator)))
    }

    fn find_node(&self, name: &str) -> Result<usize, PipelineError> {
        self.find(name).ok_or_else(|| PipelineError::UnknownNode {
            name: name.to_owned(),
            known: self
                .nodes()
                .iter()
                .map(|node| node.name())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}
