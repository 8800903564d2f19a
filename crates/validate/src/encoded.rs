//! The check `encoded`: JPEG files as inputs of a runner, decoded on CUDA, against the same runner with their images decoded on the CPU;
//! and as inputs of engines on CUDA, against engines on the host.

use crate::check::{Context, Skipped};
use crate::encoded_engine;
use crate::mismatch::equal_image;
use anyhow::{bail, ensure};
use pixelflume::codec::{DecodeOptions, EncodeOptions, Format, decode, encode};
use pixelflume::device::DeviceKind;
use pixelflume::pipeline::{ExecutionConfig, Image, ImageView, Input, Output, Pipeline, Runner};

/// The formats of the files of a batch, in turns: those of the device alone, of the CPU alone, and of both.
const FORMATS: [&[Format]; 3] = [
    &[Format::Jpeg],
    &[Format::Png],
    &[Format::Jpeg, Format::Png, Format::Jpeg, Format::Bmp],
];

/// A chain for all sizes in one launch; nodes that are executed size by size; and a node before which images are as they are.
const PIPELINES: [&str; 3] = [
    "op = \"resize\"\nwidth = 60\nheight = 40",
    "op = \"gaussian_blur\"\nsize = 5",
    "op = \"flip\"\naxis = \"horizontal\"",
];

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    if context.cuda.kind() != DeviceKind::Cuda {
        bail!(Skipped("files are decoded by CUDA".to_owned()));
    }
    let sizes = [
        (64, 48),
        (640, 427),
        (33, 17),
        (64, 48),
        (1, 1),
        (1920, 1080),
    ];
    let image = |(number, &(width, height)): (usize, &(u32, u32))| {
        Image::from_fn(width, height, 3, |x, y, c| {
            (x * 3 + y * (2 + number as u32) + c * 70 + (x * y) / 50) as u8
        })
    };
    let images = sizes.iter().enumerate().map(image);
    let images: Vec<Image> = images.collect::<Result<_, _>>()?;
    let options = EncodeOptions::default();
    let files = |formats: &[Format]| -> anyhow::Result<Vec<Vec<u8>>> {
        let each = images.iter().zip(formats.iter().cycle());
        let each = each.map(|(image, &format)| encode(ImageView::from(image), format, &options));
        Ok(each.collect::<Result<_, _>>()?)
    };
    let mut compared = 0;
    for node in PIPELINES {
        let text = format!("[[node]]\nname = \"node\"\nfrom = \"input\"\n{node}\n");
        let pipeline = Pipeline::from_toml(&text, "encoded.toml")?;
        let mut runner = Runner::new(pipeline, &context.cuda, ExecutionConfig::default())?;
        for formats in FORMATS {
            let files = files(formats)?;
            let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            let decoded = files
                .iter()
                .map(|file| decode(file, &DecodeOptions::default()));
            let decoded: Vec<Image> = decoded.collect::<Result<_, _>>()?;
            let expected = runner.run(&decoded.iter().collect::<Vec<_>>())?;
            let expected = expected.images("node")?.to_vec();
            // Several times, so that memory is reused while work is in flight.
            for _ in 0..3 {
                let results = runner.run_encoded(&files)?;
                ensure!(results.failed.is_empty(), "{:?}", results.failed);
                let got = results.outputs.images("node")?;
                ensure!(got.len() == expected.len(), "{} images", got.len());
                for (frame, (got, expected)) in got.iter().zip(&expected).enumerate() {
                    ensure!(got.shape() == expected.shape(), "frame {frame}: {got:?}");
                    let what = format!("{formats:?}, {node:?}, frame {frame}");
                    equal_image(&what, got.shape(), expected.data(), got.data())?;
                    compared += 1;
                }
            }
            compared += beside_broken(&mut runner, &files, &expected)?;
        }
        compared += submitted(&mut runner, &images[0])?;
    }
    compared += encoded_engine::run(&context.cuda)?;
    Ok(format!("{compared} images of files equal"))
}

/// Files among which some are broken: a JPEG file that is cut, and one that is no image.
fn beside_broken(
    runner: &mut Runner,
    files: &[&[u8]],
    expected: &[Image],
) -> anyhow::Result<usize> {
    let mut files = files.to_vec();
    files[1] = b"no image";
    files[2] = &files[2][..files[2].len() - 20];
    let results = runner.run_encoded(&files)?;
    let failed: Vec<usize> = results.failed.iter().map(|failed| failed.frame).collect();
    ensure!(failed == [1, 2], "{:?}", results.failed);
    let got = results.outputs.images("node")?;
    ensure!(got.len() == results.frames.len(), "{} images", got.len());
    for (got, &frame) in got.iter().zip(&results.frames) {
        let expected = &expected[frame];
        let what = format!("beside broken files, frame {frame}");
        equal_image(&what, got.shape(), expected.data(), got.data())?;
    }
    Ok(got.len())
}

/// Submits batches one behind the other, whose images go back to the pool while others are decoded.
fn submitted(runner: &mut Runner, image: &Image) -> anyhow::Result<usize> {
    let file = encode(
        ImageView::from(image),
        Format::Jpeg,
        &EncodeOptions::default(),
    )?;
    let decoded = decode(&file, &DecodeOptions::default())?;
    let expected = runner.run(&[&decoded])?.images("node")?[0].clone();
    let stream = runner.device().stream()?;
    let mut tensors: Vec<_> = (0..6).map(|_| None).collect();
    for tensor in &mut tensors {
        let places = &mut [Output::Tensor(tensor)];
        let pending = runner.submit(&[Input::Encoded(&[&file])], places, &stream)?;
        ensure!(pending.wait()?.is_success(), "a node failed");
    }
    for tensor in tensors.iter().flatten() {
        let images = tensor.to_images()?;
        equal_image(
            "submitted",
            images[0].shape(),
            expected.data(),
            images[0].data(),
        )?;
    }
    Ok(tensors.len())
}
