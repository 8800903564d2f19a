//! The second part of the check `encoded`: engines that are given files, on CUDA and on the host.

use crate::mismatch::equal_image;
use anyhow::{Context as _, ensure};
use pixelflume::codec::{EncodeOptions, Format, encode};
use pixelflume::device::Device;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{Engine, EngineConfig, Shutdown};
use pixelflume::pipeline::{Image, ImageView, Pipeline};

/// A chain for images of any sizes; and a node for which images of one shape share an engine.
const PIPELINES: [(&str, bool); 2] = [
    ("op = \"resize\"\nwidth = 60\nheight = 40", true),
    ("op = \"gaussian_blur\"\nsize = 5", false),
];

/// Batches that are submitted before the first result is taken.
const AHEAD: usize = 4;

/// Files of many sizes and kinds, whole and damaged, those for an engine of one shape among them.
pub(crate) fn files() -> anyhow::Result<Vec<Vec<u8>>> {
    let image = |width: u32, height: u32, seed: u32| {
        Image::from_fn(width, height, 3, |x, y, c| {
            (x * 3 + y * (2 + seed) + c * 70 + (x * y) / 50 + (x * 7919 + y * 104_729 + seed) % 13)
                as u8
        })
    };
    let options = EncodeOptions::default();
    let file = |width, height, seed, format| -> anyhow::Result<Vec<u8>> {
        let image = image(width, height, seed)?;
        Ok(encode(ImageView::from(&image), format, &options)?)
    };
    let mut files = Vec::new();
    for seed in 0..3 {
        for (width, height) in [
            (640, 427),
            (64, 48),
            (33, 17),
            (1, 1),
            (300, 900),
            (1921, 7),
        ] {
            files.push(file(width, height, seed, Format::Jpeg)?);
        }
        files.push(file(640, 427, seed, Format::Png)?);
        files.push(turned(&file(427, 640, seed, Format::Jpeg)?, 6));
        files.push(turned(&file(640, 427, seed, Format::Jpeg)?, 3));
        let whole = file(640, 427, seed + 9, Format::Jpeg)?;
        files.push(whole[..whole.len() / 2].to_vec());
        files.push(whole[..40].to_vec());
        let mut damaged = whole.clone();
        let from = whole.len() / 3;
        for (at, byte) in damaged[from..].iter_mut().enumerate() {
            *byte ^= u8::from(at % 251 == 0);
        }
        files.push(damaged);
        files.push(b"<html>".to_vec());
        let gray = Image::from_fn(64, 48, 1, |x, y, _| (x + y) as u8)?;
        files.push(encode(ImageView::from(&gray), Format::Jpeg, &options)?);
    }
    Ok(files)
}

/// The file with EXIF data that say this orientation.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    exif.extend([1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

/// Gives the same files to an engine on CUDA and to one on the host, several batches ahead; returns the number of images compared.
pub(crate) fn run(cuda: &Device) -> anyhow::Result<usize> {
    let (files, host) = (files()?, Device::host());
    let mut compared = 0;
    for (node, is_mixed) in PIPELINES {
        for truncated in [false, true] {
            let text = format!(
                "[decode]\nallow_truncated = {truncated}\n[[node]]\nname = \"node\"\nfrom = \"input\"\n{node}\n"
            );
            let pipeline = Pipeline::from_toml(&text, "encoded.toml")?;
            let engine = |device: &Device| -> anyhow::Result<Engine> {
                let config = EngineConfig::new().max_batch(12).output_buffers(AHEAD + 1);
                let shape = [ImageShape::u8(640, 427, 3)];
                let pipeline = pipeline.clone();
                Ok(match is_mixed {
                    true => Engine::mixed(pipeline, device, &shape, config)?,
                    false => Engine::new(pipeline, device, &shape, config)?,
                })
            };
            let engines = [engine(cuda)?, engine(&host)?];
            let what = format!("{node:?}, truncated: {truncated}");
            compared += compare(&engines, &files).with_context(|| what.clone())?;
            let on_device = engines[0].image_decoder().statistics().by_device;
            ensure!(on_device > 0, "{what}: no file was decoded on the device");
            for engine in engines {
                let report = engine.shutdown(Shutdown::Drain);
                ensure!(report.failed == 0, "{report:?}");
            }
        }
    }
    Ok(compared)
}

fn compare(engines: &[Engine; 2], files: &[Vec<u8>]) -> anyhow::Result<usize> {
    let mut compared = 0;
    // Several times, so that memory is reused while work is in flight.
    for round in 0..3 {
        let batches: Vec<Vec<&[u8]>> = files
            .chunks(5 + 3 * round)
            .map(|files| files.iter().map(Vec::as_slice).collect())
            .collect();
        for batches in batches.chunks(AHEAD) {
            let mut submitted = 0;
            for files in batches {
                let [cuda, host] = engines
                    .each_ref()
                    .map(|engine| engine.submit_encoded(files));
                let (cuda, host) = (cuda?, host?);
                ensure!(cuda.frames == host.frames, "{cuda:?}, {host:?}");
                let told = |failed: &[pixelflume::pipeline::engine::FailedFile]| {
                    let all = failed.iter().map(|of| (of.index, of.error.to_string()));
                    all.collect::<Vec<_>>()
                };
                let (cuda, host) = (told(&cuda.failed), told(&host.failed));
                ensure!(cuda == host, "on CUDA {cuda:?}, on the host {host:?}");
                submitted += usize::from(!files.is_empty() && host.len() < files.len());
            }
            for _ in 0..submitted {
                compared += same(engines)?;
            }
        }
    }
    // One batch is decoded while the one before it is filled.
    let [cuda, host] = engines;
    let mut ahead = None;
    let mut rest = files.chunks(7);
    loop {
        let next = rest.next().map(|files| {
            let files: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            let decoding = cuda
                .image_decoder()
                .begin(files.clone(), |_, shape| cuda.takes_tensor(0, shape));
            (files, decoding)
        });
        let is_last = next.is_none();
        if let Some((files, decoding)) = std::mem::replace(&mut ahead, next) {
            let mut batch = cuda.begin_batch()?;
            let mut frames = 0;
            for image in decoding.wait().into_iter().flatten() {
                frames += usize::from(batch.push_frame(vec![image]).is_ok());
            }
            let expected = host.submit_encoded(&files)?;
            ensure!(frames == expected.frames.len(), "{frames} of {expected:?}");
            if frames > 0 {
                batch.submit()?;
                compared += same(engines)?;
            }
        }
        if is_last {
            return Ok(compared);
        }
    }
}

/// Takes a batch of each engine; the results are the same.
fn same(engines: &[Engine; 2]) -> anyhow::Result<usize> {
    let [cuda, host] = engines.each_ref().map(Engine::next);
    let (cuda, host) = (
        cuda.context("a batch is missing")??,
        host.context("a batch is missing")??,
    );
    let (got, expected) = (cuda.to_images("node")?, host.to_images("node")?);
    ensure!(got.len() == expected.len(), "{} images", got.len());
    for (frame, (got, expected)) in got.iter().zip(&expected).enumerate() {
        let what = format!("frame {frame}");
        equal_image(&what, got.shape(), expected.data(), got.data())?;
    }
    Ok(got.len())
}
