//! The text of pipelines that are written as pipeline files, and the errors of those that have no text.

use crate::file_errors::VALID;
use crate::file_travel::{parts, single, travel};
use crate::support::Difference;
use pixelflume_ops::registry::OPERATORS;
use pixelflume_ops::spec::ParameterDefault;
use pixelflume_ops::testing::Random;
use pixelflume_ops::*;
use pixelflume_pipeline::{Pipeline, PipelineBuilder, PipelineTextError};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A pipeline can be shared by threads and sent to others.
const _: () = {
    const fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<Pipeline>();
};

/// A pipeline with a node for each form in which a parameter is written.
fn forms() -> Pipeline {
    let mut builder = PipelineBuilder::new("all \"forms\"");
    let [left, right] = ["left", "right"].map(|name| builder.input(name).unwrap());
    let blend = builder.add("blend", Blend::new(0.1).unwrap()).unwrap();
    builder.connect(right, blend).unwrap();
    builder.connect(left, blend).unwrap();
    let blur = GaussianBlur::new(5).unwrap();
    let derived = builder.then(blend, "derived", blur).unwrap();
    builder
        .then(derived, "given", blur.sigma(1e-7).unwrap())
        .unwrap();
    let matrix = [1.0, -0.0, 1e20, 0.0, 1.0, 0.1 + 0.2];
    let warp = WarpAffine::inverse_map(matrix, 8, 6).unwrap();
    let warp = builder
        .then(derived, "warp.1", warp.value([1, 2, 3, 4]))
        .unwrap();
    builder.then(warp, "last", Sobel::dx()).unwrap();
    for output in [warp, derived] {
        builder.output(output).unwrap();
    }
    builder.fusion(false);
    builder.build().unwrap()
}

#[test]
fn the_text_has_every_key_in_a_fixed_form() {
    let pipeline = forms();
    assert_eq!(pipeline.unused(), ["given", "last"]);
    let (text, _) = travel(&pipeline);
    let expected = r#"name = "all \"forms\""
inputs = ["left", "right"]
outputs = ["warp.1", "derived"]
fusion = false

[[node]]
name = "blend"
op = "blend"
from = ["right", "left"]
alpha = 0.1

[[node]]
name = "derived"
op = "gaussian_blur"
from = "blend"
size = 5

[[node]]
name = "warp.1"
op = "warp_affine"
from = "derived"
width = 8
height = 6
matrix = [1.0, -0.0, 1e20, 0.0, 1.0, 0.30000000000000004]
inverse = true
value = [1, 2, 3, 4]
interpolation = "bilinear"
border = "constant"
"#;
    assert_eq!(text, expected);
}

/// A sigma that was derived from the size is derived again when the size changes, and one that was given stays.
#[test]
fn what_is_derived_stays_derived() {
    let blur = GaussianBlur::new(5).unwrap();
    for blur in [blur, blur.sigma(1e-7).unwrap()] {
        let written = single(Arc::new(blur));
        let (text, read) = travel(&written);
        assert_eq!(text.contains("\nsigma = 1e-7\n"), text.contains("sigma"));
        let [written, read] =
            [written, read].map(|of| of.with_parameter("node", "size", 9).unwrap());
        assert_eq!(parts(&written), parts(&read));
    }
}

/// A spec that does not read a parameter of its operator fails here.
#[test]
fn every_operator_travels_with_all_its_parameters() {
    for spec in OPERATORS {
        let mut random = Random::new(17);
        let mut texts = BTreeSet::new();
        for _ in 0..40 {
            let mut shape = ImageShape::u8(24, 18, 3);
            let operator = (spec.testing.sample)(&mut random, &mut shape).unwrap();
            let (text, _) = travel(&single(operator));
            for parameter in spec.parameters {
                let is_written = text.contains(&format!("\n{} = ", parameter.name));
                let is_derived = matches!(parameter.default, ParameterDefault::Derived(_));
                assert!(is_written || is_derived, "{}: {text}", parameter.name);
            }
            texts.insert(text);
        }
        assert!(
            texts.len() > 1 || spec.parameters.is_empty(),
            "{}",
            spec.kind
        );
    }
}

#[test]
fn values_given_for_each_image_are_written_as_input() {
    let operators: [(Arc<dyn Operator>, &str); 4] = [
        (Arc::new(ResizedCrop::given(8, 9).unwrap()), "box"),
        (Arc::new(Erase::given()), "box"),
        (Arc::new(Flip::given()), "axis"),
        (Arc::new(WarpAffine::given(true, 8, 9).unwrap()), "matrix"),
    ];
    for (operator, parameter) in operators {
        let (text, _) = travel(&single(operator));
        assert!(
            text.contains(&format!("\n{parameter} = \"input\"\n")),
            "{text}"
        );
    }
}

#[test]
fn files_are_read_written_and_read_again() {
    let (text, _) = travel(&Pipeline::from_toml(VALID, "edges.toml").unwrap());
    assert!(text.starts_with("name = \"edges\"\n"), "{text}");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/pipelines");
    let mut count = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let pipeline = Pipeline::from_file(entry.unwrap().path()).unwrap();
        let (text, _) = travel(&pipeline);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("another-name.toml");
        std::fs::write(&path, &text).unwrap();
        let read = Pipeline::from_file(&path).unwrap();
        assert_eq!(parts(&read), parts(&pipeline));
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn fusion_is_a_key_of_files() {
    for (line, expected) in [
        ("", true),
        ("fusion = true", true),
        ("fusion = false", false),
    ] {
        let text = format!("{line}\n{VALID}");
        let pipeline = Pipeline::from_toml(&text, "edges.toml").unwrap();
        assert_eq!(pipeline.fusion(), expected, "{line}");
        travel(&pipeline);
    }
}

/// An operator of a program that calls itself by the kind of a built-in one.
#[derive(Debug)]
struct Impostor;

impl Operator for Impostor {
    fn kind(&self) -> &'static str {
        "flip"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Flip::new(FlipAxis::Vertical).plan(inputs)
    }
}

#[test]
fn operators_of_the_program_have_no_text() {
    let error = single(Arc::new(Difference)).to_toml().unwrap_err();
    let expected = PipelineTextError::Operator {
        node: "node".to_owned(),
        kind: "difference",
    };
    assert_eq!(error, expected);
    let text = "node \"node\" is of kind difference, which is no built-in operator, so that a pipeline file cannot have it; use built-in operators, or build the pipeline in Rust wherever it is needed";
    assert_eq!(error.to_string(), text);
    let error = single(Arc::new(Impostor)).to_toml().unwrap_err();
    assert!(matches!(
        error,
        PipelineTextError::Operator { kind: "flip", .. }
    ));
}

/// The reader's rule and the writer's are one.
#[test]
fn names_that_files_cannot_have_are_refused() {
    let pipeline = |input: &str, node: &str| {
        let mut builder = PipelineBuilder::new("names");
        let input = builder.input(input).unwrap();
        builder
            .then(input, node, Flip::new(FlipAxis::Vertical))
            .unwrap();
        builder.build().unwrap()
    };
    for name in [
        ".hidden",
        "two words",
        "a/b",
        "..",
        "quote\"",
        "back\\slash",
        "new\nline",
        "🎞",
    ] {
        for refused in [pipeline(name, "node"), pipeline("input", name)] {
            let error = refused.to_toml().unwrap_err();
            let expected = PipelineTextError::Name {
                name: name.to_owned(),
            };
            assert_eq!(error, expected);
            let help = "use letters, digits, `_`, `-` and `.`, and no `.` at the start";
            assert!(error.to_string().ends_with(help), "{error}");
        }
    }
    travel(&pipeline("画像", "é.-_9"));
}

#[test]
fn a_text_that_no_file_may_have_is_refused() {
    let chain = |nodes: usize, name: usize| {
        let mut builder = PipelineBuilder::new("long");
        let mut port = builder.input("input").unwrap();
        for node in 0..nodes {
            let name = format!("{}{node:06}", "n".repeat(name - 6));
            port = builder
                .then(port, &name, Flip::new(FlipAxis::Vertical))
                .unwrap();
        }
        builder.build().unwrap()
    };
    travel(&chain(1000, 300));
    let error = chain(1000, 600).to_toml().unwrap_err();
    let expected = PipelineTextError::TooLarge {
        pipeline: "long".to_owned(),
        nodes: 1000,
        limit: 1 << 20,
    };
    assert_eq!(error, expected);
    // A name stands twice in the text of one node: as its own, and as the output.
    let bytes = chain(1, 300_000).to_toml().unwrap().len();
    let most = 300_000 + ((1 << 20) - bytes) / 2;
    let (text, _) = travel(&chain(1, most));
    assert!(text.len() > (1 << 20) - 2);
    assert!(chain(1, most + 1).to_toml().is_err());
}

#[test]
fn clones_share_everything() {
    let pipeline = forms();
    let clone = pipeline.clone();
    assert!(std::ptr::eq(clone.nodes(), pipeline.nodes()));
    assert!(std::ptr::eq(clone.graph(), pipeline.graph()));
    let text = std::thread::spawn(move || clone.to_toml()).join().unwrap();
    assert_eq!(text, pipeline.to_toml());
}
