//! The library with whose results those of a processor are equal.

use std::fmt;
use std::str::FromStr;

/// The code that computes the pixels of a library, of which most libraries have several. Backends differ in the weights of the
/// resampling, in its rounding, and in the order of operations of the normalization.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// torchvision's transforms of u8 tensors in CPU memory: the default of transformers 5.
    Torchvision,
    /// Pillow 12.2 and 12.3 for the resampling, NumPy for the rest.
    Pillow12,
    /// Pillow 13 for the resampling, NumPy for the rest.
    Pillow13,
    /// torchvision's transforms of u8 tensors in the memory of a GPU, which resample in f32.
    TorchCuda,
    /// OpenCV's `resize`.
    OpenCv,
}

impl Backend {
    /// All backends.
    pub const ALL: [Backend; 5] = [
        Backend::Torchvision,
        Backend::Pillow12,
        Backend::Pillow13,
        Backend::TorchCuda,
        Backend::OpenCv,
    ];

    /// The name in messages and on the command line, for example `pillow13`.
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Torchvision => "torchvision",
            Backend::Pillow12 => "pillow12",
            Backend::Pillow13 => "pillow13",
            Backend::TorchCuda => "torch_cuda",
            Backend::OpenCv => "opencv",
        }
    }

    /// The versions of the libraries behind the backend with which the results were compared.
    const fn compared_with(self) -> &'static str {
        match self {
            Backend::Torchvision => "torchvision 0.29.2 and torch 2.15.0 on CPUs with AVX2",
            Backend::Pillow12 => "Pillow 12.3.0",
            Backend::Pillow13 => "Pillow 13.0.0",
            Backend::TorchCuda => "torchvision 0.26.0 and torch 2.11.0 on CUDA",
            Backend::OpenCv => "OpenCV 5.0.0",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = String;

    /// Reads a name; the error lists all names.
    fn from_str(name: &str) -> Result<Self, String> {
        let found = Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == name);
        found.ok_or_else(|| {
            let names = Backend::ALL.map(Backend::name).join(", ");
            format!("there is no such backend; backends: {names}")
        })
    }
}

/// The library with whose results those of a processor are equal in every bit of f32 samples. f16 and bf16 samples are these f32
/// samples, rounded to nearest even.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Equals {
    library: &'static str,
    version: &'static str,
    backend: Backend,
}

impl Equals {
    pub(super) const fn new(
        library: &'static str,
        version: &'static str,
        backend: Backend,
    ) -> Self {
        Equals {
            library,
            version,
            backend,
        }
    }

    /// Name of the library, for example `transformers`.
    pub const fn library(&self) -> &'static str {
        self.library
    }

    /// The version of the library with which the results were compared, for example `5.23.0`.
    pub const fn version(&self) -> &'static str {
        self.version
    }

    /// The backend of the library.
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// The versions of the libraries behind the backend with which the results were compared, in words.
    pub const fn compared_with(&self) -> &'static str {
        self.backend.compared_with()
    }
}

impl fmt::Display for Equals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Equals {
            library,
            version,
            backend,
        } = self;
        let with = self.compared_with();
        write!(f, "{library} {version}, backend {backend} ({with})")
    }
}
