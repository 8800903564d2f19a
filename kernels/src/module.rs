//! Modules: the units of compiling and of loading.

use crate::archive::BuiltIn;
use crate::variant::StencilVariant;
use pixelflume_device::{Images, KernelModule};

/// A module: one source compiled with the macros of one variant. A device loads it as a whole.
#[derive(Debug)]
pub struct Module {
    /// The module as a device loads it, with its name, which is unique in its archive.
    pub kernels: KernelModule,
    /// The source: the path of a `.cu` file in the folder of this crate.
    pub source: &'static str,
    /// The variant of the source.
    pub variant: Variant,
    /// The entry points: names of `extern "C"` kernels.
    pub entries: &'static [&'static str],
}

/// The variant of a source that a module is compiled from.
#[derive(Debug)]
pub enum Variant {
    /// The source has one module.
    Only,
    /// `sample_taps.cu` for one kind of source image: the text of the macro `MODULE_SOURCE`.
    Sample(&'static str),
    /// `resample.cu`, `resample_mixed.cu` or `shrink.cu` for one kind of source image: the text of the macro `MODULE_SOURCE`.
    Resample(&'static str),
    /// `stencil.cu` for one kind of source image and one blur.
    Stencil(StencilVariant),
}

impl Module {
    pub(crate) const fn new(
        archive: &'static BuiltIn,
        name: &'static str,
        source: &'static str,
        variant: Variant,
        entries: &'static [&'static str],
    ) -> Self {
        Module {
            kernels: KernelModule {
                name,
                images: Images::Archive(archive),
            },
            source,
            variant,
            entries,
        }
    }

    /// The name of the module in its archive.
    pub fn name(&self) -> &'static str {
        self.kernels.name
    }

    /// The macros that the source is compiled with, as pairs of name and text.
    pub fn macros(&self) -> Vec<(&'static str, String)> {
        match &self.variant {
            Variant::Only => Vec::new(),
            Variant::Sample(source) | Variant::Resample(source) => {
                vec![("MODULE_SOURCE", (*source).to_owned())]
            }
            Variant::Stencil(variant) => variant.macros(),
        }
    }
}

/// Declares modules, each as a static with its documentation, and lists them in `SINGLE`.
macro_rules! table {
    ($($name:ident = $module:expr, $doc:literal;)+) => {
        $(
            #[doc = $doc]
            pub static $name: Module = $module;
        )+

        static SINGLE: &[&Module] = &[$(&$name),+];
    };
}

pub(crate) use table;
