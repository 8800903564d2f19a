//! What became of the inputs of a run.

use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Pipeline;
use serde::Serialize;

/// What became of one input.
#[derive(Debug, Serialize)]
pub(crate) struct InputReport {
    /// Its file; `stdin` for standard input.
    pub(crate) path: String,
    /// `done` or `failed`.
    pub(crate) status: &'static str,
    /// What went wrong.
    pub(crate) error: Option<String>,
    /// Its shape as it was decoded; null where it was not.
    pub(crate) shape: Option<ShapeReport>,
    /// Frames read; for videos alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frames: Option<u64>,
    /// Frames that are missing from the outputs; where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<LostReport>,
    /// What the other inputs of the pipeline got with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) with: Vec<OtherInput>,
    /// The files written for it.
    pub(crate) outputs: Vec<OutputReport>,
}

/// The frames of a video that are missing from the outputs, because the pipeline failed over their batches.
#[derive(Debug, Serialize)]
pub(crate) struct LostReport {
    /// How many.
    pub(crate) frames: u64,
    /// Batches that failed.
    pub(crate) batches: u64,
    /// The first and the last of each range of them, from 0; the first 100 ranges.
    pub(crate) ranges: Vec<[u64; 2]>,
    /// Frames after those ranges.
    pub(crate) unlisted: u64,
}

/// What a further input of a pipeline got.
#[derive(Debug, Serialize)]
pub(crate) struct OtherInput {
    /// The input of the pipeline.
    pub(crate) name: String,
    /// The file; `stdin` for standard input.
    pub(crate) path: String,
    /// Its shape as it was decoded; null where it was not.
    pub(crate) shape: Option<ShapeReport>,
}

/// `done`, or `failed` where there is an error.
pub(crate) fn status_of(error: Option<&String>) -> &'static str {
    error.map_or("done", |_| "failed")
}

impl OtherInput {
    /// The inputs after the first: their files, and their shapes where those are known.
    pub(crate) fn list(pipeline: &Pipeline, paths: &[String], shapes: &[ImageShape]) -> Vec<Self> {
        let names = pipeline.inputs().zip(paths).enumerate().skip(1);
        let other = |(number, (name, path)): (usize, (&str, &String))| OtherInput {
            name: name.to_owned(),
            path: path.clone(),
            shape: shapes.get(number).copied().map(ShapeReport::from),
        };
        names.map(other).collect()
    }
}

/// A file that was written.
#[derive(Debug, Serialize)]
pub(crate) struct OutputReport {
    /// The output of the pipeline.
    pub(crate) name: String,
    /// The file; `stdout` for standard output.
    pub(crate) path: String,
    /// Its shape.
    pub(crate) shape: ShapeReport,
}

/// The shape of an image.
#[derive(Debug, Serialize)]
pub(crate) struct ShapeReport {
    /// Pixels of a row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// Samples of a pixel.
    pub(crate) channels: u32,
    /// Type of a sample: `u8`, `i16`, `f16`, `f32`.
    pub(crate) sample: String,
}

impl From<ImageShape> for ShapeReport {
    fn from(shape: ImageShape) -> Self {
        ShapeReport {
            width: shape.width,
            height: shape.height,
            channels: shape.channels,
            sample: shape.sample.to_string(),
        }
    }
}
