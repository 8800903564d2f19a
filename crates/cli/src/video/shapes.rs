//! The shapes of the frames of a run, and the memory that they take.

use super::source::Bytes;
use crate::failure::full_text;
use crate::limits::Limits;
use pixelflume::files::video::{FrameReader, PixelFormat};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Pipeline;

/// The shapes of the frames, by input and by output.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    pub(super) inputs: Vec<ImageShape>,
    pub(super) outputs: Vec<ImageShape>,
}

impl Shapes {
    pub(super) fn infer(
        pipeline: &Pipeline,
        readers: &[FrameReader<Bytes>],
    ) -> Result<Self, String> {
        let inputs: Vec<ImageShape> = readers
            .iter()
            .map(|reader| reader.stream().shape())
            .collect();
        let all = pipeline.infer(&inputs).map_err(|error| {
            let names: Vec<&str> = readers.iter().map(FrameReader::name).collect();
            format!("{}: {}", names.join(", "), full_text(&error))
        })?;
        let outputs = pipeline.output_nodes().iter().map(|&node| all.nodes[node]);
        Ok(Shapes {
            outputs: outputs.collect(),
            inputs,
        })
    }

    /// Refuses frames that take more memory than one image may, as read or as written.
    pub(super) fn check(
        &self,
        limits: &Limits,
        readers: &[FrameReader<Bytes>],
    ) -> Result<(), String> {
        let read = readers.iter().map(|reader| reader.frame_bytes() as u64);
        let written = self.outputs.iter().map(|shape| 2 * shape.bytes() as u64);
        let name = readers.first().map_or("", FrameReader::name);
        let what = format!("{name}: reading and writing a frame");
        limits.check_image(&what, read.chain(written).fold(0, u64::saturating_add))?;
        // The job counts two frames, another one waits to be counted, and one is being read.
        let Frame { read, pixels } = Frame::of(readers);
        let bytes = pixels
            .saturating_mul(2)
            .saturating_add(read.saturating_mul(4));
        limits.check_image(&format!("{name}: converting four frames"), bytes)
    }
}

/// Bytes of a frame of each video.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// As they are read.
    read: u64,
    /// As images, where these are not what was read.
    pixels: u64,
}

impl Frame {
    pub(super) fn of(readers: &[FrameReader<Bytes>]) -> Self {
        let pixels = |reader: &FrameReader<Bytes>| match reader.stream().format {
            PixelFormat::Gray | PixelFormat::Rgb => 0,
            _ => reader.stream().shape().bytes() as u64,
        };
        let read = readers.iter().map(|reader| reader.frame_bytes() as u64);
        Frame {
            read: read.fold(0, u64::saturating_add),
            pixels: readers.iter().map(pixels).fold(0, u64::saturating_add),
        }
    }

    pub(super) fn bytes(self) -> u64 {
        self.read.saturating_add(self.pixels)
    }
}
