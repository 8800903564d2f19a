//! The conventions by which operators repeat a library with one of its backends.

use crate::processor::equals::{Backend, Equals};
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Library, Recipe};
use pixelflume_ops::{CenterCropLike, NormalizeLike, ResampleFilter, ResampleLike, RescaleLike};

/// The conventions of the operators.
#[derive(Copy, Clone, Debug)]
pub(super) struct Conventions {
    pub(super) resample: ResampleLike,
    pub(super) crop: CenterCropLike,
    pub(super) normalize: NormalizeLike,
    pub(super) rescale: RescaleLike,
}

impl Conventions {
    /// The conventions of a library with a backend; `None` where it does not have the backend.
    pub(super) const fn of(library: Library, backend: Backend) -> Option<Conventions> {
        let resample = match backend {
            Backend::Torchvision => ResampleLike::Torchvision,
            Backend::Pillow12 => ResampleLike::Pillow12,
            Backend::Pillow13 => ResampleLike::Pillow13,
            Backend::TorchCuda => ResampleLike::TorchCuda,
            Backend::OpenCv => return None,
        };
        let (crop, normalize, rescale) = match (library, resample.is_pillow()) {
            (Library::Transformers, false) => (
                CenterCropLike::Transformers,
                NormalizeLike::Transformers,
                RescaleLike::Transformers,
            ),
            (Library::Transformers, true) => (
                CenterCropLike::TransformersPillow,
                NormalizeLike::TransformersPillow,
                RescaleLike::TransformersPillow,
            ),
            // Of tensors `transforms.v2`.
            (Library::Torchvision, false) => (
                CenterCropLike::Torchvision,
                NormalizeLike::TorchvisionV2,
                RescaleLike::Transformers,
            ),
            (Library::Torchvision, true) => (
                CenterCropLike::Torchvision,
                NormalizeLike::Torchvision,
                RescaleLike::Transformers,
            ),
        };
        Some(Conventions {
            resample,
            crop,
            normalize,
            rescale,
        })
    }

    /// The filter that the library takes where this one is asked for.
    pub(super) const fn filter(&self, filter: ResampleFilter) -> ResampleFilter {
        match (self.resample, filter) {
            // Transformers falls back to bicubic on GPUs, where torchvision has no Lanczos filter.
            (ResampleLike::TorchCuda, ResampleFilter::Lanczos) => ResampleFilter::Bicubic,
            _ => filter,
        }
    }
}

/// What the results of a recipe with a backend equal. Without a backend it is the default one of the library.
pub(super) fn equals(recipe: &Recipe, backend: Option<Backend>) -> Result<Equals, ProcessorError> {
    let (library, version, default) = match recipe {
        Recipe::Steps(Library::Transformers, _) => ("transformers", "5.23.0", Backend::Torchvision),
        Recipe::Steps(Library::Torchvision, _) => ("torchvision", "0.29.2", Backend::Pillow13),
        Recipe::Letterbox(_) => ("ultralytics", "8.4.190", Backend::OpenCv),
    };
    // Pillow alone has the filters box and hamming; with its default backend transformers fails.
    let default = match recipe {
        Recipe::Steps(library, steps)
            if steps.resamples()
                && Conventions::of(*library, default).is_some_and(|of| {
                    !of.resample.filters().contains(&of.filter(steps.filter))
                }) =>
        {
            Backend::Pillow13
        }
        _ => default,
    };
    let has = |backend: &Backend| match recipe {
        Recipe::Steps(library, _) => Conventions::of(*library, *backend).is_some(),
        Recipe::Letterbox(_) => *backend == Backend::OpenCv,
    };
    let backend = backend.unwrap_or(default);
    if has(&backend) {
        return Ok(Equals::new(library, version, backend));
    }
    let known = Backend::ALL.into_iter().filter(has).map(Backend::name);
    Err(ProcessorError::Backend {
        library,
        backend,
        known: known.collect::<Vec<_>>().join(", "),
    })
}
