//! What the builder makes, and what it refuses.

use crate::support::Difference;
use pixelflume_graph::GraphError;
use pixelflume_ops::{
    Color, ColorConversion, GaussianBlur, ImageShape, OperatorError, Resize, SampleType, Sobel,
};
use pixelflume_pipeline::{ImageError, PipelineBuilder, PipelineError, Source};

fn gray() -> Color {
    Color::new(ColorConversion::RgbToGray)
}

#[test]
fn nodes_are_sorted_and_shapes_follow_them() -> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    // Added in the wrong order on purpose.
    let edges = builder.add("edges", Sobel::dx())?;
    let gray = builder.add("gray", gray())?;
    let input = builder.input("photo")?;
    builder.connect(gray, edges)?;
    builder.connect(input, gray)?;
    let pipeline = builder.build()?;

    let names: Vec<_> = pipeline.nodes().iter().map(|node| node.name()).collect();
    assert_eq!(names, ["gray", "edges"]);
    assert_eq!(pipeline.nodes()[1].sources(), [Source::Node(0)]);
    assert_eq!(pipeline.outputs().collect::<Vec<_>>(), ["edges"]);
    assert_eq!(
        (pipeline.find("edges"), pipeline.find("photo")),
        (Some(1), None)
    );
    assert_eq!((pipeline.graph().len(), pipeline.tasks().len()), (3, 2));

    let shapes = pipeline.infer(&[ImageShape::u8(7, 5, 3)])?;
    let dx = ImageShape {
        sample: SampleType::I16,
        ..ImageShape::u8(7, 5, 1)
    };
    assert_eq!(shapes.nodes, [ImageShape::u8(7, 5, 1), dx]);
    assert_eq!(shapes.of(Source::Input(0)), ImageShape::u8(7, 5, 3));
    Ok(())
}

#[test]
fn an_operator_with_two_inputs_keeps_their_order_and_may_read_one_node_twice()
-> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    let [left, right] = ["left", "right"].map(|name| builder.input(name));
    let (left, right) = (left?, right?);
    let difference = builder.add("difference", Difference)?;
    builder.connect(right, difference)?;
    builder.connect(left, difference)?;
    let twice = builder.add("twice", Difference)?;
    builder.connect(difference, twice)?;
    builder.connect(difference, twice)?;
    let error = builder.connect(left, twice).unwrap_err();
    let expected = "node \"twice\": difference takes 2 input(s); \"left\" would be one too many";
    assert_eq!(error.to_string(), expected);

    let pipeline = builder.build()?;
    assert_eq!(
        pipeline.nodes()[0].sources(),
        [Source::Input(1), Source::Input(0)]
    );
    assert_eq!(
        pipeline.nodes()[1].sources(),
        [Source::Node(0), Source::Node(0)]
    );
    Ok(())
}

#[test]
fn connections_that_cannot_be_are_refused_and_leave_the_builder_as_it_was()
-> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    let a = builder.add("a", Difference)?;
    let b = builder.then(a, "b", GaussianBlur::new(3).unwrap())?;

    let error = builder.connect(b, a).unwrap_err();
    assert!(
        matches!(&error, PipelineError::Graph(GraphError::Cycle { path }) if path == &["a", "b", "a"])
    );
    assert!(matches!(
        builder.connect(a, a),
        Err(PipelineError::Graph(GraphError::SelfLoop { .. }))
    ));
    assert!(
        matches!(builder.connect(a, input), Err(PipelineError::IntoInput { input }) if input == "input")
    );
    let surplus = builder.connect(input, b).unwrap_err();
    assert!(matches!(
        surplus,
        PipelineError::SurplusInput { expected: 1, .. }
    ));
    let duplicate = builder.add("input", Difference).unwrap_err();
    assert!(matches!(
        duplicate,
        PipelineError::Graph(GraphError::DuplicateName { .. })
    ));
    assert!(matches!(
        builder.input(" "),
        Err(PipelineError::Graph(GraphError::EmptyName))
    ));

    let mut other = PipelineBuilder::new("other");
    let foreign = other.input("input")?;
    assert!(matches!(
        builder.connect(foreign, a),
        Err(PipelineError::ForeignPort)
    ));
    assert!(matches!(
        builder.then(foreign, "c", Difference),
        Err(PipelineError::ForeignPort)
    ));
    assert!(matches!(
        builder.output(foreign),
        Err(PipelineError::ForeignPort)
    ));

    builder.connect(input, a)?;
    builder.connect(input, a)?;
    assert_eq!(builder.build()?.nodes().len(), 2);
    Ok(())
}

#[test]
fn outputs_are_checked() -> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    let a = builder.then(input, "a", gray())?;
    let b = builder.then(a, "b", Sobel::magnitude())?;
    assert!(matches!(
        builder.output(input),
        Err(PipelineError::OutputIsInput { .. })
    ));
    builder.output(b)?;
    builder.output(a)?;
    assert!(
        matches!(builder.output(b), Err(PipelineError::DuplicateOutput { name }) if name == "b")
    );
    assert_eq!(builder.build()?.outputs().collect::<Vec<_>>(), ["b", "a"]);
    Ok(())
}

#[test]
fn nodes_that_no_output_needs_are_left_out() -> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    let gray = builder.then(input, "gray", gray())?;
    let blur = builder.then(gray, "blur", GaussianBlur::new(3).unwrap())?;
    builder.then(blur, "edges", Sobel::magnitude())?;
    builder.output(gray)?;
    let pipeline = builder.build()?;
    assert_eq!(pipeline.nodes().len(), 1);
    assert_eq!(pipeline.unused(), ["blur", "edges"]);
    Ok(())
}

#[test]
fn incomplete_pipelines_are_refused() -> Result<(), PipelineError> {
    let empty = PipelineBuilder::new("nothing").build().unwrap_err();
    assert_eq!(
        empty.to_string(),
        "pipeline \"nothing\" has no nodes; add an operator"
    );

    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    builder.then(input, "half", Difference)?;
    let error = builder.build().unwrap_err();
    let expected = "node \"half\": difference takes 2 input(s), 1 connected; connect the rest";
    assert_eq!(error.to_string(), expected);

    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    builder.input("mask")?;
    builder.then(input, "gray", gray())?;
    assert!(
        matches!(builder.build(), Err(PipelineError::UnusedInput { input }) if input == "mask")
    );
    Ok(())
}

#[test]
fn shapes_are_checked_by_node() -> Result<(), PipelineError> {
    let mut builder = PipelineBuilder::new("p");
    let input = builder.input("input")?;
    let small = builder.then(input, "small", Resize::new(4, 4).unwrap())?;
    let gray = builder.then(small, "gray", gray())?;
    builder.then(gray, "again", Color::new(ColorConversion::RgbToGray))?;
    let pipeline = builder.build()?;

    let error = pipeline.infer(&[ImageShape::u8(9, 9, 3)]).unwrap_err();
    let PipelineError::Operator { node, source } = &error else {
        panic!("{error}");
    };
    assert_eq!((node.name.as_str(), &node.location), ("again", &None));
    assert!(
        matches!(**source, OperatorError::Channels { got, .. } if got == ImageShape::u8(4, 4, 1))
    );
    assert!(
        error
            .to_string()
            .starts_with("node \"again\": color takes images of 3 channel(s)"),
        "{error}"
    );

    let error = pipeline.infer(&[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pipeline \"p\" takes 1 input(s) (input), got 0"
    );
    for shape in [
        ImageShape::u8(0, 4, 3),
        ImageShape::u8(u32::MAX, u32::MAX, u32::MAX),
    ] {
        let error = pipeline.infer(&[shape]).unwrap_err();
        let PipelineError::InputShape { input, source } = &error else {
            panic!("{error}");
        };
        assert_eq!(input, "input");
        assert!(matches!(
            source,
            ImageError::Empty { .. } | ImageError::TooLarge { .. }
        ));
    }
    Ok(())
}
