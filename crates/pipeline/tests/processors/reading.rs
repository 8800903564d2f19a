//! JSON texts: what is read, and what is refused by name.

use pixelflume_pipeline::Processor;
use pixelflume_pipeline::processor::Backend;

/// The pipeline of a text.
fn toml(text: &str) -> String {
    let processor = Processor::from_json(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    processor.pipeline().to_toml().expect("built-in operators")
}

/// A text of a class with more keys.
fn of(class: &str, keys: &str) -> String {
    let comma = if keys.is_empty() { "" } else { ", " };
    format!("{{\"image_processor_type\": \"{class}ImageProcessor\"{comma}{keys}}}")
}

#[track_caller]
fn same(left: &str, right: &str) {
    assert_eq!(toml(left), toml(right));
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = Processor::from_json(text).expect_err(text).to_string();
    assert_eq!(error, message);
}

#[test]
fn classes_of_all_versions_and_backends_are_known() {
    for class in [
        "CLIPImageProcessor",
        "CLIPImageProcessorFast",
        "CLIPImageProcessorPil",
    ] {
        same(
            &format!("{{\"image_processor_type\": \"{class}\"}}"),
            &of("CLIP", ""),
        );
    }
    same(
        r#"{"feature_extractor_type": "ViTFeatureExtractor"}"#,
        &of("ViT", ""),
    );
    let both = of(
        "DeiT",
        r#""feature_extractor_type": "DeiTFeatureExtractor""#,
    );
    same(&both, &of("DeiT", ""));
    let nested = format!(
        "{{\"image_processor\": {}, \"processor_class\": 1}}",
        of("Sam", "")
    );
    same(&nested, &of("Sam", ""));
    refused(
        &of("CLIP", r#""feature_extractor_type": "ViTFeatureExtractor""#),
        "clip: feature_extractor_type = ViTFeatureExtractor is not possible; another type is named as well; leave one of them \
         out",
    );
    let error = Processor::from_json(r#"{"image_processor_type": "ClipImageProcessor"}"#);
    let error = error.expect_err("another name").to_string();
    assert!(
        error.starts_with(
            "image_processor_type = \"ClipImageProcessor\" is unknown; did you mean \"CLIPImageProcessor\"? types: "
        ),
        "{error}"
    );
    let given = Processor::from_json_of_class(r#"{"size": 384}"#, "ViTImageProcessor");
    let given = given.expect("a class").pipeline().to_toml();
    assert_eq!(given, Ok(toml(&of("ViT", r#""size": 384"#))));
    assert!(Processor::from_json_of_class(&of("ViT", ""), "CLIPImageProcessor").is_err());
    let error = Processor::from_json(r#"{"size": 3}"#).expect_err("no type");
    assert!(
        error
            .to_string()
            .contains("has no \"image_processor_type\"")
    );
}

#[test]
fn keys_beside_a_nested_processor_are_those_of_text_and_videos() {
    let beside = |keys: &str| format!("{{\"image_processor\": {}, {keys}}}", of("Sam", ""));
    let known = r#""processor_class": "X", "image_seq_len": 64, "video_processor": {"size": 3}, "patch_size": 14"#;
    same(&beside(known), &of("Sam", ""));
    let error = Processor::from_json(&beside(r#""size": 224, "do_resize": false"#));
    let error = error.expect_err("keys of an image processor").to_string();
    assert!(
        error.starts_with("beside image_processor: unknown key(s) \"do_resize\", \"size\"; keys: "),
        "{error}"
    );
    let twice = beside(r#""image_processor": {"size": 3}"#);
    let error = Processor::from_json(&twice).expect_err("two").to_string();
    assert!(error.contains("the key \"image_processor\" stands twice"));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    refused(
        "{\n\"image_processor_type\": \"ViTImageProcessor\", \"size\": 3,\n\"size\": 4}",
        "the text of a processor is a JSON object: the key \"size\" stands twice at line 3 column 6",
    );
    let nested = of("ViT", r#""size": {"height": 3, "width": 3, "height": 4}"#);
    let error = Processor::from_json(&nested)
        .expect_err("twice")
        .to_string();
    assert!(error.contains("the key \"height\" stands twice"), "{error}");
    let listed = of("ViT", r#""auto_map": [{"a": 1}, {"a": 1, "a": 1}]"#);
    assert!(Processor::from_json(&listed).is_err());
    let key = format!("{}\\u001b", "x".repeat(100_000));
    let long = of("ViT", &format!("\"{key}\": 1, \"{key}\": 1"));
    let error = Processor::from_json(&long).expect_err("twice").to_string();
    assert!(error.len() < 1000 && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn large_and_small_numbers_are_shown_in_powers_of_ten() {
    for (keys, shown) in [
        (r#""rescale_factor": 1e308"#, "with the scale 1e308"),
        (
            r#""rescale_factor": 1e308, "do_normalize": false"#,
            "scale = 1e308 is not possible",
        ),
    ] {
        let error = Processor::from_json(&of("ViT", keys)).expect_err(keys);
        let error = error.to_string();
        assert!(error.contains(shown) && error.len() < 200, "{error}");
    }
}

#[test]
fn a_file_may_be_told_its_class_and_is_named_by_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("older.json");
    std::fs::write(&file, r#"{"size": 384}"#).expect("a file");
    let of_class = Processor::from_file_of_class(&file, "ViTImageProcessor").expect("a class");
    let text = of_class.pipeline().to_toml();
    assert_eq!(text, Ok(toml(&of("ViT", r#""size": 384"#))));
    let missing = folder.path().join("missing.json");
    for error in [
        Processor::from_file(&missing),
        Processor::from_file_of_class(&missing, "ViTImageProcessor"),
    ] {
        let error = error.expect_err("no file").to_string();
        assert!(
            error.contains("missing.json: the processor file cannot be read"),
            "{error}"
        );
    }
}

#[test]
fn names_have_the_defaults_of_classes() {
    for (name, class) in [
        ("blip", "Blip"),
        ("clip", "CLIP"),
        ("convnext", "ConvNext"),
        ("deit", "DeiT"),
        ("detr", "Detr"),
        ("idefics3", "Idefics3"),
        ("mask2former", "Mask2Former"),
        ("qwen2_vl", "Qwen2VL"),
        ("sam", "Sam"),
        ("siglip", "Siglip"),
        ("vit", "ViT"),
    ] {
        let named = Processor::named(name).expect("a name");
        assert_eq!(named.name(), name);
        let text = named.pipeline().to_toml().expect("built-in operators");
        assert_eq!(text, toml(&of(class, "")), "{name}");
    }
    assert_eq!(
        Processor::named("clipp").expect_err("no name").to_string(),
        "there is no processor \"clipp\"; did you mean \"clip\"? names: clip, blip, convnext, deit, detr, dinov2, idefics3, \
         mask2former, qwen2_vl, qwen3_vl and 137 more"
    );
}

#[test]
fn sizes_are_numbers_lists_and_objects() {
    same(
        &of("ViT", r#""size": 64"#),
        &of("ViT", r#""size": {"height": 64, "width": 64}"#),
    );
    same(
        &of("ViT", r#""size": [3, 5]"#),
        &of("ViT", r#""size": {"width": 5, "height": 3}"#),
    );
    same(
        &of("CLIP", r#""size": 64"#),
        &of("CLIP", r#""size": {"shortest_edge": 64}"#),
    );
    same(
        &of("CLIP", r#""size": 64, "default_to_square": true"#),
        &of("CLIP", r#""size": [64, 64]"#),
    );
    same(
        &of("Detr", r#""size": 200, "max_size": 300"#),
        &of(
            "Detr",
            r#""size": {"shortest_edge": 200, "longest_edge": 300}"#,
        ),
    );
    same(
        &of("Mask2Former", r#""max_size": 1000"#),
        &of(
            "Mask2Former",
            r#""size": {"shortest_edge": 800, "longest_edge": 1000}"#,
        ),
    );
    same(
        &of("Qwen2VL", r#""min_pixels": 100, "max_pixels": 16777216"#),
        &of(
            "Qwen2VL",
            r#""size": {"shortest_edge": 100, "longest_edge": 16777216}"#,
        ),
    );
    let text = toml(&of("ConvNext", r#""size": 224, "crop_pct": 0.95"#));
    assert!(text.contains("shortest_edge = 235\n"), "{text}");
    let within = toml(&of("ViT", r#""size": {"max_height": 30, "max_width": 40}"#));
    assert!(
        within.contains("max_width = 40\nmax_height = 30\n"),
        "{within}"
    );
    for (class, size) in [
        ("ViT", "0"),
        ("ViT", "65537"),
        ("ViT", "-1"),
        ("ViT", "2.5"),
        ("ViT", "true"),
        ("ViT", "[1, 2, 3]"),
        ("ViT", "{}"),
        ("ViT", "{\"height\": 3}"),
        ("ViT", "{\"height\": 3, \"width\": null}"),
        ("ViT", "{\"height\": 3, \"width\": 3, \"depth\": 3}"),
        ("ViT", "{\"longest_edge\": 3}"),
        ("ConvNext", "[3, 3]"),
        ("Detr", "{\"shortest_edge\": 3}"),
        ("Idefics3", "{\"shortest_edge\": 3}"),
        ("Mask2Former", "3"),
        ("Qwen2VL", "3"),
        ("Sam", "3"),
    ] {
        let error = Processor::from_json(&of(class, &format!("\"size\": {size}")));
        let error = error.expect_err(size).to_string();
        let begin = format!("{}: size = ", class.to_lowercase().replace("2vl", "2_vl"));
        assert!(error.starts_with(&begin), "{error}");
    }
}

#[test]
fn steps_can_be_switched_off() {
    let text = toml(&of(
        "CLIP",
        r#""do_resize": false, "do_center_crop": false"#,
    ));
    assert_eq!(text.matches("[[node]]").count(), 1, "{text}");
    // Without a rescale the mean and the deviation are of samples up to 255.
    let text = toml(&of("ViT", r#""do_rescale": false"#));
    assert!(
        text.contains("op = \"normalize\"") && text.contains("scale = 1.0\n"),
        "{text}"
    );
    let text = toml(&of(
        "ViT",
        r#""do_normalize": false, "rescale_factor": 0.0078125"#,
    ));
    assert!(
        text.contains("op = \"rescale\"") && text.contains("scale = 0.0078125\n"),
        "{text}"
    );
    refused(
        &of("ViT", r#""do_normalize": false, "do_rescale": false"#),
        "vit: do_rescale = false is not possible; true, or do_normalize = true: processors here give floating point samples",
    );
    let text = toml(&of(
        "ViT",
        r#""do_pad": true, "pad_size": {"height": 300, "width": 400}"#,
    ));
    assert!(text.contains("op = \"pad_to\""), "{text}");
    same(&of("ViT", r#""do_pad": true"#), &of("ViT", ""));
    let text = toml(&of("Idefics3", r#""do_image_splitting": false"#));
    assert!(text.contains("outputs = [\"pixel_values\"]"), "{text}");
    let text = toml(&of("Detr", r#""pad_and_return_pixel_mask": false"#));
    assert!(text.contains("outputs = [\"pixel_values\"]"), "{text}");
}

/// What transformers 5.23.0 makes of `null`, class by class.
#[test]
fn null_turns_a_step_off_and_is_refused_where_a_step_needs_the_value() {
    for (class, flag) in [
        ("ViT", "do_resize"),
        ("ViT", "do_rescale"),
        ("ViT", "do_normalize"),
        ("ViT", "default_to_square"),
        ("CLIP", "do_center_crop"),
        ("Detr", "do_pad"),
        ("Detr", "pad_and_return_pixel_mask"),
        ("Sam", "do_pad"),
        ("Idefics3", "do_image_splitting"),
    ] {
        let size = size_of(class);
        let with = |value| of(class, &format!("{size}\"{flag}\": {value}"));
        same(&with("null"), &with("false"));
        assert_ne!(toml(&with("null")), toml(&with("true")), "{class} {flag}");
    }
    // Images are padded to the largest of their batch.
    let unpadded = toml(&of("Sam", r#""pad_size": null"#));
    assert!(!unpadded.contains("pad_to"), "{unpadded}");
    for (class, key) in [
        ("ViT", "size"),
        ("ViT", "resample"),
        ("ViT", "rescale_factor"),
        ("ViT", "image_mean"),
        ("ViT", "image_std"),
        ("CLIP", "crop_size"),
        ("ConvNext", "size"),
        ("ConvNext", "crop_pct"),
        ("Qwen2VL", "patch_size"),
        ("Qwen2VL", "merge_size"),
        ("Qwen2VL", "temporal_patch_size"),
        ("Idefics3", "max_image_size"),
        ("Mask2Former", "size_divisor"),
    ] {
        let text = of(class, &format!("\"{key}\": null"));
        let error = Processor::from_json(&text).expect_err(&text).to_string();
        let expected =
            "transformers needs a value here; leave the key out for the default of the class";
        assert!(
            error.ends_with(&format!(": {key} = null is not possible; {expected}")),
            "{error}"
        );
    }
    // Nothing is needed for a step that is off, and these have a default.
    for (class, left, right) in [
        (
            "ViT",
            r#""do_normalize": false, "image_mean": null, "image_std": null"#,
            r#""do_normalize": false"#,
        ),
        (
            "ViT",
            r#""do_resize": false, "size": null, "resample": null"#,
            r#""do_resize": false"#,
        ),
        (
            "CLIP",
            r#""do_center_crop": null, "crop_size": null"#,
            r#""do_center_crop": false"#,
        ),
        ("Detr", r#""size": null, "max_size": null"#, ""),
        ("Mask2Former", r#""size": null, "max_size": null"#, ""),
        ("Qwen2VL", r#""min_pixels": null, "max_pixels": null"#, ""),
        ("Siglip", r#""do_convert_rgb": null, "pad_size": null"#, ""),
    ] {
        same(&of(class, left), &of(class, right));
    }
}

/// A size that is one number, for the type that takes its meaning from `default_to_square`.
fn size_of(class: &str) -> &'static str {
    match class {
        "ViT" => "\"size\": 64, ",
        _ => "",
    }
}

#[test]
fn numbers_are_read_without_rounding() {
    let text = toml(&of(
        "ViT",
        r#""image_mean": [0.48145466, 0.1, 123.675e-3], "rescale_factor": 0.00392156862745098, "image_std": 2.3e-1"#,
    ));
    for line in [
        "mean = [0.48145466, 0.1, 0.123675]\n",
        "std = [0.23, 0.23, 0.23]\n",
        "scale = 0.00392156862745098\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn keys_without_effect_are_known_and_others_are_refused() {
    let none = r#""processor_class": "CLIPProcessor", "return_tensors": null, "do_convert_rgb": true, "device": "cpu",
        "data_format": "channels_first", "input_data_format": null, "disable_grouping": false"#;
    same(&of("CLIP", none), &of("CLIP", ""));
    same(
        &of("Detr", r#""format": "coco_detection""#),
        &of("Detr", ""),
    );
    let error = Processor::from_json(&of("ViT", r#""crop_pct": 0.9, "rescale": 3"#));
    let error = error.expect_err("unknown keys").to_string();
    assert!(
        error.starts_with("vit: unknown key(s) \"crop_pct\", \"rescale\"; "),
        "{error}"
    );
    // An unknown key is refused whatever its value.
    assert!(Processor::from_json(&of("ViT", r#""gamma": null"#)).is_err());
    refused(
        &of("CLIP", r#""data_format": "channels_last""#),
        "clip: data_format = \"channels_last\" is not possible; \"channels_first\"; the layout is a setting of the processor",
    );
}

#[test]
fn values_are_refused_by_name() {
    for (class, keys, message) in [
        (
            "ViT",
            r#""resample": 0"#,
            "vit: resample = 0 is not possible; 1 (lanczos), 2",
        ),
        (
            "ViT",
            r#""resample": "cubic""#,
            "vit: resample = \"cubic\" is not possible; ",
        ),
        (
            "ViT",
            r#""do_resize": 1"#,
            "vit: do_resize = 1 is not possible; true or false",
        ),
        (
            "ViT",
            r#""rescale_factor": 0"#,
            "vit: rescale_factor = 0 is not possible; finite number, not 0",
        ),
        (
            "ViT",
            r#""rescale_factor": "x""#,
            "vit: rescale_factor = \"x\" is not possible; ",
        ),
        (
            "ViT",
            r#""image_mean": [1, 2]"#,
            "vit: image_mean = [1,2] is not possible; three finite numbers",
        ),
        (
            "ViT",
            r#""image_mean": [1, 2, "3"]"#,
            "vit: image_mean = [1,2,\"3\"] is not possible; ",
        ),
        (
            "ViT",
            r#""image_std": [1, 0, 1]"#,
            "vit: image_std = [1.0,0.0,1.0] is not possible; numbers other than 0",
        ),
        (
            "ViT",
            r#""do_center_crop": true"#,
            "vit: do_center_crop = true is not possible; it needs crop_size",
        ),
        (
            "CLIP",
            r#""crop_size": {"shortest_edge": 3}"#,
            "clip: crop_size = {\"shortest_edge\":3} is not possible; ",
        ),
        (
            "Detr",
            r#""do_center_crop": true"#,
            "detr: do_center_crop = true is not possible; transformers ignores it",
        ),
        (
            "Detr",
            r#""max_size": 7"#,
            "detr: max_size = 7 is not possible; ",
        ),
        (
            "Qwen2VL",
            r#""do_pad": true"#,
            "qwen2_vl: do_pad = true is not possible; transformers ignores it",
        ),
        (
            "Qwen2VL",
            r#""patch_size": 0"#,
            "qwen2_vl: patch_size = 0 is not possible; integer, 1 to 1024",
        ),
        (
            "Qwen2VL",
            r#""max_pixels": 4294967296"#,
            "qwen2_vl: max_pixels = 4294967296 is not possible; ",
        ),
        (
            "ConvNext",
            r#""size": 224, "crop_pct": 0.001"#,
            "convnext: crop_pct = 0.001 is not possible; size / crop_pct is 1 to",
        ),
        (
            "Idefics3",
            r#""do_resize": false"#,
            "idefics3: do_image_splitting = true is not possible; images that fit",
        ),
        (
            "Idefics3",
            r#""max_image_size": 3"#,
            "idefics3: max_image_size = 3 is not possible; longest_edge alone",
        ),
        (
            "Qwen2VL",
            r#""min_pixels": 9, "max_pixels": 8"#,
            "node \"resized\" of the processor: resample: min_pixels = 9",
        ),
        (
            "ViT",
            r#""rescale_factor": 1e-300"#,
            "node \"pixel_values\" of the processor: normalize: ",
        ),
    ] {
        let text = of(class, keys);
        let error = Processor::from_json(&text).expect_err(&text).to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn filters_of_pillow_alone_have_its_backend() {
    for (number, filter) in [(4, "box"), (5, "hamming")] {
        let text = of("ViT", &format!("\"resample\": {number}"));
        let processor = Processor::from_json(&text).expect("Pillow has the filter");
        assert_eq!(processor.equals().backend(), Backend::Pillow13);
        assert!(toml(&text).contains(&format!("filter = \"{filter}\"")));
        let older = processor.clone().backend(Backend::Pillow12);
        assert!(older.is_ok(), "{older:?}");
        let error = processor.backend(Backend::Torchvision);
        let error = error.expect_err("torchvision does not").to_string();
        let expected = "node \"resized\" of the processor: resample: filter = ";
        assert!(error.starts_with(expected), "{error}");
    }
    // Nothing is resampled.
    let text = of("ViT", r#""resample": 4, "do_resize": false"#);
    let processor = Processor::from_json(&text).expect("no resize");
    assert_eq!(processor.equals().backend(), Backend::Torchvision);
}

#[test]
fn texts_that_are_no_objects_are_refused() {
    let long = " ".repeat((1 << 20) + 1);
    for (text, message) in [
        (
            "",
            "the text of a processor is a JSON object: EOF while parsing",
        ),
        (
            "{",
            "the text of a processor is a JSON object: EOF while parsing",
        ),
        ("[1]", "the text of a processor is a JSON object: found [1]"),
        (
            "\"\\u001b[31m\"",
            "the text of a processor is a JSON object: found \"\\u001b[31m\"",
        ),
        (
            &long,
            "1048577 bytes are too many for the JSON text of a processor",
        ),
        (
            &"[".repeat(1 << 20),
            "the text of a processor is a JSON object: recursion limit",
        ),
    ] {
        let error = Processor::from_json(text).expect_err(text).to_string();
        assert!(error.starts_with(message), "{error}");
    }
    // What a message shows of a text is short, and does not steer a terminal.
    let key = format!(
        "{{\"image_processor_type\": \"{}\u{1b}\"}}",
        "x".repeat(100_000)
    );
    let error = Processor::from_json(&key).expect_err("a type").to_string();
    assert!(error.len() < 1000 && !error.contains('\u{1b}'), "{error}");
}
