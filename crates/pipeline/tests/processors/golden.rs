//! The results of processors equal those of the libraries in every bit.
//!
//! Builds without optimization look at some of the images; with `PIXELFLUME_ALL_IMAGES=1` at all.

use pixelflume_device::Device;
use pixelflume_pipeline::testing::GoldenProcessors;
use pixelflume_pipeline::{ExecutionConfig, Runner};
use std::fs;
use std::path::Path;

/// Processors whose outputs have millions of samples.
const LARGE: [&str; 5] = ["detr", "idefics3", "mask2former", "sam", "smolvlm"];

fn golden() -> GoldenProcessors {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/processors");
    GoldenProcessors::open(folder).expect("the sizes of the images")
}

/// Compares all sets of a file, and returns the number of cases.
fn compare(name: &str) -> usize {
    let all = !cfg!(debug_assertions) || std::env::var_os("PIXELFLUME_ALL_IMAGES").is_some();
    // A file of a model changes little of what its class does. Odd, so that images of all four kinds are among them.
    let of_file = name.ends_with("_hub") || name.ends_with("_pad");
    let step = match (all, of_file, LARGE.contains(&name)) {
        (true, ..) => 1,
        (false, true, _) => 49,
        (false, false, true) => 19,
        (false, false, false) => 7,
    };
    let mut cases = 0;
    let mut wrong = Vec::new();
    for set in golden().sets(name).expect("sets of the file") {
        let pipeline = set.processor().pipeline().clone();
        let config = ExecutionConfig::default();
        let mut runner = Runner::new(pipeline, &Device::host(), config).expect("a runner");
        for case in set.cases().iter().step_by(step) {
            cases += 1;
            wrong.extend(set.compare(case, &mut runner).err());
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
            assert_eq!(golden().names().expect("a folder"), [$(stringify!($name)),*]);
        }
    };
}

processors! {
    blip blip_hub clip clip_hub clip_large_hub convnext convnext_hub deit deit_hub detr detr_hub detr_pad dinov2 idefics3
    idefics3_hub imagenet imagenet_bicubic imagenet_v2 letterbox letterbox_auto letterbox_corner letterbox_down mask2former
    mask2former_hub qwen2_vl qwen2_vl_hub qwen3_vl_hub sam sam_hub siglip siglip_hub smolvlm smolvlm_hub vit vit_hub
}

/// The errors of a file with one set of the processor `letterbox` and images of 4 x 2 pixels.
fn errors(version: &str, case: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("images.json", r#"{"sizes": [[2, 4]]}"#);
    let set = format!(
        r#"{{"sets": [{{"processor": "letterbox", "json": null, "options": {{"auto": true}}, "backend": "opencv",
            "library": "ultralytics", "version": "{version}", "shapes": [[3, 320, 640]], "cases": [{case}]}}]}}"#
    );
    write("golden/letterbox.json", &set);
    let golden = GoldenProcessors::open(folder.path()).expect("the sizes");
    let sets = match golden.sets("letterbox") {
        Ok(sets) => sets,
        Err(error) => return vec![error.to_string()],
    };
    let pipeline = sets[0].processor().pipeline().clone();
    let mut runner =
        Runner::new(pipeline, &Device::host(), ExecutionConfig::default()).expect("a runner");
    let compared = sets[0]
        .cases()
        .iter()
        .map(|case| sets[0].compare(case, &mut runner));
    compared
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect()
}

#[test]
fn data_that_differs_is_told() {
    const VERSION: &str = "8.4.190";
    let wrong = errors(VERSION, r#"[0, "0123456789abcdef"]"#);
    assert_eq!(wrong.len(), 1);
    let begin = "backend opencv, image 0, 4x2: [3, 320, 640] ";
    assert!(wrong[0].starts_with(begin), "{}", wrong[0]);
    assert!(
        wrong[0].ends_with("; the library gives [3, 320, 640] 0123456789abcdef"),
        "{}",
        wrong[0]
    );
    let refused = errors(VERSION, r#"[0, "error"]"#);
    assert_eq!(
        refused,
        ["backend opencv, image 0, 4x2: the library refuses it"]
    );
    for (version, case, message) in [
        ("1.0", "", "the data is that of ultralytics 1.0"),
        (
            VERSION,
            r#"[1, "0123456789abcdef"]"#,
            "a case cannot be read",
        ),
        (VERSION, r#"[0, "no hash"]"#, "a case cannot be read"),
        (VERSION, "[0]", "a case cannot be read"),
    ] {
        let errors = errors(version, case);
        assert!(
            errors.len() == 1 && errors[0].contains(message),
            "{errors:?}"
        );
    }
}
