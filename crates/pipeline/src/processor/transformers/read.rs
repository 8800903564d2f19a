//! Reads the JSON object of an image processor as steps.

use super::kinds::{Kind, Rule, of_class};
use super::reader::Reader;
use super::rules;
use crate::processor::error::ProcessorError;
use crate::processor::json::{Keys, text};
use crate::processor::steps::Steps;
use serde_json::{Map, Value};

/// Keys of all types that change no pixel: what the tensors are returned as, where they are computed, how arrays are read, and
/// what belongs to other parts of a model. Images are RGB already (`do_convert_rgb`).
const WITHOUT_EFFECT: &[&str] = &[
    "_valid_processor_keys",
    "auto_map",
    "device",
    "disable_grouping",
    "do_convert_rgb",
    "image_seq_length",
    "input_data_format",
    "model_input_names",
    "processor_class",
    "return_tensors",
];

/// Keys of annotations and segmentation maps, which are no part of a pipeline.
const OF_ANNOTATIONS: &[&str] = &[
    "_max_size",
    "do_convert_annotations",
    "do_reduce_labels",
    "format",
    "ignore_index",
    "num_labels",
    "reduce_labels",
];

/// Keys beside `image_processor` in the file `processor_config.json`. They belong to text, videos and audio, or tell how many tokens
/// an image takes.
const BESIDE: &[&str] = &[
    "audio_tokenizer",
    "auto_map",
    "chat_template",
    "feature_extractor",
    "image_seq_len",
    "image_token",
    "num_additional_image_tokens",
    "num_query_tokens",
    "patch_size",
    "processor_class",
    "qformer_tokenizer",
    "tokenizer",
    "video_processor",
    "video_token",
    "vision_feature_select_strategy",
];

/// The name of the type and the steps of a JSON object. An object with the key `image_processor`, as in the file
/// `processor_config.json`, has the processor behind that key.
pub(in crate::processor) fn recipe(
    mut object: Map<String, Value>,
    class: Option<&str>,
) -> Result<(&'static str, Steps), ProcessorError> {
    if let Some(Value::Object(nested)) = object.get_mut("image_processor") {
        let nested = std::mem::take(nested);
        object.remove("image_processor");
        let mut beside = Keys::new("beside image_processor", object);
        beside.without_effect(BESIDE);
        beside.end()?;
        object = nested;
    }
    let kind = kind(&mut object, class)?;
    let mut reader = Reader {
        kind,
        keys: Keys::new(kind.name, object),
    };
    let steps = steps(&mut reader)?;
    let mut keys = reader.keys;
    keys.without_effect(WITHOUT_EFFECT);
    match kind.rule {
        Rule::Detr | Rule::Mask2Former => keys.without_effect(OF_ANNOTATIONS),
        Rule::Sam => keys.without_effect(&["mask_pad_size", "mask_size"]),
        Rule::Idefics3 => keys.without_effect(&["return_row_col_info", "video_sampling"]),
        // BLIP's files have it, and its class does not read it.
        Rule::Plain => keys.without_effect(&["size_divisor"]),
        Rule::ConvNext | Rule::Qwen2Vl => {}
    }
    keys.end()?;
    Ok((kind.name, steps))
}

/// The type that the caller or the object names; where there are several names, all must mean the same.
fn kind(
    object: &mut Map<String, Value>,
    class: Option<&str>,
) -> Result<&'static Kind, ProcessorError> {
    let given = class.map(|class| of_class("image_processor_type", class));
    let mut found: Option<&'static Kind> = given.transpose()?;
    for key in ["image_processor_type", "feature_extractor_type"] {
        let Some(value) = object.remove(key).filter(|value| !value.is_null()) else {
            continue;
        };
        let kind = of_class(key, &text(&value))?;
        if let Some(first) = found.filter(|first| first.name != kind.name) {
            return Err(ProcessorError::Value {
                processor: first.name,
                key,
                got: text(&value),
                expected: "another type is named as well; leave one of them out".into(),
            });
        }
        found = Some(kind);
    }
    found.ok_or(ProcessorError::NoType)
}

fn steps(reader: &mut Reader) -> Result<Steps, ProcessorError> {
    reader.data_format()?;
    let filter = reader.filter()?;
    let convert = reader.convert()?;
    let on = reader.keys.flag("do_resize", true)?;
    let parts = match reader.kind.rule {
        Rule::Plain => rules::plain(reader)?,
        Rule::ConvNext => rules::convnext(reader)?,
        Rule::Detr => rules::detr(reader)?,
        Rule::Sam => rules::sam(reader)?,
        Rule::Qwen2Vl => rules::qwen2_vl(reader)?,
        Rule::Idefics3 => rules::idefics3(reader, on)?,
        Rule::Mask2Former => rules::mask2former(reader)?,
    };
    if on {
        reader.keys.needs(&["resample"])?;
        match reader.kind.rule {
            Rule::Plain | Rule::Idefics3 => reader.keys.needs(&["size"])?,
            Rule::ConvNext => reader.keys.needs(&["size", "crop_pct"])?,
            Rule::Detr | Rule::Sam | Rule::Qwen2Vl | Rule::Mask2Former => {}
        }
    }
    // These classes look at them with and without a resize.
    reader.keys.needs(&[
        "max_image_size",
        "merge_size",
        "patch_size",
        "size_divisor",
        "temporal_patch_size",
    ])?;
    Ok(Steps {
        filter,
        resize: on.then_some(parts.resize),
        crop: parts.crop,
        convert,
        form: parts.form,
    })
}
