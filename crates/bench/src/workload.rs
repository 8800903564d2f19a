//! The workloads, as data: input shape, pipeline, and the bytes that must move at least.

use pixelflume::ops::ImageShape;

/// The method by which the batches of a workload are timed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Timing {
    /// Time on the device of many batches, one behind the other.
    Throughput,
    /// Wall time from the call until the result is complete, one batch at a time.
    Latency,
}

/// The part of the input that the result depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reads {
    All,
    /// The samples that a bilinear resize to `width` x `height` reads for the middle part of size `kept`.
    Resize {
        width: u32,
        height: u32,
        /// Width and height of the middle part of the resized image that is used.
        kept: (u32, u32),
    },
}

#[derive(Debug)]
pub(crate) struct Workload {
    /// The name for `--workload`.
    pub(crate) name: &'static str,
    /// The batch sizes that are measured, unless `--batch` gives another.
    pub(crate) batches: &'static [u32],
    /// Shape of the input images.
    pub(crate) input: ImageShape,
    /// The pipeline file; it has one input and one output.
    pub(crate) pipeline: &'static str,
    pub(crate) reads: Reads,
    pub(crate) timing: Timing,
}

const FULL_HD: ImageShape = ImageShape::u8(1920, 1080, 3);

/// All workloads, in the order of the tables.
pub(crate) const WORKLOADS: [Workload; 12] = [
    Workload {
        name: "edge-full",
        batches: &[8, 32],
        input: FULL_HD,
        pipeline: r#"
node = [
  { name = "gray", op = "color", from = "input", conversion = "rgb_to_gray" },
  { name = "smooth", op = "gaussian_blur", from = "gray", size = 5 },
  { name = "edges", op = "sobel", from = "smooth" },
]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "edge-small",
        batches: &[32],
        input: FULL_HD,
        pipeline: SMALL_EDGES,
        reads: Reads::Resize {
            width: 320,
            height: 240,
            kept: (320, 240),
        },
        timing: Timing::Throughput,
    },
    Workload {
        name: "blur5",
        batches: &[8],
        input: FULL_HD,
        pipeline: r#"node = [{ name = "smooth", op = "gaussian_blur", from = "input", size = 5 }]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "blur7",
        batches: &[8],
        input: ImageShape::u8(3840, 2160, 3),
        pipeline: r#"node = [{ name = "smooth", op = "gaussian_blur", from = "input", size = 7 }]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "gray",
        batches: &[32],
        input: FULL_HD,
        pipeline: r#"node = [{ name = "gray", op = "color", from = "input", conversion = "rgb_to_gray" }]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "resize",
        batches: &[32],
        input: FULL_HD,
        pipeline: r#"node = [{ name = "small", op = "resize", from = "input", width = 640, height = 360 }]"#,
        reads: Reads::Resize {
            width: 640,
            height: 360,
            kept: (640, 360),
        },
        timing: Timing::Throughput,
    },
    Workload {
        name: "classify",
        batches: &[32],
        input: FULL_HD,
        pipeline: r#"
node = [
  { name = "small", op = "resize", from = "input", width = 256, height = 256 },
  { name = "middle", op = "center_crop", from = "small", width = 224, height = 224 },
  { name = "tensor", op = "normalize", from = "middle", mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], layout = "planar" },
]"#,
        reads: Reads::Resize {
            width: 256,
            height: 256,
            kept: (224, 224),
        },
        timing: Timing::Throughput,
    },
    Workload {
        name: "letterbox",
        batches: &[32],
        input: FULL_HD,
        pipeline: r#"
node = [
  { name = "boxed", op = "letterbox", from = "input", width = 640, height = 640, value = 114 },
  { name = "tensor", op = "normalize", from = "boxed", mean = 0, std = 1, sample = "f16", layout = "planar" },
]"#,
        reads: Reads::Resize {
            width: 640,
            height: 360,
            kept: (640, 360),
        },
        timing: Timing::Throughput,
    },
    // Antialiased: every sample of the input has a weight.
    Workload {
        name: "resample",
        batches: &[32],
        input: FULL_HD,
        pipeline: r#"
node = [
  { name = "small", op = "resample", from = "input", like = "torchvision", filter = "bicubic", width = 224, height = 224 },
  { name = "tensor", op = "normalize", from = "small", like = "torchvision_v2", mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], sample = "f16", layout = "planar" },
]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "upscale2",
        batches: &[8],
        input: ImageShape::u8(960, 540, 3),
        pipeline: r#"node = [{ name = "large", op = "resize", from = "input", width = 1920, height = 1080 }]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "upscale3",
        batches: &[8],
        input: ImageShape::u8(320, 320, 3),
        pipeline: r#"node = [{ name = "large", op = "resize", from = "input", width = 1056, height = 1056 }]"#,
        reads: Reads::All,
        timing: Timing::Throughput,
    },
    Workload {
        name: "latency",
        batches: &[1],
        input: ImageShape::u8(640, 480, 3),
        pipeline: SMALL_EDGES,
        reads: Reads::Resize {
            width: 320,
            height: 240,
            kept: (320, 240),
        },
        timing: Timing::Latency,
    },
];

const SMALL_EDGES: &str = r#"
node = [
  { name = "small", op = "resize", from = "input", width = 320, height = 240 },
  { name = "gray", op = "color", from = "small", conversion = "rgb_to_gray" },
  { name = "smooth", op = "gaussian_blur", from = "gray", size = 5 },
  { name = "edges", op = "sobel", from = "smooth" },
]"#;

impl Workload {
    /// Bytes of one input image that have to be read: in each row that the result depends on, the columns from the first to the
    /// last that it depends on. All columns between them count, since memory is read in sectors of 32 bytes.
    pub(crate) fn bytes_read(&self) -> usize {
        match self.reads {
            Reads::All => self.input.bytes(),
            Reads::Resize {
                width,
                height,
                kept,
            } => {
                let rows = taps(self.input.height, height, kept.1);
                let columns = taps(self.input.width, width, kept.0);
                let span = columns
                    .last()
                    .zip(columns.first())
                    .map_or(0, |(last, first)| last - first + 1);
                rows.len() * span as usize * self.input.channels as usize
            }
        }
    }
}

/// The sorted indices, along an axis of `from` samples, with a weight above 0 for the middle `kept` of `to` samples; by the
/// tables of the bilinear resize.
fn taps(from: u32, to: u32, kept: u32) -> Vec<u32> {
    if from == 2 * to {
        let first = (to - kept) / 2;
        return (2 * first..2 * (first + kept)).collect();
    }
    let scale = f64::from(from) / f64::from(to);
    let first = (to - kept) / 2;
    let mut taps: Vec<u32> = (first..first + kept)
        .flat_map(|index| {
            let place = ((f64::from(index) + 0.5) * scale - 0.5).max(0.0) as f32;
            let below = place.floor();
            let second = ((place - below) * 2048.0).round_ties_even();
            let clamped = |tap: f32| (tap as u32).min(from - 1);
            let first = (second < 2048.0).then(|| clamped(below));
            let second = (second > 0.0).then(|| clamped(below + 1.0));
            first.into_iter().chain(second)
        })
        .collect();
    taps.sort_unstable();
    taps.dedup();
    taps
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume::pipeline::Pipeline;

    #[test]
    fn every_pipeline_takes_its_input_and_has_one_output() {
        for workload in &WORKLOADS {
            let pipeline = Pipeline::from_toml(workload.pipeline, workload.name).unwrap();
            pipeline.infer(&[workload.input]).unwrap();
            assert_eq!(pipeline.outputs().len(), 1, "{}", workload.name);
            assert!(workload.bytes_read() <= workload.input.bytes());
        }
    }

    #[test]
    fn rows_that_a_resize_skips_are_not_read() {
        // A third of the size: one row of three. Three quarters: weights fall on all rows but some.
        assert_eq!(taps(9, 3, 3), [1, 4, 7]);
        assert_eq!(taps(8, 4, 4), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(taps(8, 4, 2), [2, 3, 4, 5]);
        assert_eq!(taps(9, 2, 2), [1, 2, 6, 7]);
        let rows = |name| {
            let found = WORKLOADS.iter().find(|workload| workload.name == name);
            found.map(|workload| workload.bytes_read())
        };
        assert_eq!(rows("resize"), Some(360 * (1918 - 1 + 1) * 3));
        assert_eq!(rows("edge-small"), Some(480 * 1916 * 3));
        assert_eq!(rows("latency"), Some(640 * 480 * 3));
    }
}
