//! The images that the jobs read, and the results that they must have.

use super::Effort;
use super::rate::BATCH;
use crate::error::Measured;
use crate::jpeg;
use crate::photographs;
use pixelflume::codec::{Subsampling, decode};
use pixelflume::device::{Device, Helpers};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{ExecutionConfig, Image, Runner};
use pixelflume::runtime::{Bytes, Encoded, Images, Job, JobBuilder, StartError};
use std::sync::Arc;

/// Images whose results are compared.
pub(super) const COMPARED: usize = 8;

/// Images of one kind, which a job reads over and over.
pub(super) struct Inputs {
    /// What they are, for the table.
    pub(super) name: String,
    source: Source,
    /// The results of the first [`COMPARED`] images.
    pub(super) expected: Vec<Image>,
}

enum Source {
    Frames(Images),
    Files(Encoded),
}

impl Inputs {
    /// Frames, files of the same size, and files of several sizes.
    pub(super) fn all(threads: &Helpers, effort: &Effort) -> Measured<Vec<Self>> {
        let (width, height) = effort.size;
        let shape = ImageShape::u8(width, height, 3);
        let frames = photographs::images(threads, &vec![shape; effort.frames])?;
        let files = photographs::files(threads, &vec![shape; effort.files], Subsampling::S420)?;
        let small = photographs::files(threads, &small_shapes(effort.small), Subsampling::S420)?;
        Ok(vec![
            Inputs::of_frames(format!("frames {width}x{height}"), frames)?,
            Inputs::of_files(format!("JPEG {width}x{height}"), files)?,
            Inputs::of_files("JPEG about 500x375".to_owned(), small)?,
        ])
    }

    fn of_frames(name: String, frames: Vec<Image>) -> Measured<Self> {
        let first: Vec<&Image> = frames.iter().take(COMPARED).collect();
        let expected = results(&first)?;
        let frames = frames.into_iter().map(Arc::new);
        Ok(Inputs {
            name,
            expected,
            source: Source::Frames(Images::new(frames)),
        })
    }

    fn of_files(name: String, files: Vec<Vec<u8>>) -> Measured<Self> {
        let options = jpeg::decode_options();
        let first = files.iter().take(COMPARED);
        let first = first.map(|file| decode(file, &options));
        let first = first.collect::<Result<Vec<_>, _>>()?;
        let expected = results(&first.iter().collect::<Vec<_>>())?;
        let named = |(number, file): (usize, Vec<u8>)| (number.to_string(), Bytes::from(file));
        Ok(Inputs {
            name,
            expected,
            source: Source::Files(Encoded::new(files.into_iter().enumerate().map(named))),
        })
    }

    /// Starts a job over the images, which are in memory once.
    pub(super) fn start(&self, job: JobBuilder) -> Result<Job, StartError> {
        match &self.source {
            Source::Frames(frames) => job.start(frames.clone()),
            Source::Files(files) => job.start(files.clone()),
        }
    }
}

/// The result of each image alone, by a runner on the host.
fn results(images: &[&Image]) -> Measured<Vec<Image>> {
    let config = ExecutionConfig::default().with_max_batch(BATCH);
    let mut runner = Runner::new(jpeg::pipeline()?, &Device::host(), config)?;
    let mut results = Vec::with_capacity(images.len());
    for image in images {
        let outputs = runner.run(&[*image])?;
        results.push(outputs.images("tensor")?[0].clone());
    }
    Ok(results)
}

/// Shapes around 500x375, the usual size of a collection of photographs, each another one.
fn small_shapes(count: usize) -> Vec<ImageShape> {
    let shape = |number: usize| {
        let (width, height) = (350 + number * 97 % 301, 255 + number * 61 % 241);
        ImageShape::u8(width as u32, height as u32, 3)
    };
    (0..count).map(shape).collect()
}
