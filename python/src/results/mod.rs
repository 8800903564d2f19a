//! Batches and tensors: what a call returns.

pub(crate) mod batch;
mod buffer;
pub(crate) mod completion;
mod export;
pub(crate) mod tensor;

use crate::results::completion::Completion;
use pixelflume::pipeline::DeviceTensor;
use pyo3::prelude::*;
use std::sync::Arc;

/// One image: the position in a tensor of several.
pub(crate) type ImageOf = (Arc<DeviceTensor>, usize);

/// The images of one output.
pub(crate) enum Images {
    /// All in one tensor.
    Batch(Arc<DeviceTensor>),
    /// Images of several sizes.
    List(Vec<ImageOf>),
    /// In a place of the caller's.
    Elsewhere,
}

impl Images {
    /// The tensor, or none where the results went to a place of the caller's.
    pub(crate) fn of(tensor: Option<DeviceTensor>) -> Self {
        tensor.map_or(Images::Elsewhere, |tensor| Images::Batch(Arc::new(tensor)))
    }
}

/// The results of one execution.
pub(crate) struct Results {
    /// The number of images of each output.
    pub(crate) frames: usize,
    /// The names of the outputs.
    pub(crate) names: Arc<[String]>,
    /// What each output got.
    pub(crate) images: Vec<Images>,
    pub(crate) completion: Arc<Completion>,
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<batch::Batch>()?;
    module.add_class::<tensor::Tensor>()
}
