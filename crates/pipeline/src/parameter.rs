//! Parameters that change while a pipeline runs.

use crate::error::PipelineError;
use crate::error::names::NodeName;
use crate::operator::SharedOperator;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Node;
use pixelflume_graph::text::Listed;
use pixelflume_ops::{
    Blend, BoxBlur, CenterCrop, Color, ColorConversion, Crop, Dilate, Erode, Flip, FlipAxis,
    GaussianBlur, Interpolation, Laplacian, LaplacianOutput, Letterbox, MedianBlur, Normalize,
    Operator, OperatorError, Pad, PadMode, Resize, Sobel, SobelOutput, Threshold, WarpAffine,
};

/// One parameter of a built-in operator with its new value. The other parameters of the node stay as they are.
///
/// Sizes and sides are in pixels; colours have one value for each channel, of which images of fewer channels take the first
/// ones.
#[derive(Copy, Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Parameter {
    /// Of [`Blend`]: weight of the first input, 0 to 1.
    BlendAlpha(f64),
    /// Of [`BoxBlur`]: width and height of the window, odd, 3 to 31.
    BoxBlurSize(u32),
    /// Of [`CenterCrop`]: width and height of the output, each 1 to 65536.
    CenterCropSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`Color`].
    ColorConversion(ColorConversion),
    /// Of [`Crop`]: the first column and row that is kept, each 0 to 65535.
    CropOrigin {
        /// The column.
        x: u32,
        /// The row.
        y: u32,
    },
    /// Of [`Crop`]: width and height of the output, each 1 to 65536.
    CropSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`Dilate`]: width and height of the window, odd, 3 to 31.
    DilateSize(u32),
    /// Of [`Erode`]: width and height of the window, odd, 3 to 31.
    ErodeSize(u32),
    /// Of [`Flip`].
    FlipAxis(FlipAxis),
    /// Of [`GaussianBlur`]: taps on each axis, odd, 3 to 31.
    BlurSize(u32),
    /// Of [`GaussianBlur`]: standard deviation in pixels, above 0; `None` derives it from the size.
    BlurSigma(Option<f64>),
    /// Of [`Laplacian`].
    LaplacianOutput(LaplacianOutput),
    /// Of [`Letterbox`]: width and height of the output, each 1 to 65536.
    LetterboxSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`Letterbox`]: colour of the frame.
    LetterboxValue([u8; 4]),
    /// Of [`MedianBlur`]: width and height of the window, 3 or 5.
    MedianBlurSize(u32),
    /// Of [`Normalize`]: means of the scaled samples, of which it takes as many of the first as it had.
    NormalizeMean([f64; 4]),
    /// Of [`Normalize`]: deviations of the scaled samples, of which it takes as many of the first as it had; none is 0.
    NormalizeStd([f64; 4]),
    /// Of [`Normalize`]: what samples are multiplied with first.
    NormalizeScale(f64),
    /// Of [`Pad`]: pixels at the left, top, right and bottom.
    PadSides([u32; 4]),
    /// Of [`Pad`].
    PadMode(PadMode),
    /// Of [`Pad`]: colour of the border.
    PadValue([u8; 4]),
    /// Of [`Resize`]: width and height of the output, each 1 to 65536.
    ResizeSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`Resize`].
    ResizeInterpolation(Interpolation),
    /// Of [`Sobel`].
    SobelOutput(SobelOutput),
    /// Of [`Threshold`]: the largest sample that becomes 0.
    Threshold(u8),
    /// Of [`Threshold`]: what larger samples become.
    ThresholdMaximum(u8),
    /// Of [`WarpAffine`]: the matrix, row by row, in the direction that the operator has.
    WarpMatrix([f64; 6]),
    /// Of [`WarpAffine`]: width and height of the output, each 1 to 65536.
    WarpSize {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Of [`WarpAffine`]: colour around the source.
    WarpValue([u8; 4]),
}

/// An operator of type `T` remade by `change`; `None` where the operator is of another type.
fn remade<T: Operator + 'static>(
    operator: &SharedOperator,
    change: impl FnOnce(&T) -> Result<T, OperatorError>,
) -> Option<Result<SharedOperator, OperatorError>> {
    Some(change(operator.downcast()?).map(SharedOperator::new))
}

impl Parameter {
    /// Kind of the operator that has the parameter, and the parameter's name, as pipeline files write them.
    pub const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Parameter::BlendAlpha(_) => ("blend", "alpha"),
            Parameter::BoxBlurSize(_) => ("box_blur", "size"),
            Parameter::CenterCropSize { .. } => ("center_crop", "width and height"),
            Parameter::ColorConversion(_) => ("color", "conversion"),
            Parameter::CropOrigin { .. } => ("crop", "x and y"),
            Parameter::CropSize { .. } => ("crop", "width and height"),
            Parameter::DilateSize(_) => ("dilate", "size"),
            Parameter::ErodeSize(_) => ("erode", "size"),
            Parameter::FlipAxis(_) => ("flip", "axis"),
            Parameter::BlurSize(_) => ("gaussian_blur", "size"),
            Parameter::BlurSigma(_) => ("gaussian_blur", "sigma"),
            Parameter::LaplacianOutput(_) => ("laplacian", "output"),
            Parameter::LetterboxSize { .. } => ("letterbox", "width and height"),
            Parameter::LetterboxValue(_) => ("letterbox", "value"),
            Parameter::MedianBlurSize(_) => ("median_blur", "size"),
            Parameter::NormalizeMean(_) => ("normalize", "mean"),
            Parameter::NormalizeStd(_) => ("normalize", "std"),
            Parameter::NormalizeScale(_) => ("normalize", "scale"),
            Parameter::PadSides(_) => ("pad", "left, top, right and bottom"),
            Parameter::PadMode(_) => ("pad", "mode"),
            Parameter::PadValue(_) => ("pad", "value"),
            Parameter::ResizeSize { .. } => ("resize", "width and height"),
            Parameter::ResizeInterpolation(_) => ("resize", "interpolation"),
            Parameter::SobelOutput(_) => ("sobel", "output"),
            Parameter::Threshold(_) => ("threshold", "threshold"),
            Parameter::ThresholdMaximum(_) => ("threshold", "maximum"),
            Parameter::WarpMatrix(_) => ("warp_affine", "matrix"),
            Parameter::WarpSize { .. } => ("warp_affine", "width and height"),
            Parameter::WarpValue(_) => ("warp_affine", "value"),
        }
    }

    /// The operator with the new value; `None` where the operator is not one that has the parameter.
    fn apply(self, node: &SharedOperator) -> Option<Result<SharedOperator, OperatorError>> {
        match self {
            Parameter::BlendAlpha(alpha) => remade(node, |_: &Blend| Blend::new(alpha)),
            Parameter::BoxBlurSize(size) => remade(node, |_: &BoxBlur| BoxBlur::new(size)),
            Parameter::CenterCropSize { width, height } => {
                remade(node, |_: &CenterCrop| CenterCrop::new(width, height))
            }
            Parameter::ColorConversion(conversion) => {
                remade(node, |_: &Color| Ok(Color::new(conversion)))
            }
            Parameter::CropOrigin { x, y } => remade(node, |crop: &Crop| {
                Crop::new(x, y, crop.width(), crop.height())
            }),
            Parameter::CropSize { width, height } => remade(node, |crop: &Crop| {
                Crop::new(crop.x(), crop.y(), width, height)
            }),
            Parameter::DilateSize(size) => remade(node, |_: &Dilate| Dilate::new(size)),
            Parameter::ErodeSize(size) => remade(node, |_: &Erode| Erode::new(size)),
            Parameter::FlipAxis(axis) => remade(node, |_: &Flip| Ok(Flip::new(axis))),
            Parameter::BlurSize(size) => remade(node, |blur: &GaussianBlur| {
                blur_of(size, blur.sigma_pixels())
            }),
            Parameter::BlurSigma(sigma) => {
                remade(node, |blur: &GaussianBlur| blur_of(blur.size(), sigma))
            }
            Parameter::LaplacianOutput(output) => {
                remade(node, |_: &Laplacian| Ok(Laplacian::new(output)))
            }
            Parameter::LetterboxSize { width, height } => remade(node, |old: &Letterbox| {
                Ok(Letterbox::new(width, height)?.value(old.fill_value()))
            }),
            Parameter::LetterboxValue(value) => {
                remade(node, |old: &Letterbox| Ok(old.value(value)))
            }
            Parameter::MedianBlurSize(size) => remade(node, |_: &MedianBlur| MedianBlur::new(size)),
            Parameter::NormalizeMean(mean) => remade(node, |old: &Normalize| {
                let mean = &mean[..old.means().len()];
                old.clone().statistics(mean, old.deviations())
            }),
            Parameter::NormalizeStd(std) => remade(node, |old: &Normalize| {
                let std = &std[..old.deviations().len()];
                old.clone().statistics(old.means(), std)
            }),
            Parameter::NormalizeScale(scale) => {
                remade(node, |old: &Normalize| old.clone().scale(scale))
            }
            Parameter::PadSides([left, top, right, bottom]) => remade(node, |old: &Pad| {
                let pad = Pad::new(left, top, right, bottom);
                Ok(pad.mode(old.pad_mode()).value(old.pad_value()))
            }),
            Parameter::PadMode(mode) => remade(node, |old: &Pad| Ok(old.mode(mode))),
            Parameter::PadValue(value) => remade(node, |old: &Pad| Ok(old.value(value))),
            Parameter::ResizeSize { width, height } => remade(node, |old: &Resize| {
                Ok(Resize::new(width, height)?.interpolation(old.interpolation_mode()))
            }),
            Parameter::ResizeInterpolation(interpolation) => {
                remade(node, |old: &Resize| Ok(old.interpolation(interpolation)))
            }
            Parameter::SobelOutput(output) => remade(node, |_: &Sobel| Ok(Sobel::new(output))),
            Parameter::Threshold(threshold) => remade(node, |old: &Threshold| {
                Ok(Threshold::new(threshold).with_maximum(old.maximum()))
            }),
            Parameter::ThresholdMaximum(maximum) => {
                remade(node, |old: &Threshold| Ok(old.with_maximum(maximum)))
            }
            Parameter::WarpMatrix(matrix) => {
                remade(node, |old: &WarpAffine| warp_like(old, matrix, old.size()))
            }
            Parameter::WarpSize { width, height } => remade(node, |old: &WarpAffine| {
                warp_like(old, old.matrix().0, (width, height))
            }),
            Parameter::WarpValue(value) => remade(node, |old: &WarpAffine| Ok(old.value(value))),
        }
    }
}

fn blur_of(size: u32, sigma: Option<f64>) -> Result<GaussianBlur, OperatorError> {
    let blur = GaussianBlur::new(size)?;
    sigma.map_or(Ok(blur), |sigma| blur.sigma(sigma))
}

/// A warp in the direction and with the colour of another.
fn warp_like(
    old: &WarpAffine,
    matrix: [f64; 6],
    (width, height): (u32, u32),
) -> Result<WarpAffine, OperatorError> {
    let warp = WarpAffine::with_direction(matrix, old.matrix().1, width, height)?;
    Ok(warp.value(old.border_value()))
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
            known: Listed::new(self.nodes().iter().map(Node::name)).to_string(),
        })
    }
}
