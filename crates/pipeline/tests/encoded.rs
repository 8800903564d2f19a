//! Image files as inputs: their results are those of the images that they hold, and a broken one is told by its place.

use pixelflume_codec::{
    Color, DecodeError, DecodeOptions, EncodeOptions, Format, Limits, OpenImage, Orientation, Rect,
    decode, encode,
};
use pixelflume_device::Device;
use pixelflume_ops::{Blend, ImageShape, Resize, Sobel};
use pixelflume_pipeline::engine::{Engine, EngineConfig, FrameError, Shutdown, SubmitError};
use pixelflume_pipeline::{
    ExecutionConfig, Image, ImageView, Input, Output, Pipeline, PipelineBuilder, PipelineError,
    Runner,
};

fn image(width: u32, height: u32) -> Image {
    Image::from_fn(width, height, 3, |x, y, c| (x * 9 + y * 5 + c * 60) as u8).unwrap()
}

fn file(width: u32, height: u32, format: Format) -> Vec<u8> {
    encode(
        ImageView::from(&image(width, height)),
        format,
        &EncodeOptions::default(),
    )
    .unwrap()
}

/// A JPEG file whose EXIF data says this orientation.
fn turned(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let jpeg = file(width, height, Format::Jpeg);
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    exif.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// Files of several formats and sizes, one of them turned.
fn files() -> Vec<Vec<u8>> {
    vec![
        file(40, 30, Format::Jpeg),
        file(25, 61, Format::Png),
        turned(33, 17, 6),
        file(8, 8, Format::Pnm),
    ]
}

fn small() -> Pipeline {
    let mut builder = PipelineBuilder::new("small");
    let input = builder.input("photos").unwrap();
    let node = Resize::new(20, 12).unwrap();
    builder.then(input, "small", node).unwrap();
    builder.build().unwrap()
}

fn runner(pipeline: Pipeline) -> Runner {
    Runner::new(pipeline, &Device::host(), ExecutionConfig::default()).unwrap()
}

fn slices(files: &[Vec<u8>]) -> Vec<&[u8]> {
    files.iter().map(Vec::as_slice).collect()
}

/// The images of files, and the results of the pipeline for them.
fn expected(pipeline: &Pipeline, files: &[Vec<u8>], output: &str) -> Vec<Image> {
    let decoded = |file: &Vec<u8>| decode(file, pipeline.decode_options()).unwrap();
    let images: Vec<Image> = files.iter().map(decoded).collect();
    let images: Vec<&Image> = images.iter().collect();
    let outputs = runner(pipeline.clone()).run(&images).unwrap();
    outputs.images(output).unwrap().to_vec()
}

#[test]
fn files_have_the_results_of_their_images() {
    let (files, pipeline) = (files(), small());
    let expected = expected(&pipeline, &files, "small");
    let mut runner = runner(pipeline);
    let results = runner.run_encoded(&slices(&files)).unwrap();
    assert_eq!(results.outputs.images("small").unwrap(), expected);
    assert_eq!(
        (results.frames, results.failed.len()),
        (vec![0, 1, 2, 3], 0)
    );
    // Submitted, to memory of the device.
    let stream = runner.device().stream().unwrap();
    let mut tensor = None;
    let mut places = [Output::Tensor(&mut tensor)];
    let given = slices(&files);
    let inputs = [Input::Encoded(&given)];
    let pending = runner.submit(&inputs, &mut places, &stream).unwrap();
    assert!(pending.wait().unwrap().is_success());
    assert_eq!(tensor.unwrap().to_images().unwrap(), expected);
}

#[test]
fn files_are_decoded_once_for_several_executions() {
    let (files, pipeline) = (files(), small());
    let expected = expected(&pipeline, &files, "small");
    let mut runner = runner(pipeline);
    let given = slices(&files);
    let inputs = [Input::Encoded(&given)];
    let (shapes, results) = runner
        .with_decoded(&inputs, |runner, inputs| {
            let [Input::Images(images)] = *inputs else {
                panic!("{inputs:?}");
            };
            let mut outputs = [(); 2].map(|()| Default::default());
            for outputs in &mut outputs {
                runner.run_into(inputs, outputs).unwrap();
            }
            let shapes: Vec<ImageShape> = images.iter().map(|image| image.shape()).collect();
            (shapes, outputs)
        })
        .unwrap();
    let sizes: Vec<_> = shapes
        .iter()
        .map(|shape| (shape.width, shape.height))
        .collect();
    assert_eq!(sizes, [(40, 30), (25, 61), (17, 33), (8, 8)]);
    for outputs in &results {
        assert_eq!(outputs.images("small").unwrap(), expected);
    }
    let broken: [&[u8]; 2] = [&files[0], b"none"];
    let error = runner
        .with_decoded(&[Input::Encoded(&broken)], |_, _| panic!("it was called"))
        .unwrap_err();
    let PipelineError::Decode { failures, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].frame, 1);
}

#[test]
fn files_and_images_go_together() {
    let mut builder = PipelineBuilder::new("both");
    let [left, right] = ["left", "right"].map(|name| builder.input(name).unwrap());
    let node = builder.add("mean", Blend::new(0.5).unwrap());
    let node = node.unwrap();
    builder.connect(left, node).unwrap();
    builder.connect(right, node).unwrap();
    let mut runner = runner(builder.build().unwrap());
    let files = [file(9, 7, Format::Png), file(9, 7, Format::Jpeg)];
    let files = slices(&files);
    let images = files
        .iter()
        .map(|file| decode(file, &DecodeOptions::default()));
    let images: Vec<Image> = images.collect::<Result<_, _>>().unwrap();
    let images: Vec<&Image> = images.iter().collect();
    let expected = runner.run_inputs(&[&images, &images]).unwrap();
    let mut outputs = Default::default();
    let inputs = [Input::Encoded(&files), Input::Images(&images)];
    runner.run_into(&inputs, &mut outputs).unwrap();
    assert_eq!(
        outputs.images("mean").unwrap(),
        expected.images("mean").unwrap()
    );
    // What is wrong with the numbers is told before anything is decoded.
    let inputs = [
        Input::Encoded(&[b"none", b"none", b"none"]),
        Input::Images(&images),
    ];
    let error = runner.run_into(&inputs, &mut outputs).unwrap_err();
    assert!(matches!(error, PipelineError::FrameCount { .. }), "{error}");
}

#[test]
fn broken_files_are_named_and_the_runner_goes_on() {
    let mut files = files();
    let whole = files[0].clone();
    files[0].truncate(whole.len() / 2);
    files[3] = b"<html>".to_vec();
    let mut runner = runner(small());
    let given = slices(&files);
    let mut outputs = Default::default();
    let error = runner
        .run_into(&[Input::Encoded(&given)], &mut outputs)
        .unwrap_err();
    let text = error.to_string();
    let PipelineError::Decode { input, failures } = error else {
        panic!("{text}");
    };
    assert_eq!(input, "photos");
    let frames: Vec<usize> = failures.iter().map(|failure| failure.frame).collect();
    assert_eq!(frames, [0, 3]);
    assert!(matches!(failures[0].error, DecodeError::Jpeg(_)));
    assert!(matches!(failures[1].error, DecodeError::Unknown { .. }));
    assert!(
        text.starts_with("input \"photos\": file 0 cannot be decoded: "),
        "{text}"
    );
    assert!(
        text.ends_with("; one other file cannot be decoded either"),
        "{text}"
    );
    assert_eq!(runner.statistics().batches, 0);
    assert_eq!(runner.index(), 0);
    // The others, in place of an error.
    let results = runner.run_encoded(&given).unwrap();
    assert_eq!(results.frames, [1, 2]);
    let failed: Vec<usize> = results.failed.iter().map(|failure| failure.frame).collect();
    assert_eq!(failed, [0, 3]);
    assert!(matches!(results.failed[0].error, DecodeError::Jpeg(_)));
    let expected = expected(runner.pipeline(), &files[1..3], "small");
    assert_eq!(results.outputs.images("small").unwrap(), expected);
    assert_eq!(runner.index(), 4);
    // Where no file can be decoded, there are no images, and no error.
    let results = runner.run_encoded(&[b"none"]).unwrap();
    assert!(results.outputs.images("small").unwrap().is_empty());
    assert_eq!((results.frames.len(), results.failed.len()), (0, 1));
    assert_eq!((runner.index(), runner.statistics().batches > 0), (5, true));
    let error = runner.run_encoded(&[]).unwrap_err();
    assert!(matches!(error, PipelineError::NoFrames), "{error}");
}

#[test]
fn random_operators_number_files_and_not_images() {
    let text = "[[node]]\nname = \"jitter\"\nop = \"random_resized_crop\"\nfrom = \"input\"\nwidth = 9\nheight = 8\nseed = 5\n";
    let pipeline = Pipeline::from_toml(text, "random.toml").unwrap();
    let mut files = files();
    let all = runner(pipeline.clone())
        .run_encoded(&slices(&files))
        .unwrap();
    let all = all.outputs.images("jitter").unwrap().to_vec();
    files[1] = b"none".to_vec();
    let mut runner = runner(pipeline);
    let some = runner.run_encoded(&slices(&files)).unwrap();
    let expected: Vec<Image> = [0, 2, 3].map(|file| all[file].clone()).into();
    assert_eq!(some.outputs.images("jitter").unwrap(), expected);
    // The next call counts on from the files.
    assert_eq!(runner.index(), 4);
}

#[test]
fn the_images_of_a_batch_are_bounded_together() {
    let files = files();
    let sizes = [(40, 30), (25, 61), (17, 33), (8, 8)].map(|(width, height)| width * height * 3);
    let bounded = |max_batch_bytes| {
        let options = DecodeOptions {
            limits: Limits {
                max_batch_bytes,
                ..Limits::default()
            },
            ..DecodeOptions::default()
        };
        runner(small().with_decode_options(options))
    };
    let beside = |file: &Vec<u8>| {
        let opened = OpenImage::of_bytes(file, &DecodeOptions::default()).unwrap();
        opened.need().bytes - opened.need().shape.bytes() as u64
    };
    let beside = files.iter().map(beside).max().unwrap();
    let all = sizes.iter().sum::<u64>() + beside;
    let results = bounded(all).run_encoded(&slices(&files)).unwrap();
    assert!(results.failed.is_empty());
    // The second file has no room; those behind it have.
    let limit = sizes[0] + sizes[1] + beside - 1;
    let results = bounded(limit).run_encoded(&slices(&files)).unwrap();
    assert_eq!(results.frames, [0, 2, 3]);
    let text = results.failed[0].error.to_string();
    let expected = format!(
        "its image of 25x61x3 u8 takes {} bytes, the images before it in its batch take {}, decoding one of them takes up to ",
        sizes[1], sizes[0]
    );
    assert!(text.starts_with(&expected), "{text}");
    let end = format!(
        "and a batch may take {limit}; decode fewer files together, or raise max_batch_bytes"
    );
    assert!(text.ends_with(&end), "{text}");
}

#[test]
fn a_crop_is_that_of_the_upright_image() {
    let (files, rect) = (
        files(),
        Rect {
            x: 2,
            y: 3,
            width: 6,
            height: 5,
        },
    );
    let cropped = DecodeOptions {
        crop: Some(rect),
        ..DecodeOptions::default()
    };
    let text = "[decode]\ncrop = [2, 3, 6, 5]\n[[node]]\nname = \"flip\"\nop = \"flip\"\nfrom = \"input\"\naxis = \"horizontal\"\n";
    let pipeline = Pipeline::from_toml(text, "crop.toml").unwrap();
    assert_eq!(*pipeline.decode_options(), cropped);
    let again = Pipeline::from_toml(&pipeline.to_toml().unwrap(), "again.toml").unwrap();
    assert_eq!(*again.decode_options(), cropped);
    // The whole images, cropped by an operator.
    let node = "[[node]]\nname = \"part\"\nop = \"crop\"\nfrom = \"input\"\nx = 2\ny = 3\nwidth = 6\nheight = 5\n";
    let whole = text
        .split_once("[[node]]")
        .unwrap()
        .1
        .replace("\"input\"", "\"part\"");
    let whole = Pipeline::from_toml(&format!("{node}[[node]]{whole}"), "whole.toml").unwrap();
    let expected = runner(whole).run_encoded(&slices(&files)).unwrap();
    let mut runner = runner(pipeline);
    let got = runner.run_encoded(&slices(&files)).unwrap();
    assert_eq!(
        got.outputs.images("flip").unwrap(),
        expected.outputs.images("flip").unwrap()
    );
    let small = file(7, 20, Format::Png);
    let results = runner.run_encoded(&[&small]).unwrap();
    let text = results.failed[0].error.to_string();
    assert_eq!(
        text,
        "the crop of 6x5 pixels at (2, 3) is not inside of the image, which has 7x20"
    );
}

#[test]
fn the_pipeline_says_how_files_are_decoded() {
    let plain = small();
    let options = DecodeOptions {
        orientation: Orientation::Ignore,
        color: Color::Gray,
        allow_truncated: true,
        crop: None,
        limits: Limits {
            max_pixels: 33 * 17,
            ..Limits::default()
        },
    };
    let pipeline = plain.with_decode_options(options);
    let mut turned = turned(33, 17, 6);
    turned.truncate(turned.len() - 40);
    let mut runner = runner(pipeline.clone());
    let results = runner.run_encoded(&[&turned]).unwrap();
    let expected = expected(&pipeline, &[turned], "small");
    assert_eq!(results.outputs.images("small").unwrap(), expected);
    assert_eq!(expected[0].shape(), ImageShape::u8(20, 12, 1));
    // One pixel more than the limit.
    let large = file(33, 18, Format::Png);
    let results = runner.run_encoded(&[&large]).unwrap();
    let error = &results.failed[0].error;
    assert!(
        error.to_string().contains("33x18 is more than 561 pixels"),
        "{error}"
    );
}

#[test]
fn plans_for_one_shape_want_images() {
    let shape = ImageShape::u8(9, 7, 3);
    let config = ExecutionConfig::default();
    let compiled = small().compile(&Device::host(), &[shape], config);
    let mut compiled = compiled.unwrap();
    let file = file(9, 7, Format::Png);
    let error = compiled.execute(&[Input::Encoded(&[&file])], &mut [Output::Discard]);
    let error = error.unwrap_err();
    assert!(
        matches!(error, PipelineError::EncodedImages { .. }),
        "{error}"
    );
}

#[test]
fn an_engine_leaves_broken_files_out() {
    let pipeline = small();
    let mut files = files();
    let example = [ImageShape::u8(40, 30, 3)];
    let config = EngineConfig::new().max_batch(8);
    let engine = Engine::mixed(pipeline.clone(), &Device::host(), &example, config).unwrap();
    let all = engine.submit_encoded(&slices(&files)).unwrap();
    assert_eq!((all.frames, all.failed.len()), (vec![0, 1, 2, 3], 0));
    files[1].truncate(60);
    let gray = Image::from_fn(5, 5, 1, |x, _, _| x as u8).unwrap();
    files.push(
        encode(
            ImageView::from(&gray),
            Format::Png,
            &EncodeOptions::default(),
        )
        .unwrap(),
    );
    let some = engine.submit_encoded(&slices(&files)).unwrap();
    assert_eq!(some.frames, [0, 2, 3]);
    let failed: Vec<usize> = some.failed.iter().map(|failed| failed.index).collect();
    assert_eq!(failed, [1, 4]);
    let errors = [&some.failed[0].error, &some.failed[1].error];
    assert!(
        matches!(errors[0], FrameError::Decode { file: 1, .. }),
        "{}",
        errors[0]
    );
    assert!(
        matches!(errors[1], FrameError::Format { .. }),
        "{}",
        errors[1]
    );
    let none = engine.submit_encoded(&[b"GIF89a"]).unwrap();
    assert_eq!((none.batch, none.failed.len()), (None, 1));
    let empty = engine.submit_encoded(&[]);
    assert!(matches!(empty, Err(SubmitError::NoFrames)));
    engine.close();
    let results: Vec<_> = engine.results().collect();
    assert_eq!(results.len(), 2);
    let expected = expected(&pipeline, &self::files(), "small");
    for (result, frames) in results.into_iter().zip([vec![0, 1, 2, 3], some.frames]) {
        let lease = result.unwrap();
        let images = lease.get("small").unwrap().to_images();
        let wanted = frames.iter().map(|&frame| expected[frame].clone());
        assert_eq!(images, wanted.collect::<Vec<_>>());
    }
    assert_eq!(engine.shutdown(Shutdown::Drain).completed, 2);
}

#[test]
fn lists_that_the_pipeline_has_no_input_for_are_not_passed_over() {
    let example = [ImageShape::u8(40, 30, 3)];
    let config = EngineConfig::new().max_batch(8);
    let engine = Engine::mixed(small(), &Device::host(), &example, config).unwrap();
    let files = files();
    let files = slices(&files);
    let batch = engine.submit_encoded_inputs(&[&files, &files]).unwrap();
    assert_eq!((batch.batch, batch.frames.len()), (None, 0));
    let indices: Vec<usize> = batch.failed.iter().map(|failed| failed.index).collect();
    assert_eq!(indices, [0, 1, 2, 3]);
    for failed in &batch.failed {
        let error = &failed.error;
        let counted = FrameError::InputCount {
            expected: 1,
            got: 2,
        };
        assert_eq!(error.to_string(), counted.to_string());
    }
}

#[test]
fn files_beyond_a_full_batch_are_not_decoded() {
    let example = [ImageShape::u8(40, 30, 3)];
    let config = EngineConfig::new().max_batch(2);
    let engine = Engine::mixed(small(), &Device::host(), &example, config).unwrap();
    let good = file(40, 30, Format::Jpeg);
    let mut files = vec![b"<html>".as_slice(); 3];
    files.extend([good.as_slice(); 3]);
    files.extend(vec![b"<html>".as_slice(); 1000]);
    let batch = engine.submit_encoded(&files).unwrap();
    assert!(batch.batch.is_some());
    assert_eq!(batch.frames, [3, 4]);
    assert_eq!(batch.failed.len(), files.len() - 2);
    for failed in &batch.failed {
        // Groups of two files are decoded. For those behind the group that fills the batch there is no room, whatever they hold.
        match failed.index {
            0..=2 => assert!(matches!(failed.error, FrameError::Decode { .. })),
            _ => assert!(
                matches!(failed.error, FrameError::BatchFull { max_batch: 2, .. }),
                "{failed:?}"
            ),
        }
    }
    assert_eq!(engine.shutdown(Shutdown::Drain).completed, 1);
}

#[test]
fn engines_of_one_shape_take_files_of_it() {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("input").unwrap();
    builder.then(input, "edges", Sobel::magnitude()).unwrap();
    let pipeline = builder.build().unwrap();
    let files = [
        file(9, 7, Format::Png),
        file(9, 8, Format::Png),
        file(9, 7, Format::Jpeg),
    ];
    let config = EngineConfig::new().max_batch(2);
    let shape = [ImageShape::u8(9, 7, 3)];
    let engine = Engine::new(pipeline, &Device::host(), &shape, config).unwrap();
    let batch = engine.submit_encoded(&slices(&files)).unwrap();
    assert_eq!(batch.frames, [0, 2]);
    assert!(matches!(batch.failed[0].error, FrameError::Shape { .. }));
}

#[test]
fn pipeline_files_have_the_settings() {
    let nodes = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";
    let read = |text: &str| Pipeline::from_toml(&format!("{text}{nodes}"), "a.toml");
    let plain = read("").unwrap();
    assert_eq!(*plain.decode_options(), DecodeOptions::default());
    assert!(!plain.to_toml().unwrap().contains("decode"));
    let text = "[decode]\nexif = \"ignore\"\ncolor = \"gray\"\nallow_truncated = true\n";
    let set = read(text).unwrap();
    let expected = DecodeOptions {
        orientation: Orientation::Ignore,
        color: Color::Gray,
        allow_truncated: true,
        ..DecodeOptions::default()
    };
    assert_eq!(*set.decode_options(), expected);
    let written = set.to_toml().unwrap();
    assert!(written.contains(text), "{written}");
    let again = Pipeline::from_toml(&written, "b.toml").unwrap();
    assert_eq!(*again.decode_options(), expected);
    // Other operators and no fusion leave them as they are.
    assert_eq!(*again.with_fusion(false).decode_options(), expected);
    let wrong = "[decode]\nexif = \"aply\"\ncolor = 3\nallow_truncated = 1\nexiv = 1\ncrop = [1, -1, 2, 2]\n";
    let error = read(wrong).unwrap_err();
    assert_eq!(error.problems().len(), 5, "{error}");
    for crop in ["5", "[1, 2, 3]", "[0, 0, 0, 4]"] {
        let error = read(&format!("[decode]\ncrop = {crop}\n")).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
    }
    let text = error.to_string();
    assert!(text.contains("did you mean \"apply\"?"), "{text}");
    assert!(text.contains("unknown key `exiv`"), "{text}");
    let error = read("decode = 1\n").unwrap_err().to_string();
    assert!(error.contains("`decode` must be a table"), "{error}");
}
