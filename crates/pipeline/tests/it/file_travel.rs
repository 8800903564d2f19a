//! Random pipelines that travel as text: what is read from the text is the pipeline that was written.

use crate::support::noise_of;
use pixelflume_device::{Device, HostConfig};
use pixelflume_graph::text::is_hidden;
use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::testing::Random;
use pixelflume_ops::*;
use pixelflume_pipeline::{ExecutionConfig, Image, Pipeline, PipelineBuilder, Port, Runner};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// All that makes a pipeline, but for places in files. The digits of a number are those of this number alone.
pub(crate) fn parts(pipeline: &Pipeline) -> Vec<String> {
    let mut parts = vec![
        format!("{:?} {}", pipeline.name(), pipeline.fusion()),
        format!("{:?}", pipeline.inputs().collect::<Vec<_>>()),
        format!("{:?}", pipeline.outputs().collect::<Vec<_>>()),
    ];
    parts.extend(pipeline.nodes().iter().map(|node| {
        let operator = &**node.operator();
        let values = registry::values_of(operator).expect("a built-in operator");
        let values: Vec<_> = values.iter().map(|(of, value)| (of.name, value)).collect();
        let (name, sources) = (node.name(), node.sources());
        format!("{name:?} {sources:?} {operator:?} {values:?}")
    }));
    parts
}

/// Writes the pipeline and reads it again; the two are equal.
#[track_caller]
pub(crate) fn travel(pipeline: &Pipeline) -> (String, Pipeline) {
    let text = pipeline.to_toml().unwrap_or_else(|error| panic!("{error}"));
    let read = Pipeline::from_toml(&text, "written.toml")
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(parts(&read), parts(pipeline), "{text}");
    assert_eq!(read.output_nodes(), pipeline.output_nodes());
    assert!(read.graph() == pipeline.graph() && read.tasks() == pipeline.tasks());
    assert!(read.unused().is_empty());
    assert_eq!(read.to_toml().as_ref(), Ok(&text));
    let hidden = text.chars().find(|&c| c != '\n' && is_hidden(c));
    assert_eq!(hidden, None, "{text:?}");
    (text, read)
}

/// A pipeline of one node.
pub(crate) fn single(operator: Arc<dyn Operator>) -> Pipeline {
    let mut builder = PipelineBuilder::new("single");
    let input = builder.input("input").unwrap();
    let inputs = operator.input_count();
    let node = builder.add_boxed("node", operator).unwrap();
    for _ in 0..inputs {
        builder.connect(input, node).unwrap();
    }
    builder.build().unwrap()
}

/// Draws an operator of any kind with a small output, and the shape of its inputs.
fn draw(random: &mut Random, shape: ImageShape) -> (Arc<dyn Operator>, ImageShape, ImageShape) {
    loop {
        let mut of = shape;
        let operator = registry::sample(random, &mut of).unwrap();
        let plan = operator.plan(&vec![of; operator.input_count()]).unwrap();
        if plan.output().bytes() <= 50_000 {
            return (operator, of, plan.output());
        }
    }
}

/// The order in which a builder gets the vertices of a random pipeline.
fn shuffled(random: &mut Random, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for index in (1..count).rev() {
        order.swap(index, random.within(0, index as u32) as usize);
    }
    order
}

/// A pipeline of `nodes` operators of any kinds, which read inputs and nodes of their shapes, with the shapes of its inputs.
/// Names have letters of several scripts. Inputs and nodes are added in any order.
fn random_pipeline(random: &mut Random, nodes: usize) -> (Pipeline, Vec<ImageShape>) {
    /// An input, or an operator with what it reads.
    enum Vertex {
        Input(ImageShape),
        Node(Arc<dyn Operator>, Vec<usize>, ImageShape),
    }
    let shape_of = |vertex: &Vertex| match vertex {
        Vertex::Input(shape) | Vertex::Node(_, _, shape) => *shape,
    };
    let mut vertices: Vec<Vertex> = Vec::new();
    let sides = [random.within(1, 40), random.within(1, 40)];
    let first = ImageShape::u8(sides[0], sides[1], random.pick(&[1, 3, 4]));
    for _ in 0..nodes {
        let near = vertices.iter().map(shape_of);
        let near: Vec<_> = near
            .filter(|shape| *shape == ImageShape::u8(shape.width, shape.height, shape.channels))
            .collect();
        let wanted = if near.is_empty() {
            first
        } else {
            random.pick(&near)
        };
        let (operator, shape, output) = draw(random, wanted);
        let fits = |at: &usize| shape_of(&vertices[*at]) == shape;
        let mut fitting: Vec<usize> = (0..vertices.len()).filter(fits).collect();
        if fitting.is_empty() {
            fitting.push(vertices.len());
            vertices.push(Vertex::Input(shape));
        }
        let sources = (0..operator.input_count()).map(|_| random.pick(&fitting));
        let sources = sources.collect();
        vertices.push(Vertex::Node(operator, sources, output));
    }

    let name = random.pick(&[
        "edges",
        "",
        "a \"b\" \\ c",
        "two\nlines\r\n\t",
        "\u{0}\u{1b}\u{7f}\u{85}\u{2028}\u{feff}",
        "Kanten für 画像 🎞",
    ]);
    let mut builder = PipelineBuilder::new(name);
    builder.fusion(random.within(0, 1) == 0);
    let order = shuffled(random, vertices.len());
    let mut ports: Vec<Option<Port>> = vec![None; vertices.len()];
    let mut shapes = Vec::new();
    for &index in &order {
        let name = format!("{}{index}", random.pick(&["n", "画像", "été-", "A_.", "ß"]));
        ports[index] = Some(match &vertices[index] {
            Vertex::Input(shape) => {
                shapes.push(*shape);
                builder.input(&name).unwrap()
            }
            Vertex::Node(operator, ..) => builder.add_boxed(&name, Arc::clone(operator)).unwrap(),
        });
    }
    let ports: Vec<Port> = ports.into_iter().flatten().collect();
    let mut is_read = vec![false; vertices.len()];
    for &index in &shuffled(random, vertices.len()) {
        if let Vertex::Node(_, sources, _) = &vertices[index] {
            for &source in sources {
                builder.connect(ports[source], ports[index]).unwrap();
                is_read[source] = true;
            }
        }
    }
    // At times some of the nodes that others read, among all that nobody reads.
    if random.within(0, 1) == 0 {
        for &index in &shuffled(random, vertices.len()) {
            let is_node = matches!(vertices[index], Vertex::Node(..));
            if is_node && (!is_read[index] || random.within(0, 2) == 0) {
                builder.output(ports[index]).unwrap();
            }
        }
    }
    (builder.build().unwrap(), shapes)
}

/// The results of one frame of noise.
fn results(pipeline: &Pipeline, shapes: &[ImageShape]) -> Vec<(String, Vec<Image>)> {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let mut runner = Runner::new(pipeline.clone(), &device, ExecutionConfig::default()).unwrap();
    let frames: Vec<Image> = shapes.iter().map(|&shape| noise_of(shape, 7)).collect();
    let frames: Vec<[&Image; 1]> = frames.iter().map(|frame| [frame]).collect();
    let frames: Vec<&[&Image]> = frames.iter().map(|frame| frame.as_slice()).collect();
    let outputs = runner.run_inputs(&frames).unwrap();
    let images = outputs.outputs();
    let images = images.map(|(name, images)| (name.to_owned(), images.unwrap().to_vec()));
    images.collect()
}

#[test]
fn random_pipelines_have_every_operator() {
    let mut random = Random::new(3);
    let mut kinds = BTreeSet::new();
    for _ in 0..160 {
        let (pipeline, _) = random_pipeline(&mut random, 8);
        kinds.extend(pipeline.nodes().iter().map(|node| node.operator().kind()));
    }
    let all: BTreeSet<_> = OPERATORS.iter().map(|spec| spec.kind).collect();
    assert_eq!(kinds, all);
}

// The number of cases is set by `PROPTEST_CASES`.
proptest! {
    #[test]
    fn pipelines_are_read_as_they_were_written(seed in any::<u64>(), nodes in 1usize..16) {
        let (pipeline, shapes) = random_pipeline(&mut Random::new(seed), nodes);
        let (_, read) = travel(&pipeline);
        prop_assert_eq!(read.infer(&shapes).unwrap(), pipeline.infer(&shapes).unwrap());
        prop_assert!(results(&read, &shapes) == results(&pipeline, &shapes));
    }

    #[test]
    fn names_of_pipelines_hold_any_text(name in any::<String>()) {
        let mut builder = PipelineBuilder::new(name);
        let input = builder.input("input").unwrap();
        builder.then(input, "node", Flip::new(FlipAxis::Vertical)).unwrap();
        travel(&builder.build().unwrap());
    }

    #[test]
    fn numbers_keep_their_last_bit(bits in any::<[u64; 6]>(), inverse in any::<bool>()) {
        let numbers = bits.map(f64::from_bits);
        for number in numbers {
            let blur = GaussianBlur::new(5).unwrap().sigma(number);
            let blend = Blend::new(number % 1.0);
            let normalize = Normalize::new(&[number], &[1.0])
                .and_then(|of| of.like(NormalizeLike::Fma)?.scale(number));
            for operator in [
                blur.ok().map(|made| Arc::new(made) as Arc<dyn Operator>),
                blend.ok().map(|made| Arc::new(made) as _),
                normalize.ok().map(|made| Arc::new(made) as _),
            ].into_iter().flatten() {
                travel(&single(operator));
            }
        }
        if let Ok(warp) = WarpAffine::with_direction(numbers.map(|number| number % 1e30), inverse, 3, 2) {
            travel(&single(Arc::new(warp)));
        }
    }
}
