//! The arguments of `pixelflume processor`.

use clap::{Args, ValueEnum};
use pixelflume::ops::{Layout, SampleType};
use pixelflume::pipeline::processor::Backend;

/// Arguments of `pixelflume processor`.
#[derive(Args, Debug)]
pub(crate) struct ProcessorArguments {
    /// Name of a processor, for example clip, or a preprocessor_config.json of transformers (its name ends with .json)
    #[arg(value_name = "NAME|FILE.json", required_unless_present = "list")]
    pub(crate) processor: Option<String>,

    /// Class of the image processor, for a file that does not name it, for example ViTImageProcessor
    #[arg(long, value_name = "CLASS", requires = "processor")]
    pub(crate) class: Option<String>,

    /// The code whose results are repeated: torchvision, pillow12, pillow13, torch_cuda or opencv; default: that of the library
    #[arg(long, value_name = "BACKEND")]
    pub(crate) backend: Option<Backend>,

    /// The samples of pixel_values
    #[arg(long, value_name = "TYPE", value_enum, default_value_t = FloatSample::F32)]
    pub(crate) sample: FloatSample,

    /// The layout of pixel_values
    #[arg(long, value_name = "LAYOUT", value_enum, default_value_t = TensorLayout::Planar)]
    pub(crate) layout: TensorLayout,

    /// List the names of all processors
    #[arg(long, conflicts_with = "processor")]
    pub(crate) list: bool,
}

/// A type of floating point samples.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum FloatSample {
    /// 32 bits, equal to the library in every bit
    F32,
    /// The f32 samples rounded to IEEE half precision
    F16,
    /// The f32 samples rounded to bfloat16
    Bf16,
}

impl From<FloatSample> for SampleType {
    fn from(sample: FloatSample) -> Self {
        match sample {
            FloatSample::F32 => SampleType::F32,
            FloatSample::F16 => SampleType::F16,
            FloatSample::Bf16 => SampleType::Bf16,
        }
    }
}

/// A layout of channels.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum TensorLayout {
    /// Channel by channel, as models take it
    Planar,
    /// Pixel by pixel
    Interleaved,
}

impl From<TensorLayout> for Layout {
    fn from(layout: TensorLayout) -> Self {
        match layout {
            TensorLayout::Planar => Layout::Planar,
            TensorLayout::Interleaved => Layout::Interleaved,
        }
    }
}

pub(super) const PROCESSOR_HELP: &str = "\
Examples:
  pixelflume processor clip > clip.toml
  pixelflume run clip.toml photos/ --out tensors/
  pixelflume processor preprocessor_config.json --backend pillow13 --sample f16
  pixelflume processor older.json --class ViTImageProcessor
  pixelflume processor ResNet50_Weights.IMAGENET1K_V2
  pixelflume processor --list";
