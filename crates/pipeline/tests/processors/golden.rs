//! The results of processors equal those of the libraries in every bit.
//!
//! Builds without optimization look at some of the images; with `PIXELFLUME_ALL_IMAGES=1` at all.

use crate::images::{fingerprint, image};
use pixelflume_device::Device;
use pixelflume_ops::{ImageShape, Layout, Letterbox, SampleType};
use pixelflume_pipeline::processor::Backend;
use pixelflume_pipeline::{ExecutionConfig, Image, PipelineError, Processor, Runner};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Processors whose outputs have millions of samples.
const LARGE: [&str; 5] = ["detr", "idefics3", "mask2former", "sam", "smolvlm"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/processors")
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn numbers(value: &Value) -> Vec<usize> {
    let numbers = list(value).iter();
    numbers
        .map(|number| number.as_u64().expect("a number") as usize)
        .collect()
}

/// The processor of a set.
fn processor(set: &Value) -> Processor {
    let name = set["processor"].as_str().expect("a name");
    let options = &set["options"];
    let flag = |name, default| options[name].as_bool().unwrap_or(default);
    let processor = if name == "vit_hub" {
        // The file does not name its class.
        Processor::from_json_of_class(&set["json"].to_string(), "ViTImageProcessor")
    } else if set["json"].is_object() {
        Processor::from_json(&set["json"].to_string())
    } else if name.starts_with("letterbox") {
        let letterbox = Letterbox::new(640, 640).expect("a size");
        let letterbox = letterbox
            .auto(flag("auto", false))
            .scaleup(flag("scaleup", true))
            .center(flag("center", true));
        Processor::letterbox(letterbox)
    } else {
        Processor::named(name)
    };
    let backend = set["backend"].as_str().expect("a backend");
    let backend: Backend = backend.parse().expect("a backend");
    let processor = processor.and_then(|processor| processor.backend(backend));
    let processor = processor.unwrap_or_else(|error| panic!("{name}: {error}"));
    let equals = processor.equals();
    assert_eq!((equals.library(), equals.version()), {
        let text = |key: &str| set[key].as_str().expect("a text");
        (text("library"), text("version"))
    });
    processor
}

/// The outputs of a run as the library has them: shape and bytes.
fn results(
    processor: &Processor,
    runner: &mut Runner,
    input: &Image,
) -> Vec<(Vec<usize>, Vec<u8>)> {
    let outputs = runner.run(&[input]).expect("a run");
    let take = |name: &str| outputs.images(name).expect("an output")[0].clone();
    let names: Vec<&str> = processor.pipeline().outputs().collect();
    if names == ["tiles", "global_image"] {
        let (tiles, global) = (take("tiles"), take("global_image"));
        let side = global.shape().width as usize;
        let shape = vec![tiles.shape().height as usize + 1, 3, side, side];
        return vec![(shape, [tiles.data(), global.data()].concat())];
    }
    let matrix = processor
        .grid(input.shape().width, input.shape().height)
        .expect("a grid");
    let result = |name: &str| {
        let image = take(name);
        let shape = image.shape();
        let (width, height) = (shape.width as usize, shape.height as usize);
        let dimensions = match (shape.channels, matrix) {
            (1, None) => vec![height, width],
            (1, Some(grid)) => {
                assert_eq!(grid.rows * grid.columns, shape.height);
                vec![height, width]
            }
            (channels, _) => {
                assert_eq!(
                    (shape.sample, shape.layout),
                    (SampleType::F32, Layout::Planar)
                );
                vec![channels as usize, height, width]
            }
        };
        (dimensions, image.into_data())
    };
    names.into_iter().map(result).collect()
}

/// Compares all sets of a file, and returns the number of cases.
fn compare(name: &str) -> usize {
    let sizes = json(&folder().join("images.json"));
    let sizes = list(&sizes["sizes"]);
    let file = json(&folder().join("golden").join(format!("{name}.json")));
    let all = !cfg!(debug_assertions) || std::env::var_os("PIXELFLUME_ALL_IMAGES").is_some();
    // Odd, so that images of all four kinds are among them.
    let step = match (all, LARGE.contains(&name)) {
        (true, _) => 1,
        (false, true) => 19,
        (false, false) => 7,
    };
    let mut cases = 0;
    let mut wrong = Vec::new();
    for set in list(&file["sets"]) {
        let processor = processor(set);
        let config = ExecutionConfig::default();
        let pipeline = processor.pipeline().clone();
        let mut runner = Runner::new(pipeline, &Device::host(), config).expect("a runner");
        for case in list(&set["cases"]).iter().step_by(step) {
            let case = list(case);
            let number = case[0].as_u64().expect("a number");
            let &[height, width] = numbers(&sizes[number as usize]).as_slice() else {
                panic!("the size of image {number}");
            };
            cases += 1;
            if case[1] == "error" {
                let shape = ImageShape::u8(width as u32, height as u32, 3);
                let refused = processor.pipeline().infer(&[shape]);
                assert!(matches!(refused, Err(PipelineError::Operator { .. })));
                continue;
            }
            let expected: Vec<(Vec<usize>, &str)> = match set["shapes"].as_array() {
                Some(shapes) => {
                    let shapes = shapes.iter().map(numbers);
                    let prints = case[1..]
                        .iter()
                        .map(|print| print.as_str().expect("a hash"));
                    shapes.zip(prints).collect()
                }
                None => {
                    let pairs = case[1..].chunks(2);
                    pairs
                        .map(|pair| (numbers(&pair[0]), pair[1].as_str().expect("a hash")))
                        .collect()
                }
            };
            let got = results(&processor, &mut runner, &image(number, height, width));
            let got: Vec<_> = got
                .into_iter()
                .map(|(shape, bytes)| (shape, format!("{:016x}", fingerprint(&bytes))))
                .collect();
            let same = got.iter().map(|(shape, print)| (shape.clone(), &**print));
            if !same.eq(expected.iter().cloned()) {
                let backend = processor.equals().backend();
                wrong.push(format!(
                    "{backend}, {width}x{height}: {got:?}, not {expected:?}"
                ));
            }
        }
    }
    let shown = &wrong[..wrong.len().min(20)];
    assert!(
        wrong.is_empty(),
        "{name}: {} of {cases}: {shown:#?}",
        wrong.len()
    );
    cases
}

macro_rules! processors {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                assert!(compare(stringify!($name)) > 0);
            }
        )*

        #[test]
        fn each_file_is_compared() {
            let files = fs::read_dir(folder().join("golden")).expect("a folder");
            let mut files: Vec<String> = files
                .map(|file| {
                    let name = file.expect("a file").file_name().into_string().expect("a name");
                    name.strip_suffix(".json").expect("a JSON file").to_owned()
                })
                .collect();
            files.sort();
            assert_eq!(files, [$(stringify!($name)),*]);
        }
    };
}

processors! {
    blip blip_hub clip clip_hub clip_large_hub convnext convnext_hub deit deit_hub detr detr_hub detr_pad dinov2 idefics3
    idefics3_hub imagenet imagenet_bicubic imagenet_v2 letterbox letterbox_auto letterbox_corner letterbox_down mask2former
    mask2former_hub qwen2_vl qwen2_vl_hub qwen3_vl_hub sam sam_hub siglip siglip_hub smolvlm smolvlm_hub vit vit_hub
}
