//! The conventions by which operators repeat a library: `like` parameters for each library and backend.

use crate::processor::equals::{Backend, Equals};
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Filter, Recipe};
use crate::processor::transformers;

/// The values of `like` of the operators.
#[derive(Debug)]
pub(super) struct Conventions {
    backend: Backend,
    pub(super) resample: &'static str,
    pub(super) crop: &'static str,
    pub(super) normalize: &'static str,
}

impl Conventions {
    /// The filter that the library takes where this one is asked for.
    pub(super) fn filter(&self, filter: Filter) -> Filter {
        match (self.backend, filter) {
            // Transformers falls back to bicubic on GPUs, where torchvision has no Lanczos filter.
            (Backend::TorchCuda, Filter::Lanczos) => Filter::Bicubic,
            _ => filter,
        }
    }
}

/// A library with its backends.
struct Library {
    name: &'static str,
    version: &'static str,
    /// The backend where none is asked for.
    default: Backend,
    backends: &'static [Conventions],
}

const fn conventions(
    backend: Backend,
    resample: &'static str,
    crop: &'static str,
    normalize: &'static str,
) -> Conventions {
    Conventions {
        backend,
        resample,
        crop,
        normalize,
    }
}

static TRANSFORMERS: Library = Library {
    name: "transformers",
    version: transformers::VERSION,
    default: Backend::Torchvision,
    backends: &[
        conventions(
            Backend::Torchvision,
            "torchvision",
            "transformers",
            "transformers",
        ),
        conventions(
            Backend::Pillow12,
            "pillow12",
            "transformers_pillow",
            "transformers_pillow",
        ),
        conventions(
            Backend::Pillow13,
            "pillow13",
            "transformers_pillow",
            "transformers_pillow",
        ),
        conventions(
            Backend::TorchCuda,
            "torch_cuda",
            "transformers",
            "transformers",
        ),
    ],
};

/// On images of Pillow `transforms` and `transforms.v2` give the same; on tensors this is `transforms.v2`.
static TORCHVISION: Library = Library {
    name: "torchvision",
    version: "0.29.2",
    default: Backend::Pillow13,
    backends: &[
        conventions(Backend::Pillow13, "pillow13", "torchvision", "torchvision"),
        conventions(Backend::Pillow12, "pillow12", "torchvision", "torchvision"),
        conventions(
            Backend::Torchvision,
            "torchvision",
            "torchvision",
            "torchvision_v2",
        ),
        conventions(
            Backend::TorchCuda,
            "torch_cuda",
            "torchvision",
            "torchvision_v2",
        ),
    ],
};

static ULTRALYTICS: Library = Library {
    name: "ultralytics",
    version: "8.4.190",
    default: Backend::OpenCv,
    backends: &[conventions(Backend::OpenCv, "", "", "torchvision")],
};

/// The conventions of a recipe with a backend, or the default backend, and what the results equal.
pub(super) fn find(
    recipe: &Recipe,
    backend: Option<Backend>,
) -> Result<(&'static Conventions, Equals), ProcessorError> {
    let library = match recipe {
        Recipe::Transformers(_) => &TRANSFORMERS,
        Recipe::Torchvision(_) => &TORCHVISION,
        Recipe::Ultralytics(_) => &ULTRALYTICS,
    };
    let backend = backend.unwrap_or(library.default);
    let mut backends = library.backends.iter();
    match backends.find(|known| known.backend == backend) {
        Some(conventions) => {
            let equals = Equals::new(library.name, library.version, backend);
            Ok((conventions, equals))
        }
        None => {
            let known = library.backends.iter();
            let known: Vec<_> = known.map(|known| known.backend.name()).collect();
            Err(ProcessorError::Backend {
                library: library.name,
                backend,
                known: known.join(", "),
            })
        }
    }
}
