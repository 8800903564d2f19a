//! The exact text of every error of a pipeline file.

use pixelflume_ops::ImageShape;
use pixelflume_ops::registry::OPERATORS;
use pixelflume_pipeline::{Pipeline, PipelineError};

pub(crate) const VALID: &str = r#"name = "edges"

[[node]]
name = "gray"
op = "color"
from = "input"
conversion = "rgb_to_gray"

[[node]]
name = "smooth"
op = "gaussian_blur"
from = "gray"
size = 5

[[node]]
name = "edges"
op = "sobel"
from = "smooth"

[[node]]
name = "small"
op = "resize"
from = "smooth"
width = 32
height = 24
"#;

/// The error that the valid file gives after this one change.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(
        VALID.matches(from).count(),
        1,
        "{from:?} stands once in the file"
    );
    let text = VALID.replace(from, to);
    match Pipeline::from_toml(&text, "edges.toml") {
        Ok(_) => panic!("{to:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
pub(crate) fn check(from: &str, to: &str, expected: &str) {
    assert_eq!(changed(from, to), expected.trim_matches('\n'));
}

#[test]
fn the_valid_file_is_valid() {
    let pipeline = Pipeline::from_toml(VALID, "edges.toml").unwrap();
    assert_eq!(pipeline.name(), "edges");
    assert_eq!(pipeline.inputs().collect::<Vec<_>>(), ["input"]);
    assert_eq!(pipeline.outputs().collect::<Vec<_>>(), ["edges", "small"]);
    assert_eq!(pipeline.nodes().len(), 4);
}

#[test]
fn unknown_operator() {
    let operators: Vec<_> = OPERATORS.iter().map(|spec| spec.kind).collect();
    check(
        "gaussian_blur",
        "gausian_blur",
        &r#"
error: unknown operator "gausian_blur"
  --> edges.toml:11:6
   |
11 | op = "gausian_blur"
   |      ^^^^^^^^^^^^^^
   = help: did you mean "gaussian_blur"? Known operators: {operators}
"#
        .replace("{operators}", &operators.join(", ")),
    );
}

#[test]
fn unknown_keys() {
    check(
        "size = 5",
        "size = 5\nsigna = 1.5",
        r#"
error: unknown key `signa`
  --> edges.toml:14:1
   |
14 | signa = 1.5
   | ^^^^^
   = help: did you mean "sigma"? Keys of gaussian_blur: name, op, from, size, sigma
"#,
    );
    check(
        "name = \"edges\"\n\n",
        "outputz = [\"edges\"]\n",
        r#"
error: unknown key `outputz`
 --> edges.toml:1:1
  |
1 | outputz = ["edges"]
  | ^^^^^^^
  = help: did you mean "outputs"? Known keys: name, inputs, outputs, fusion, decode, node
"#,
    );
    check(
        "height = 24",
        "height = 24\noutputs = [\"edges\"]",
        r#"
error: unknown key `outputs`
  --> edges.toml:26:1
   |
26 | outputs = ["edges"]
   | ^^^^^^^
   = help: move `outputs` above the first `[[node]]`
"#,
    );
}

#[test]
fn what_is_missing() {
    check(
        "op = \"sobel\"\n",
        "",
        r#"
error: node "edges" lacks `op`
  --> edges.toml:15:1
   |
15 | [[node]]
   | ^^^^^^^^
   = help: add for example `op = "sobel"`
"#,
    );
    check(
        "name = \"small\"\n",
        "",
        r#"
error: a node lacks `name`
  --> edges.toml:20:1
   |
20 | [[node]]
   | ^^^^^^^^
   = help: add for example `name = "edges"`
"#,
    );
    check(
        "from = \"gray\"\n",
        "",
        r#"
error: node "smooth" lacks `from`
 --> edges.toml:9:1
  |
9 | [[node]]
  | ^^^^^^^^
  = help: add for example `from = "input"`
"#,
    );
    check(
        "width = 32\n",
        "",
        r#"
error: node "small" lacks `width`, which resize needs
  --> edges.toml:20:1
   |
20 | [[node]]
   | ^^^^^^^^
   = help: add for example `width = 320`
"#,
    );
}

#[test]
fn types() {
    check(
        "size = 5",
        "size = 5.0",
        r#"
error: `size` must be an integer, got a floating point number
  --> edges.toml:13:8
   |
13 | size = 5.0
   |        ^^^
   = help: write for example `size = 5`
"#,
    );
    check(
        "op = \"sobel\"",
        "op = [\"sobel\"]",
        r#"
error: `op` must be a string, got an array
  --> edges.toml:17:6
   |
17 | op = ["sobel"]
   |      ^^^^^^^^^
   = help: write for example `op = "sobel"`
"#,
    );
    check(
        "size = 5",
        "size = 5\nsigma = true",
        r#"
error: `sigma` must be a number, got a boolean
  --> edges.toml:14:9
   |
14 | sigma = true
   |         ^^^^
   = help: write for example `sigma = 1.1`
"#,
    );
}

#[test]
fn impossible_parameters() {
    check(
        "size = 5",
        "size = 4",
        r#"
error: gaussian_blur: size = 4 is not possible
  --> edges.toml:13:8
   |
13 | size = 4
   |        ^
   = help: an odd number of taps from 3 to 31
"#,
    );
    check(
        "width = 32",
        "width = 0",
        r#"
error: resize: width = 0 is not possible
  --> edges.toml:24:9
   |
24 | width = 0
   |         ^
   = help: a number of pixels from 1 to 65536
"#,
    );
    check(
        "height = 24",
        "height = -24",
        r#"
error: `height` = -24 is out of range
  --> edges.toml:25:10
   |
25 | height = -24
   |          ^^^
   = help: write an integer from 0 to 4294967295, for example `height = 240`
"#,
    );
    check(
        "rgb_to_gray",
        "rgb_to_grey",
        r#"
error: unknown conversion "rgb_to_grey"
 --> edges.toml:7:14
  |
7 | conversion = "rgb_to_grey"
  |              ^^^^^^^^^^^^^
  = help: did you mean "rgb_to_gray"? Possible: rgb_to_gray, bgr_to_gray, rgba_to_gray, bgra_to_gray, rgb_to_bgr, bgr_to_rgb, rgba_to_rgb, rgba_to_bgr, rgba_to_bgra, bgra_to_rgb, bgra_to_bgr, bgra_to_rgba, rgb_to_rgba, rgb_to_bgra, bgr_to_rgba, bgr_to_bgra, gray_to_rgb, gray_to_bgr, gray_to_rgba, gray_to_bgra
"#,
    );
}

#[test]
fn syntax() {
    check(
        "size = 5",
        "size 5",
        r#"
error: this is not TOML: key with no value, expected `=`
  --> edges.toml:13:6
   |
13 | size 5
   |      ^
"#,
    );
    check(
        "size = 5",
        "size = 5\nsize = 7",
        r#"
error: this is not TOML: duplicate key
  --> edges.toml:14:1
   |
14 | size = 7
   | ^^^^
"#,
    );
}

#[test]
fn nodes_that_are_not_an_array_of_tables() {
    let error = |text| Pipeline::from_toml(text, "x.toml").unwrap_err().to_string();
    assert_eq!(
        error("[node]\nname = \"a\"\n"),
        "error: a node is written with two brackets\n --> x.toml:1:1\n  |\n1 | [node]\n  | ^^^^^^\n  = help: write `[[node]]`"
    );
    assert_eq!(
        error("node = 3"),
        "error: `node` must be an array of tables\n --> x.toml:1:1\n  |\n1 | node = 3\n  | ^^^^\n  \
         = help: a node begins with a line `[[node]]`, then name, op and from"
    );
    assert!(
        error("name = \"x\"\n").starts_with("error: the pipeline has no nodes\n --> x.toml:2:1\n")
    );
    assert!(error("").starts_with("error: the pipeline has no nodes\n --> x.toml:1:1\n"));
}

#[test]
fn independent_problems_come_together_in_the_order_of_the_file() {
    let text = VALID
        .replace("height = 24", "height = 0")
        .replace("size = 5", "size = 4")
        .replace("sobel", "sobol");
    let error = Pipeline::from_toml(&text, "edges.toml").unwrap_err();
    let lines: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.line())
        .collect();
    assert_eq!(lines, [Some(13), Some(17), Some(25)]);
    assert_eq!(error.to_string().matches("error: ").count(), 3);
    let first = &error.problems()[0];
    assert_eq!((first.file(), first.column()), ("edges.toml", Some(8)));
    assert_eq!(first.message(), "gaussian_blur: size = 4 is not possible");
    assert_eq!(first.help(), Some("an odd number of taps from 3 to 31"));
}

#[test]
fn shapes_that_do_not_fit_name_node_file_and_line() {
    let pipeline = Pipeline::from_toml(VALID, "edges.toml").unwrap();
    let error = pipeline.infer(&[ImageShape::u8(8, 8, 1)]).unwrap_err();
    assert!(matches!(&error, PipelineError::Operator { node, .. } if node.name == "gray"));
    let start = "node \"gray\" (edges.toml:4:8): color takes images of 3 channel(s), got 8x8x1 u8";
    assert!(error.to_string().starts_with(start), "{error}");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = Pipeline::from_file(&missing).unwrap_err();
    assert_eq!(error.problems()[0].file(), missing.display().to_string());
    assert!(
        error
            .to_string()
            .starts_with("error: the pipeline file cannot be read: ")
    );
    assert!(
        Pipeline::from_file(folder.path())
            .unwrap_err()
            .to_string()
            .contains("it is a folder")
    );

    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, b"name = \xff").unwrap();
    let error = Pipeline::from_file(&binary).unwrap_err();
    assert!(
        error.to_string().contains("not UTF-8 text (byte 7)"),
        "{error}"
    );

    let unnamed = folder.path().join("thumbs.toml");
    std::fs::write(&unnamed, VALID.replacen("name = \"edges\"\n", "", 1)).unwrap();
    assert_eq!(Pipeline::from_file(&unnamed).unwrap().name(), "thumbs");
}

#[test]
fn the_examples_are_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pipelines");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let pipeline = Pipeline::from_file(&path).unwrap_or_else(|error| panic!("{error}"));
            pipeline.infer(&[ImageShape::u8(451, 300, 3)]).unwrap();
            count += 1;
        }
    }
    assert!(count >= 2);
}
