//! The processors that have names.

use crate::file::suggest;
use crate::processor::error::ProcessorError;
use crate::processor::json;
use crate::processor::steps::{Library, Recipe};
use crate::processor::torchvision::{PRESETS, Preset};
use crate::processor::transformers;
use pixelflume_ops::Letterbox;

/// Image processors of transformers: each is a JSON text, of which most have nothing but a type.
const TRANSFORMERS: [(&str, &str); 14] = [
    ("blip", r#"{"image_processor_type": "BlipImageProcessor"}"#),
    ("clip", r#"{"image_processor_type": "CLIPImageProcessor"}"#),
    (
        "convnext",
        r#"{"image_processor_type": "ConvNextImageProcessor"}"#,
    ),
    ("deit", r#"{"image_processor_type": "DeiTImageProcessor"}"#),
    ("detr", r#"{"image_processor_type": "DetrImageProcessor"}"#),
    (
        "dinov2",
        r#"{"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256},
            "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}"#,
    ),
    (
        "idefics3",
        r#"{"image_processor_type": "Idefics3ImageProcessor"}"#,
    ),
    (
        "mask2former",
        r#"{"image_processor_type": "Mask2FormerImageProcessor"}"#,
    ),
    (
        "qwen2_vl",
        r#"{"image_processor_type": "Qwen2VLImageProcessor"}"#,
    ),
    (
        "qwen3_vl",
        r#"{"image_processor_type": "Qwen2VLImageProcessor", "patch_size": 16,
            "size": {"shortest_edge": 65536, "longest_edge": 16777216}, "image_mean": 0.5, "image_std": 0.5}"#,
    ),
    ("sam", r#"{"image_processor_type": "SamImageProcessor"}"#),
    (
        "siglip",
        r#"{"image_processor_type": "SiglipImageProcessor"}"#,
    ),
    (
        "smolvlm",
        r#"{"image_processor_type": "SmolVLMImageProcessor"}"#,
    ),
    ("vit", r#"{"image_processor_type": "ViTImageProcessor"}"#),
];

/// The letterbox of ultralytics at its default size.
const LETTERBOX: (&str, u32) = ("letterbox", 640);

/// All names: those of this table, then the weights of torchvision.
pub(super) fn all() -> impl Iterator<Item = &'static str> + Clone {
    let weights = PRESETS.iter().flat_map(Preset::names);
    let tables = TRANSFORMERS.iter().map(|&(name, _)| name);
    tables.chain([LETTERBOX.0]).chain(weights)
}

/// The recipe of a name.
pub(super) fn recipe(name: &str) -> Result<Recipe, ProcessorError> {
    if let Some((_, text)) = TRANSFORMERS.iter().find(|&&(known, _)| known == name) {
        let (_, steps) = transformers::recipe(json::object(text)?, None)?;
        return Ok(Recipe::Steps(Library::Transformers, steps));
    }
    if let Some(preset) = PRESETS
        .iter()
        .find(|preset| preset.names().any(|known| known == name))
    {
        return Ok(Recipe::Steps(Library::Torchvision, preset.steps()));
    }
    if name == LETTERBOX.0 {
        let side = LETTERBOX.1;
        let letterbox = Letterbox::new(side, side).map_err(|error| ProcessorError::Operator {
            node: LETTERBOX.0,
            source: Box::new(error),
        })?;
        return Ok(Recipe::Letterbox(letterbox));
    }
    Err(ProcessorError::Name {
        name: name.to_owned(),
        help: suggest::names(name, "names", all()).to_string(),
    })
}
