//! The errors of import and export.

use crate::dlpack::axes::Axes;
use pixelflume_device::DeviceError;
use pixelflume_memory::MemoryError;
use pixelflume_ops::image::error::ImageError;
use pixelflume_ops::{ImageShape, Layout, SampleType};
use thiserror::Error;

/// A tensor of DLPack cannot be used as images, or images cannot be given away as one.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum DlpackError {
    /// The struct is of another major version.
    #[error(
        "a struct of DLPack {major}.{minor} was given, this library reads versions 1.x; ask the producer for \
         `max_version=(1, 3)`"
    )]
    Version {
        /// Major version of the struct.
        major: u32,
        /// Minor version of the struct.
        minor: u32,
    },
    /// The number of dimensions is not that of images.
    #[error("a tensor of {ndim} dimensions was given{}; images have 2 to 4", axes_text(*axes))]
    Dimensions {
        /// The number of dimensions.
        ndim: i32,
        /// The axes that were asked for.
        axes: Option<Axes>,
    },
    /// The struct has no shape.
    #[error(
        "a tensor of {ndim} dimensions has a null pointer in place of its shape; give the extents of all dimensions"
    )]
    NoShape {
        /// The number of dimensions.
        ndim: i32,
    },
    /// The struct has no strides, which is allowed before DLPack 1.2 alone.
    #[error(
        "a tensor of DLPack {major}.{minor} has a null pointer in place of its strides; since 1.2 they are needed"
    )]
    NoStrides {
        /// Major version of the struct.
        major: u32,
        /// Minor version of the struct.
        minor: u32,
    },
    /// An extent is negative, or longer than an image can be.
    #[error(
        "a tensor of shape {shape:?} has extent {extent} on axis {axis}; images have 1 to 4294967295 there"
    )]
    Extent {
        /// Shape of the tensor.
        shape: Vec<i64>,
        /// Index of the axis.
        axis: usize,
        /// The extent on this axis.
        extent: i64,
    },
    /// An axis runs backward or does not move.
    #[error(
        "a tensor of shape {shape:?} has stride {stride} on axis {axis}; strides are at least 1 (make the tensor contiguous)"
    )]
    Stride {
        /// Shape of the tensor.
        shape: Vec<i64>,
        /// Index of the axis.
        axis: usize,
        /// The stride on this axis, in elements.
        stride: i64,
    },
    /// The strides are not those of images.
    #[error(
        "a tensor of shape {shape:?} with strides {strides:?} does not lie in memory like images{}; rows and images may have \
         padding, pixels and planes not (make the tensor contiguous{})",
        axes_text(*axes),
        if axes.is_none() { ", or name its axes where images have more than 4 channels" } else { "" }
    )]
    Strides {
        /// Shape of the tensor.
        shape: Vec<i64>,
        /// Its strides, in elements.
        strides: Vec<i64>,
        /// The axes that were asked for.
        axes: Option<Axes>,
    },
    /// The tensor has more elements than can be counted.
    #[error("a tensor of shape {shape:?} is larger than any memory; check its extents and strides")]
    TooLarge {
        /// Shape of the tensor.
        shape: Vec<i64>,
    },
    /// The tensor could be images in more than one way.
    #[error("a tensor of shape {shape:?} can be {first:?} or {second:?}; say which")]
    Ambiguous {
        /// Shape of the tensor.
        shape: Vec<i64>,
        /// One way.
        first: Axes,
        /// The other way.
        second: Axes,
    },
    /// The element is no sample.
    #[error(
        "elements of code {code}, {bits} bits and {lanes} lanes are no samples; samples are 8-bit unsigned and 16-bit signed \
         integers and floats of 16 and 32 bits, of one lane; convert the tensor"
    )]
    SampleType {
        /// Kind of number, a value of [`DLDataTypeCode`](crate::dlpack::abi::DLDataTypeCode).
        code: u8,
        /// Bits of a number.
        bits: u8,
        /// Numbers of an element.
        lanes: u16,
    },
    /// DLPack has no type for these samples.
    #[error(
        "samples of type {sample} have no type in DLPack; convert them, for example with normalize"
    )]
    NoType {
        /// The type of a sample.
        sample: SampleType,
    },
    /// The memory is of a device that cannot be used here.
    #[error(
        "memory of device type {device_type}, number {device_id}, was given with a stream of {expected}; move the tensor to \
         that device, or to the CPU"
    )]
    Device {
        /// Kind of the device, a value of [`DLDeviceType`](crate::dlpack::abi::DLDeviceType).
        device_type: i32,
        /// Number of the device.
        device_id: i32,
        /// The device of the stream.
        expected: String,
    },
    /// The tensor has elements and no memory.
    #[error("a tensor of {bytes} bytes has a null pointer in place of its memory")]
    NoMemory {
        /// Bytes of the tensor.
        bytes: usize,
    },
    /// The memory passes the end of all addresses.
    #[error(
        "a tensor of {bytes} bytes at address {data:#x} with a byte offset of {byte_offset} is past the end of all addresses"
    )]
    PastEnd {
        /// Address of the memory.
        data: u64,
        /// Bytes from there to the first element.
        byte_offset: u64,
        /// Bytes from the first element to the end of the last.
        bytes: usize,
    },
    /// The producer forbids that the memory is written.
    #[error("the tensor is read-only, and cannot be an output; copy it")]
    ReadOnly,
    /// The shape is impossible, or samples are not at multiples of their size.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Images of several channels lie in memory in the other way.
    #[error(
        "images of {shape} are not {layout:?}; only images of one channel can be called either"
    )]
    Layout {
        /// Shape of each image.
        shape: ImageShape,
        /// The layout that was asked for.
        layout: Layout,
    },
    /// The images of a batch have different shapes.
    #[error(
        "image {index} of the batch is {got}, the first is {expected}; group the images by shape"
    )]
    Shapes {
        /// Index of the image.
        index: usize,
        /// Shape of the image.
        got: ImageShape,
        /// Shape of the first image.
        expected: ImageShape,
    },
    /// The memory cannot be borrowed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The device refuses.
    #[error(transparent)]
    Driver(#[from] DeviceError),
}

fn axes_text(axes: Option<Axes>) -> String {
    axes.map_or(String::new(), |axes| format!(" as {axes:?}"))
}
