//! The arguments of `pixelflume inspect`.

use clap::{Args, ValueEnum};
use pixelflume::device::DeviceRequest;
use pixelflume::ops::ImageShape;
use std::path::PathBuf;

/// Arguments of `pixelflume inspect`.
#[derive(Args, Debug)]
pub(crate) struct InspectArguments {
    /// Pipeline file (TOML)
    #[arg(value_name = "PIPELINE.toml")]
    pub(crate) pipeline: PathBuf,

    /// Also show the shape after each node, for 8-bit inputs of this width, height and number of channels
    #[arg(long, value_name = "WxHxC", value_parser = parse_size)]
    pub(crate) size: Option<ImageShape>,

    /// The device that the plan is for: host, auto (a GPU where there is one), cuda, or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "host")]
    pub(crate) device: DeviceRequest,

    /// Show the plan without fusion: each node is one launch, as with `run --no-fusion`
    #[arg(long)]
    pub(crate) no_fusion: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = InspectFormat::Text)]
    pub(crate) format: InspectFormat,

    /// Show the schedule only: the stream of each node, in the order of submission, and the nodes that it waits for
    #[arg(long, conflicts_with = "format")]
    pub(crate) schedule: bool,
}

/// The output format of `inspect`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum InspectFormat {
    /// A table to read
    Text,
    /// Graphviz, for `dot -Tsvg`
    Dot,
    /// Mermaid, for Markdown pages
    Mermaid,
    /// JSON, for programs
    Json,
    /// A pipeline file with all defaults written out
    Toml,
}

/// Parses `WxHxC`, for example `1920x1080x3`.
fn parse_size(text: &str) -> Result<ImageShape, String> {
    let numbers: Vec<u32> = text
        .split(['x', 'X'])
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| "expected WIDTHxHEIGHTxCHANNELS, for example 1920x1080x3".to_owned())?;
    let &[width, height, channels] = numbers.as_slice() else {
        return Err(format!(
            "expected three numbers, for example 1920x1080x3, got {}",
            numbers.len()
        ));
    };
    // 16384 x 16384 pixels of 4 channels fit: the product stays far from overflow on every machine.
    let samples = u64::from(width)
        .checked_mul(u64::from(height))
        .and_then(|pixels| pixels.checked_mul(u64::from(channels)));
    match samples {
        Some(0) => Err("width, height and channels are at least 1".to_owned()),
        Some(samples) if samples <= MAX_INSPECT_SAMPLES => {
            Ok(ImageShape::u8(width, height, channels))
        }
        _ => Err(format!(
            "an image of more than {MAX_INSPECT_SAMPLES} samples is too large"
        )),
    }
}

/// The largest image that `inspect` accepts, in samples: far more than the decoders accept.
const MAX_INSPECT_SAMPLES: u64 = 1 << 31;

pub(super) const INSPECT_HELP: &str = "\
Examples:
  pixelflume inspect edges.toml --size 1920x1080x3
  pixelflume inspect edges.toml --size 1920x1080x3 --device cuda
  pixelflume inspect edges.toml --schedule
  pixelflume inspect edges.toml --format dot | dot -Tsvg > edges.svg
  pixelflume inspect edges.toml --format toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_refused() {
        assert_eq!(parse_size("640x480x3"), Ok(ImageShape::u8(640, 480, 3)));
        assert_eq!(parse_size("1X1X1"), Ok(ImageShape::u8(1, 1, 1)));
        for wrong in [
            "",
            "640",
            "640x480",
            "0x1x1",
            "1x1x0",
            "-1x1x1",
            "axbxc",
            "1x2x3x4",
            "4294967295x4294967295x4294967295",
            "99999999999x1x1",
        ] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }
}
