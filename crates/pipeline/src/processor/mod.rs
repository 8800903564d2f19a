//! Processors: pipelines that prepare images for a model. Their results are equal in every bit to those of the library with which the
//! model was trained or is run.
//!
//! A [`Processor`] is made from the `preprocessor_config.json` of a model, or by name. Its [pipeline](Processor::pipeline) is an
//! ordinary one: it can be printed, changed, and executed like any other.

mod build;
mod conventions;
mod equals;
mod error;
mod grid;
mod json;
mod names;
mod steps;
mod torchvision;
mod transformers;

pub use equals::{Backend, Equals};
pub use error::ProcessorError;
pub use grid::Grid;

use crate::file::PipelineTextError;
use crate::file::reading::{self, FileKind};
use crate::pipeline::Pipeline;
use build::Format;
use pixelflume_ops::{Layout, Letterbox, SampleType};
use std::path::Path;
use steps::{Library, Recipe};

/// A file that a processor is read from.
const FILE: FileKind = FileKind {
    name: "processor file",
    extension: ".json",
};

/// The text of a processor's file.
fn text_of(path: &Path) -> Result<String, ProcessorError> {
    reading::text(path, FILE).map_err(|refusal| ProcessorError::File {
        file: path.display().to_string(),
        reason: match &*refusal.help {
            "" => refusal.message,
            help => format!("{}; {help}", refusal.message),
        },
    })
}

/// A pipeline that prepares images for a model, and what it equals.
///
/// The input of the pipeline, `image`, is an interleaved RGB image of 8-bit samples. The output `pixel_values` is what the library
/// gives for a batch of one image, without the axis of the batch. Some processors have other outputs:
///
/// - `pixel_mask` (DETR, Mask2Former): a u8 image, 1 where `pixel_values` has a pixel of the image, 0 where it has padding.
/// - `pixel_values` of Qwen2-VL: an image of one channel with a row for each patch; [`Processor::grid`] gives rows and columns of
///   patches.
/// - `tiles` and `global_image` (Idefics3, SmolVLM) in place of `pixel_values`: a row for each tile, in which its planar samples
///   stand one behind the other, and the whole image in one tile. The library's `pixel_values` are the tiles, then the whole image.
///
/// ```
/// use pixelflume_pipeline::Processor;
///
/// let processor = Processor::named("clip")?;
/// assert_eq!(processor.equals().library(), "transformers");
/// let pipeline = processor.pipeline();
/// assert_eq!(pipeline.outputs().collect::<Vec<_>>(), ["pixel_values"]);
/// # Ok::<(), pixelflume_pipeline::ProcessorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Processor {
    name: String,
    recipe: Recipe,
    format: Format,
    equals: Equals,
    pipeline: Pipeline,
}

impl Processor {
    /// Reads a `preprocessor_config.json` of transformers, or a `processor_config.json` with an object `image_processor`, beside
    /// which the keys of text, video and audio processors are passed over. Versions 4 and 5 of transformers write the same keys; what they mean is read as transformers 5.23.0 does. `image_processor_type` or
    /// `feature_extractor_type` names the class; keys that are missing have its defaults.
    ///
    /// The samples are f32, the layout is planar, and the backend torchvision, which is the default of transformers 5.
    ///
    /// ```
    /// use pixelflume_pipeline::Processor;
    ///
    /// let processor = Processor::from_json(
    ///     r#"{"image_processor_type": "ViTImageProcessor", "size": 384}"#,
    /// )?;
    /// assert_eq!(processor.name(), "vit");
    ///
    /// let unknown = r#"{"image_processor_type": "ViTImageProcessor", "sise": 384}"#;
    /// let error = Processor::from_json(unknown).unwrap_err().to_string();
    /// assert!(error.contains("\"sise\"") && error.contains("did you mean \"size\"?"), "{error}");
    /// # Ok::<(), pixelflume_pipeline::ProcessorError>(())
    /// ```
    ///
    /// # Errors
    /// The text is no JSON object or has more than 1 MiB, the type is missing or unknown, a key is unknown or stands twice, or a value
    /// is one that the type cannot have or that no pipeline can do. Nothing is ignored but keys that change no pixel.
    pub fn from_json(text: &str) -> Result<Processor, ProcessorError> {
        let (name, steps) = transformers::recipe(json::object(text)?, None)?;
        Processor::new(name, Recipe::Steps(Library::Transformers, steps))
    }

    /// Reads a text that does not name its class, as some older ones do not: `class` is the image processor that transformers makes
    /// for the model, for example `ViTImageProcessor`. See [`Processor::from_json`].
    ///
    /// # Errors
    /// The class is unknown, the text names another one, or the errors of [`Processor::from_json`].
    pub fn from_json_of_class(text: &str, class: &str) -> Result<Processor, ProcessorError> {
        let (name, steps) = transformers::recipe(json::object(text)?, Some(class))?;
        Processor::new(name, Recipe::Steps(Library::Transformers, steps))
    }

    /// Reads a file; see [`Processor::from_json`]. An unnamed pipe, such as `/dev/stdin` may be, is read to its end.
    ///
    /// # Errors
    /// [`ProcessorError::File`] when it is no file (a folder, a device, a named pipe), cannot be read, is not UTF-8 text, or is larger
    /// than 1 MiB; and the errors of [`Processor::from_json`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Processor, ProcessorError> {
        Processor::from_json(&text_of(path.as_ref())?)
    }

    /// Reads a file that does not name its class; see [`Processor::from_json_of_class`].
    ///
    /// # Errors
    /// Those of [`Processor::from_file`] and [`Processor::from_json_of_class`].
    pub fn from_file_of_class(
        path: impl AsRef<Path>,
        class: &str,
    ) -> Result<Processor, ProcessorError> {
        Processor::from_json_of_class(&text_of(path.as_ref())?, class)
    }

    /// A processor by name. [`Processor::names`] lists the names:
    ///
    /// - image processors of transformers with the defaults of their classes: `blip`, `clip`, `convnext`, `deit`, `detr`, `idefics3`,
    ///   `mask2former`, `qwen2_vl`, `sam`, `siglip`, `smolvlm`, `vit`; `dinov2` and `qwen3_vl` with the values of these models.
    ///   Models differ from the defaults: [`Processor::from_json`] reads the file of a model.
    /// - weights of torchvision, for example `ResNet50_Weights.IMAGENET1K_V2`, whose `transforms` it repeats; `imagenet` resizes to
    ///   256 and crops 224, and `imagenet_v2` resizes to 232. The default backend is Pillow 13, for images that Pillow reads.
    /// - `letterbox`: [`Processor::letterbox`] of 640 x 640 pixels.
    ///
    /// # Errors
    /// [`ProcessorError::Name`] for another name.
    pub fn named(name: &str) -> Result<Processor, ProcessorError> {
        Processor::new(name, names::recipe(name)?)
    }

    /// All names that [`Processor::named`] takes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        names::all()
    }

    /// The letterbox of ultralytics (the YOLO models), then `sample / 255`.
    ///
    /// # Errors
    /// The pipeline cannot be built: none is known.
    pub fn letterbox(letterbox: Letterbox) -> Result<Processor, ProcessorError> {
        Processor::new("letterbox", Recipe::Letterbox(letterbox))
    }

    fn new(name: &str, recipe: Recipe) -> Result<Processor, ProcessorError> {
        let format = Format {
            sample: SampleType::F32,
            layout: Layout::Planar,
        };
        Processor::with(name.to_owned(), recipe, format, None)
    }

    fn with(
        name: String,
        recipe: Recipe,
        format: Format,
        backend: Option<Backend>,
    ) -> Result<Processor, ProcessorError> {
        let equals = conventions::equals(&recipe, backend)?;
        let pipeline = build::pipeline(&name, &recipe, equals.backend(), format)?;
        Ok(Processor {
            name,
            recipe,
            format,
            equals,
            pipeline,
        })
    }

    /// The same processor with another backend of its library.
    ///
    /// # Errors
    /// [`ProcessorError::Backend`] where the library does not have it; [`ProcessorError::Operator`] where the backend does not have the
    /// filter of the processor.
    pub fn backend(self, backend: Backend) -> Result<Processor, ProcessorError> {
        Processor::with(self.name, self.recipe, self.format, Some(backend))
    }

    /// The same processor with other samples of `pixel_values`: f32, f16 or bf16.
    ///
    /// # Errors
    /// [`ProcessorError::Operator`] for another type.
    pub fn sample(self, sample: SampleType) -> Result<Processor, ProcessorError> {
        let format = Format {
            sample,
            ..self.format
        };
        let backend = Some(self.equals.backend());
        Processor::with(self.name, self.recipe, format, backend)
    }

    /// The same processor with another layout of `pixel_values`. The rows of patches and tiles are planar only.
    ///
    /// # Errors
    /// [`ProcessorError::Setting`] for an interleaved layout where the processor gives patches or tiles.
    pub fn layout(self, layout: Layout) -> Result<Processor, ProcessorError> {
        if layout == Layout::Interleaved && self.recipe.patches().is_some() {
            return Err(ProcessorError::Setting {
                processor: self.name,
                setting: "layout",
                got: "interleaved".into(),
                expected: "the rows of patches and tiles are planar".into(),
            });
        }
        let format = Format {
            layout,
            ..self.format
        };
        let backend = Some(self.equals.backend());
        Processor::with(self.name, self.recipe, format, backend)
    }

    /// The name, or for a processor of a JSON text its type, for example `clip`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The library, version and backend with whose results those of the processor are equal.
    pub const fn equals(&self) -> Equals {
        self.equals
    }

    /// The pipeline of the processor: from `image` to the outputs that [`Processor`] lists.
    pub const fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The text of the pipeline file, which begins with comments that say what the pipeline equals.
    ///
    /// # Errors
    /// The same as of [`Pipeline::to_toml`]; none is known.
    pub fn to_toml(&self) -> Result<String, PipelineTextError> {
        let pipeline = self.pipeline.to_toml()?;
        let (name, equals) = (&self.name, &self.equals);
        Ok(format!(
            "# The processor {name}.\n# Its f32 results equal those of {equals} in every bit.\n{pipeline}"
        ))
    }

    /// The rows and columns of the patches or tiles of an RGB image of `width` x `height` pixels; `None` for processors without
    /// patches and tiles. `image_grid_thw` of Qwen2-VL is `[1, rows, columns]`.
    ///
    /// # Errors
    /// The pipeline cannot take an image of this size.
    pub fn grid(&self, width: u32, height: u32) -> Result<Option<Grid>, ProcessorError> {
        grid::of(&self.pipeline, &self.recipe, width, height)
    }
}
