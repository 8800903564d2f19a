//! What is to be measured.

use crate::error::BenchError;
use clap::ValueEnum;
use pixelflume::device::{Device, DeviceError, DeviceList, DeviceRequest};
use pixelflume::scheduler::Trace;
use serde::Serialize;
use std::path::PathBuf;

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
            devices: DeviceList::default(),
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

/// The one device, for sections that measure one.
pub(crate) fn single(devices: &DeviceList) -> Result<&DeviceRequest, BenchError> {
    devices.single().ok_or_else(|| {
        BenchError::refused_with(
            format!("--device {devices}: this section measures one device"),
            "name one of them",
        )
    })
}

/// Opens the device of a request.
pub(crate) fn open(request: &DeviceRequest) -> Result<Device, BenchError> {
    Device::open(request).map_err(|error| refused(&error))
}

/// Opens the devices of a list, of which there is at least one.
pub(crate) fn open_all(devices: &DeviceList) -> Result<Vec<Device>, BenchError> {
    devices.open().map_err(|error| refused(&error))
}

fn refused(error: &DeviceError) -> BenchError {
    let message = crate::error::full_text(error);
    BenchError::refused_with(message, "--device host computes on the CPU")
}
