//! Modules: one source with the macros of one variant.

use crate::archive::BuiltIn;
use crate::stencil::StencilVariant;
use pixelflume_device::{Images, KernelModule};

/// A module: what is compiled at once, and loaded at once.
#[derive(Debug)]
pub struct Module {
    /// What a device loads. It has the module's name, which is unique.
    pub kernels: KernelModule,
    /// The file of this crate's folder that it is compiled from.
    pub source: &'static str,
    /// What is compiled of the source.
    pub variant: Variant,
    /// The kernels in it.
    pub entries: &'static [&'static str],
}

/// What tells modules of one source apart.
#[derive(Debug)]
pub enum Variant {
    /// There is one module of the source.
    Only,
    /// `sample_taps.cu` for one kind of source: the text of the macro `MODULE_SOURCE`.
    Sample(&'static str),
    /// `stencil.cu` for one kind of source and one blur.
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

    /// The module's name.
    pub fn name(&self) -> &'static str {
        self.kernels.name
    }

    /// The macros with which the source is compiled: names and texts.
    pub fn macros(&self) -> Vec<(&'static str, String)> {
        match &self.variant {
            Variant::Only => Vec::new(),
            Variant::Sample(source) => vec![("MODULE_SOURCE", (*source).to_owned())],
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
