//! The description of a pipeline for an execution, as JSON text.

use crate::device;
use crate::pipeline::{refused, wrong};
use pixelflume::device::DeviceRequest;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{ExecutionConfig, Pipeline};
use pyo3::prelude::*;

/// The description that `pixelflume inspect --format json` prints, for batches of at most `batch` images.
///
/// # Errors
/// The device is not there, or the pipeline cannot take images of these shapes.
pub(crate) fn json(
    py: Python<'_>,
    pipeline: &Pipeline,
    inputs: Option<&[ImageShape]>,
    request: DeviceRequest,
    batch: u32,
) -> PyResult<String> {
    // Without the GIL, which custom operators take.
    py.detach(|| {
        let device = device::open(request).map_err(refused)?.device();
        let streams = ExecutionConfig::default().streams;
        let description = pipeline.describe(inputs, batch, streams, device);
        let description = description.map_err(refused)?;
        serde_json::to_string(&description)
            .map_err(|error| wrong(format!("the description cannot be written: {error}")))
    })
}
