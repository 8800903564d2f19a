//! `_native.Stream`: batches of a source of images, on a job of the runtime.
//!
//! A thread of Python reads the source and pushes its images into the [`queue`], which is the source of the job; the caller takes batches of
//! the job and [`gather`]s batches of the size that it has asked for out of them. Tar [`shards`] are read by the job itself.

mod batch;
mod class;
mod error;
mod fault;
mod gather;
mod given;
mod queue;
mod settings;
mod shards;
mod whole;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<batch::StreamBatch>()?;
    module.add_class::<settings::StreamSettings>()?;
    module.add_class::<shards::Shards>()?;
    module.add_function(wrap_pyfunction!(shards::is_image_name, module)?)?;
    module.add_class::<whole::class::WholeStream>()?;
    module.add_class::<class::Stream>()
}
