//! `_native.Shards`: tar shards as a source of streams.

use crate::errors::{Exception, Kind};
use pixelflume::codec::Format;
use pixelflume::files::tar::expand;
use pixelflume::runtime::{Dataset, Shards as Samples, ShardsError};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::path::{Path, PathBuf};

/// Tar shards of samples, as WebDataset has them; see `pixelflume.Shards`.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Shards {
    samples: Samples,
}

impl Shards {
    /// The samples for one stream, which opens the files by itself: a child that was forked shares none with its parent.
    pub(super) fn dataset(&self) -> Samples {
        self.samples.clone()
    }

    /// The number of samples.
    pub(super) fn len(&self) -> u64 {
        self.samples.len()
    }
}

#[pymethods]
impl Shards {
    /// Reads the headers of all shards.
    #[new]
    fn new(py: Python<'_>, paths: Vec<PathBuf>, image: Option<&str>) -> PyResult<Self> {
        let opened = py.detach(|| {
            let mut all = Vec::new();
            for path in paths {
                match path.to_str() {
                    Some(text) => all.extend(expand(text)?),
                    None => all.push(path),
                }
            }
            Samples::open(all)
        });
        let mut samples = opened.map_err(exception)?;
        if let Some(extensions) = image {
            samples = samples.images(&[extensions]);
        }
        Ok(Shards { samples })
    }

    /// The number of samples.
    fn __len__(&self) -> usize {
        self.len() as usize
    }
}

/// Whether a file of this name is an image file by its extension.
#[pyfunction]
pub(super) fn is_image_name(name: &str) -> bool {
    Format::of_path(Path::new(name)).is_some()
}

fn exception(error: ShardsError) -> PyErr {
    match error {
        ShardsError::Gone { .. } => PyOSError::new_err(error.to_string()),
        ShardsError::List(_) => Exception::new(Kind::Pipeline, error.to_string()).into(),
        error => Exception::new(Kind::Input, error.to_string()).into(),
    }
}
