//! `_native.Shards`: tar shards as a source of streams.

use crate::errors::{Exception, Kind};
use pixelflume::codec::Format;
use pixelflume::device::sync::Mutex;
use pixelflume::files::tar::expand;
use pixelflume::runtime::{BoxError, Dataset, Item, Shards as Samples, ShardsError};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tar shards of samples, as WebDataset has them; see `pixelflume.Shards`.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Shards {
    samples: SharedShards,
}

/// Shards that several streams read, one sample at a time.
#[derive(Clone)]
pub(super) struct SharedShards {
    samples: Arc<Mutex<Samples>>,
    len: u64,
}

impl Dataset for SharedShards {
    fn len(&self) -> u64 {
        self.len
    }

    fn get(&self, index: u64) -> Result<Item, BoxError> {
        self.samples.lock().get(index)
    }
}

impl Shards {
    pub(super) fn dataset(&self) -> SharedShards {
        self.samples.clone()
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
        let len = samples.len();
        let samples = Arc::new(Mutex::new(samples));
        Ok(Shards {
            samples: SharedShards { samples, len },
        })
    }

    /// The number of samples.
    fn __len__(&self) -> usize {
        self.samples.len as usize
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
