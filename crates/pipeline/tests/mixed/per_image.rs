//! Effects that differ from image to image: drawn, given, and those that depend on the whole batch.

use crate::support::*;
use pixelflume_ops::{
    Crop, ImageContext, ImageShape, Operator, OperatorError, Plan, Resize, ResizedCrop,
};
use pixelflume_pipeline::{
    BatchOutputs, BatchParameters, Image, Input, Output, Pipeline, PipelineBuilder, PipelineError,
    Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::sync::Arc;

/// A crop whose place depends on the number of the image and of the pass.
#[derive(Debug)]
struct Wandering;

impl Wandering {
    fn at(index: u64, epoch: u64) -> Crop {
        let (x, y) = (index % 7, (index / 7 + epoch) % 5);
        Crop::new(x as u32, y as u32, 12, 10).unwrap()
    }
}

impl Operator for Wandering {
    fn kind(&self) -> &'static str {
        "wandering"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Wandering::at(0, 0).plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(Arc::new(Wandering::at(image.index, image.epoch))))
    }
}

/// A resize to the largest width and height of the batch.
#[derive(Debug)]
struct ToLargest;

impl Operator for ToLargest {
    fn kind(&self) -> &'static str {
        "to_largest"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Resize::new(inputs[0].width, inputs[0].height)?.plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        let (width, height) = image.largest;
        Ok(Some(Arc::new(Resize::new(width, height)?)))
    }
}

fn pipeline_of(operators: Vec<(&str, Arc<dyn Operator>)>) -> Pipeline {
    let mut builder = PipelineBuilder::new("each");
    let mut last = builder.input("photo").unwrap();
    for (name, operator) in operators {
        let node = builder.add_boxed(name, operator).unwrap();
        builder.connect(last, node).unwrap();
        last = node;
    }
    builder.build().unwrap()
}

fn blur() -> Arc<dyn Operator> {
    Arc::new(pixelflume_ops::GaussianBlur::new(3).unwrap())
}

fn runner(pipeline: &Pipeline, mode: ExecutionMode) -> Runner {
    Runner::new(pipeline.clone(), &checked(), config(mode)).unwrap()
}

fn run(runner: &mut Runner, images: &[&Image], parameters: &BatchParameters<'_>) -> Vec<Image> {
    let mut outputs = BatchOutputs::default();
    runner
        .run_with(&[Input::Images(images)], parameters, &mut outputs)
        .unwrap();
    let (_, images) = outputs.into_outputs().next().unwrap();
    images.unwrap()
}

/// What an image gets depends on its number and the pass alone: not on its batch, its place there, or the way of execution.
#[test]
fn an_image_gets_the_same_in_every_batch() {
    // A chain, and groups, since the blur comes first.
    let chained = pipeline_of(vec![("corner", Arc::new(Wandering)), ("smooth", blur())]);
    let grouped = pipeline_of(vec![("smooth", blur()), ("corner", Arc::new(Wandering))]);
    let photos = photos(20, 5);
    let photos = references(&photos);
    for mode in MODES {
        for (pipeline, is_grouped) in [(&chained, false), (&grouped, true)] {
            let expected: Vec<Image> = photos
                .iter()
                .enumerate()
                .map(|(number, photo)| {
                    let crop: Arc<dyn Operator> = Arc::new(Wandering::at(number as u64, 3));
                    let nodes = match is_grouped {
                        false => vec![("corner", crop), ("smooth", blur())],
                        true => vec![("smooth", blur()), ("corner", crop)],
                    };
                    one_by_one(&pipeline_of(nodes), &[*photo])
                        .remove(0)
                        .remove(0)
                })
                .collect();
            let mut runner = runner(pipeline, mode);
            runner.set_epoch(3);
            // The number counts on from batch to batch.
            let mut got = Vec::new();
            for (start, end) in [(0, 1), (1, 7), (7, 9), (9, 20)] {
                assert_eq!(runner.index(), start as u64);
                let outputs = runner.run(&photos[start..end]).unwrap();
                let (_, images) = outputs.into_outputs().next().unwrap();
                got.extend(images.unwrap());
            }
            assert!(got == expected);
            // Numbers of a batch in another order, in another pass in between.
            let order = [13, 4, 4, 19, 0, 8];
            let numbers = order.map(|number| number as u64);
            let picked = order.map(|number| photos[number]);
            let parameters = BatchParameters::new(runner.pipeline()).with_indices(&numbers);
            let got = run(&mut runner, &picked, &parameters);
            assert!(
                got.iter()
                    .zip(order)
                    .all(|(got, number)| *got == expected[number])
            );
            let parameters = BatchParameters::new(runner.pipeline())
                .with_index(20)
                .with_epoch(4);
            let other = run(&mut runner, &photos[..2], &parameters);
            assert!(other[0] != expected[0]);
            assert_eq!((runner.index(), runner.epoch()), (22, 3));
        }
    }
    let wandering = runner(&chained, ExecutionMode::Direct).statistics();
    assert_eq!(wandering.batches, 0);
}

/// Images of one size as well: no plan is compiled for a new size.
#[test]
fn images_of_one_size_take_the_plan_of_all_sizes() {
    let pipeline = pipeline_of(vec![("corner", Arc::new(Wandering)), ("smooth", blur())]);
    let mut runner = runner(&pipeline, ExecutionMode::Direct);
    for size in 20..40 {
        let images = [image(size, 21, 3, 0), image(size, 21, 3, 1)];
        drop(runner.run(&references(&images)).unwrap());
    }
    assert_eq!(runner.statistics().plans_compiled, 1);
}

#[test]
fn the_largest_image_of_the_batch_is_known() {
    let pipeline = pipeline_of(vec![("large", Arc::new(ToLargest)), ("smooth", blur())]);
    let mut runner = runner(&pipeline, ExecutionMode::Direct);
    let images = [image(20, 31, 3, 0), image(33, 9, 3, 1), image(20, 31, 3, 2)];
    let images = references(&images);
    let mut tensor = None;
    let outputs = &mut [Output::Tensor(&mut tensor)];
    let execution = runner.execute(&[Input::Images(&images)], outputs).unwrap();
    assert!(execution.is_success());
    let resized = pipeline_of(vec![
        ("large", Arc::new(Resize::new(33, 31).unwrap())),
        ("smooth", blur()),
    ]);
    assert!(tensor.unwrap().to_images().unwrap() == one_by_one(&resized, &images)[0]);
}

#[test]
fn values_are_given_for_each_image() {
    let text = "
[[node]]
name = \"face\"
op = \"resized_crop\"
from = \"input\"
box = \"input\"
width = 16
height = 12
";
    let pipeline = pipeline(text);
    let photos = photos(9, 6);
    let photos = references(&photos);
    let boxes: Vec<f64> = (0..9)
        .flat_map(|number| [f64::from(number), 2.0, 9.0 + f64::from(number % 3), 11.0])
        .collect();
    for mode in MODES {
        let mut runner = runner(&pipeline, mode);
        let mut parameters = BatchParameters::new(runner.pipeline());
        parameters.set("face", "box", 4, &boxes).unwrap();
        let got = run(&mut runner, &photos, &parameters);
        for ((got, photo), given) in got.iter().zip(&photos).zip(boxes.chunks(4)) {
            let [x, y, width, height] = [0, 1, 2, 3].map(|at: usize| given[at] as u32);
            let crop = ResizedCrop::new(
                pixelflume_ops::CropBox {
                    x,
                    y,
                    width,
                    height,
                },
                16,
                12,
            )
            .unwrap();
            let one = pipeline_of(vec![("face", Arc::new(crop))]);
            assert!(*got == one_by_one(&one, &[*photo])[0][0]);
        }

        let error = runner.run(&photos).unwrap_err();
        assert!(
            matches!(&error, PipelineError::FrameOperator { frame: 0, .. }),
            "{error}"
        );
        let refused = |result: Result<(), PipelineError>, text: &str| {
            let error = result.unwrap_err();
            assert!(
                matches!(error, PipelineError::ImageValues { .. }),
                "{error}"
            );
            assert!(error.to_string().contains(text), "{error}");
        };
        let mut outputs = BatchOutputs::default();
        refused(
            runner.run_with(&[Input::Images(&photos[1..])], &parameters, &mut outputs),
            "values for 9 image(s) were given for a batch of 8 frame(s)",
        );
        refused(
            parameters.set("face", "rectangle", 4, &boxes),
            "has no parameter \"rectangle\"",
        );
        refused(
            parameters.set("face", "box", 5, &boxes),
            "36 values are not 5 for each image",
        );
        refused(
            parameters.set("face", "box", 0, &boxes),
            "are not 0 for each image",
        );
        let other = self::pipeline(TENSOR);
        refused(
            BatchParameters::new(&other).set("small", "width", 1, &boxes),
            "does the same to every image",
        );
        refused(
            runner.run_with(
                &[Input::Images(&photos)],
                &BatchParameters::new(&other),
                &mut outputs,
            ),
            "another pipeline",
        );
    }
}

#[test]
fn plans_for_one_shape_refuse_effects_that_differ() {
    let pipeline = pipeline_of(vec![("corner", Arc::new(Wandering))]);
    assert!(pipeline.is_per_image());
    let shape = ImageShape::u8(30, 30, 3);
    let compiled = pipeline.compile(&checked(), &[shape], config(ExecutionMode::Direct));
    let error = compiled.err().unwrap();
    assert!(matches!(error, PipelineError::PerImage { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("node \"corner\": the effect of wandering differs")
    );
}

/// A size that is rounded up hides the largest image for the first one, and not for the others.
#[test]
fn what_pads_to_multiples_before_one_size_knows_the_largest_image() {
    let text = |pad: &str, behind: &str| {
        format!(
            "[[node]]\nname = \"pad\"\nfrom = \"input\"\n{pad}\n[[node]]\nname = \"small\"\nfrom = \"pad\"\n{behind}\n"
        )
    };
    let resize = "op = \"resize\"\nwidth = 20\nheight = 14";
    let crop = "op = \"center_crop\"\nwidth = 60\nheight = 60";
    let batch = [image(40, 40, 3, 0), image(100, 70, 3, 1)];
    for (pad, alike) in [
        ("op = \"pad_to_largest\"", "op = \"pad_to\""),
        (
            "op = \"pad_to_largest\"\nposition = \"center\"",
            "op = \"pad_to\"\nposition = \"center\"",
        ),
        ("op = \"pad_mask\"\nlargest = true", "op = \"pad_mask\""),
    ] {
        for behind in [resize, crop] {
            let largest = pipeline(&text(&format!("{pad}\nmultiple = 64"), behind));
            let given = pipeline(&text(
                &format!("{alike}\nwidth = 128\nheight = 128"),
                behind,
            ));
            let expected = one_by_one(&given, &references(&batch));
            for mode in MODES {
                let mut runner = Runner::new(largest.clone(), &checked(), config(mode)).unwrap();
                assert_outputs(&runner.run(&references(&batch)).unwrap(), &expected);
            }
        }
    }
}

/// Values for a parameter that has one value for all images would change nothing.
#[test]
fn values_are_for_parameters_that_are_given() {
    for (operator, parameter) in [
        ("op = \"random_flip\"", "horizontal"),
        ("op = \"random_crop\"\nwidth = 4\nheight = 4", "width"),
        (
            "op = \"resized_crop\"\nbox = \"input\"\nwidth = 4\nheight = 4",
            "width",
        ),
    ] {
        let text = format!("[[node]]\nname = \"node\"\nfrom = \"input\"\n{operator}\n");
        let pipeline = pipeline(&text);
        let mut parameters = BatchParameters::new(&pipeline);
        let error = parameters.set("node", parameter, 1, &[1.0, 2.0]);
        let error = error.unwrap_err().to_string();
        let expected = format!("one value of \"{parameter}\" for all images");
        assert!(error.contains(&expected), "{error}");
    }
}
