//! What is to be measured.

use crate::error::BenchError;
use clap::ValueEnum;
use pixelflume::device::{Device, DeviceKind, DeviceRequest};
use pixelflume::scheduler::Trace;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What [`measure`](crate::measure) measures.
#[derive(Clone, Debug)]
pub struct Options {
    /// The section.
    pub section: Section,
    /// Workloads by name, of the section `workloads`; `all` stands for all of them.
    pub workloads: Vec<String>,
    /// The device; only [`Section::Jobs`] takes several.
    pub devices: DeviceList,
    /// Images of a batch, in place of the workload's own batch sizes.
    pub batch: Option<u32>,
    /// Whether plans of workloads fuse nodes into chains.
    pub fusion: bool,
    /// Whether to measure less, for a first look.
    pub quick: bool,
    /// Compare shares of the copy bandwidth with the stored ones, or with those of a file.
    pub check: Option<Option<PathBuf>>,
    /// Write shares of the copy bandwidth to a file.
    pub write_shares: Option<PathBuf>,
    /// Record some batches of the section `engine`.
    pub trace: Option<Trace>,
    /// JPEG files of this folder for the section `jpeg`, in place of files that are made.
    pub files: Option<PathBuf>,
    /// The decoders of the section `jpeg` on CUDA.
    pub decoders: Vec<JpegDecoder>,
}

impl Default for Options {
    /// All workloads, on a GPU where there is one.
    fn default() -> Self {
        Options {
            section: Section::Workloads,
            workloads: vec!["all".to_owned()],
            devices: DeviceList::These(vec![DeviceRequest::Auto]),
            batch: None,
            fusion: true,
            quick: false,
            check: None,
            write_shares: None,
            trace: None,
            files: None,
            decoders: vec![JpegDecoder::Pixelflume],
        }
    }
}

/// The sections of the benchmarks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Pipelines over images in device memory, beside the copy bandwidth
    Workloads,
    /// Frames per second of a streaming engine, beside the bandwidth of bare uploads
    Engine,
    /// One allocation with its free: the pools beside the driver's own calls
    Memory,
    /// Batches in ordinary memory, beside copies of the same bytes from and to page-locked memory
    Staging,
    /// Batches of images of several sizes, beside bare copies and, on the host, beside their images one by one
    Mixed,
    /// 10,000 batches of images whose sizes were never seen before: time and memory from the first to the last
    MixedLong,
    /// JPEG files to pixels and tensors, beside the CPU and, with --decoder, nvJPEG
    Jpeg,
    /// Images per second of jobs on one and on several devices, and the time of single images through an engine and a job
    Jobs,
    /// Chains of small kernels: launched one by one and as graphs, beside the bare calls of the device
    Submission,
}

/// The decoders of the section `jpeg` on CUDA.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum JpegDecoder {
    /// This project's, whose samples are those of libjpeg-turbo
    Pixelflume,
    /// NVIDIA's library; its samples are not exact
    Nvjpeg,
}

/// The devices of a measurement: `auto`, `host`, `cuda`, `cuda:N`, several of these separated by commas, or `cuda:all`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeviceList {
    /// These devices.
    These(Vec<DeviceRequest>),
    /// All GPUs of the machine, in the order of their numbers.
    AllGpus,
}

impl FromStr for DeviceList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "cuda:all" {
            return Ok(DeviceList::AllGpus);
        }
        let parse = |part: &str| part.parse::<DeviceRequest>();
        let these = text.split(',').map(parse).collect::<Result<Vec<_>, _>>();
        let these = these.map_err(|error| format!("{error}, or cuda:all"))?;
        match (1..these.len()).find(|&at| these[..at].contains(&these[at])) {
            None => Ok(DeviceList::These(these)),
            Some(at) => Err(format!("{} stands there twice", these[at])),
        }
    }
}

impl fmt::Display for DeviceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceList::AllGpus => f.write_str("cuda:all"),
            DeviceList::These(these) => {
                let names: Vec<_> = these.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl DeviceList {
    /// The first device.
    pub(crate) fn first(&self) -> DeviceRequest {
        match self {
            DeviceList::These(these) => these.first().cloned().unwrap_or_default(),
            DeviceList::AllGpus => DeviceRequest::Cuda(0),
        }
    }

    /// The one device, for sections that measure one.
    pub(crate) fn single(&self) -> Result<&DeviceRequest, BenchError> {
        match self {
            DeviceList::These(these) if these.len() == 1 => Ok(&these[0]),
            _ => Err(BenchError::refused_with(
                format!("--device {self}: this section measures one device"),
                "name one of them",
            )),
        }
    }
}

impl DeviceList {
    /// Opens the devices, of which there is at least one.
    pub(crate) fn open(&self) -> Result<Vec<Device>, BenchError> {
        match self {
            DeviceList::These(these) => these.iter().map(open).collect(),
            DeviceList::AllGpus => {
                let devices = Device::all();
                match devices
                    .iter()
                    .all(|device| device.kind() == DeviceKind::Cuda)
                {
                    true => Ok(devices),
                    // It says why there is none.
                    false => open(&DeviceRequest::Cuda(0)).map(|device| vec![device]),
                }
            }
        }
    }
}

/// Opens the device of a request.
pub(crate) fn open(request: &DeviceRequest) -> Result<Device, BenchError> {
    Device::open(request).map_err(|error| {
        let message = crate::error::full_text(&error);
        BenchError::refused_with(message, "--device host computes on the CPU")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_devices_are_read_and_written() {
        for text in ["auto", "host", "cuda:0", "cuda:0,cuda:3", "cuda:all"] {
            assert_eq!(text.parse::<DeviceList>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "gpu",
            "cuda:0,",
            "cuda:0,cuda:0",
            "cuda,cuda:0",
            "cuda:all,host",
        ] {
            text.parse::<DeviceList>().unwrap_err();
        }
        let two: DeviceList = "cuda:0,cuda:1".parse().unwrap();
        assert!(two.single().is_err());
        let one: DeviceList = "cuda".parse().unwrap();
        assert_eq!(one.single().unwrap(), &DeviceRequest::Cuda(0));
    }
}
