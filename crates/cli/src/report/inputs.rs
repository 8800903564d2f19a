//! The results of a run's inputs.

use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Pipeline;
use serde::Serialize;

/// The result of one input.
#[derive(Debug, Serialize)]
pub(crate) struct InputReport {
    /// The path of the file; `stdin` for standard input.
    pub(crate) path: String,
    /// `done` or `failed`.
    pub(crate) status: &'static str,
    pub(crate) error: Option<String>,
    /// The shape of the decoded image; null where it was not decoded.
    pub(crate) shape: Option<ShapeReport>,
    /// Frames read; for videos only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) frames: Option<u64>,
    /// Missing frames; null where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<LostReport>,
    /// The files of the other inputs of the pipeline that were processed with this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) with: Vec<OtherInput>,
    pub(crate) outputs: Vec<OutputReport>,
}

/// The frames that are missing from the outputs of a video because the pipeline failed on their batches.
#[derive(Debug, Serialize)]
pub(crate) struct LostReport {
    /// The number of missing frames.
    pub(crate) frames: u64,
    /// Batches that failed.
    pub(crate) batches: u64,
    /// The first and the last frame of each range of missing frames, counted from 0; at most 100 ranges.
    pub(crate) ranges: Vec<[u64; 2]>,
    /// Missing frames beyond those ranges.
    pub(crate) unlisted: u64,
}

/// The file of a further input of the pipeline.
#[derive(Debug, Serialize)]
pub(crate) struct OtherInput {
    /// The name of the input.
    pub(crate) name: String,
    /// The path of the file; `stdin` for standard input.
    pub(crate) path: String,
    /// The shape of the decoded image; null where it was not decoded.
    pub(crate) shape: Option<ShapeReport>,
}

/// `done`, or `failed` where there is an error.
pub(crate) fn status_of(error: Option<&String>) -> &'static str {
    error.map_or("done", |_| "failed")
}

impl OtherInput {
    /// The inputs after the first: their files, and their shapes where they are known.
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

#[derive(Debug, Serialize)]
pub(crate) struct OutputReport {
    /// The name of the output of the pipeline.
    pub(crate) name: String,
    /// The path of the file; `stdout` for standard output.
    pub(crate) path: String,
    pub(crate) shape: ShapeReport,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShapeReport {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u32,
    /// The sample type: `u8`, `i16`, `f16`, `bf16`, `f32`.
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
