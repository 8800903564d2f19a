//! Images: their shape, batches of them in a device's memory, and images in ordinary memory.

#[cfg(feature = "ndarray")]
pub mod arrays;
pub mod error;
#[cfg(feature = "image")]
pub mod interop;
pub mod layout;
pub mod owned;
pub mod rows;
pub mod view;

use pixelflume_device::Address;
use std::fmt;

pub use pixelflume_kernels::args::ImageParam;

/// The type of one sample (one channel of one pixel).
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum SampleType {
    /// Unsigned 8-bit integer, 0 to 255.
    U8,
    /// Signed 16-bit integer.
    I16,
    /// IEEE half precision: 11 bits of precision, up to 65504.
    F16,
    /// The upper half of an [`F32`](SampleType::F32) (`bfloat16`): its range, with 8 bits of precision.
    Bf16,
    /// IEEE single precision.
    F32,
    /// IEEE double precision, of numbers that are measured: operators on images take none.
    F64,
    /// Signed 32-bit integers.
    I32,
}

impl SampleType {
    /// The size of one sample in bytes: 1, 2, 4 or 8.
    pub const fn bytes(self) -> usize {
        match self {
            SampleType::U8 => 1,
            SampleType::I16 | SampleType::F16 | SampleType::Bf16 => 2,
            SampleType::F32 | SampleType::I32 => 4,
            SampleType::F64 => 8,
        }
    }

    /// The name of the type in pipeline files and messages: `u8`, `i16`, `f16`, `bf16`, `f32`, `f64` or `i32`.
    pub const fn name(self) -> &'static str {
        match self {
            SampleType::U8 => "u8",
            SampleType::I16 => "i16",
            SampleType::F16 => "f16",
            SampleType::Bf16 => "bf16",
            SampleType::F32 => "f32",
            SampleType::F64 => "f64",
            SampleType::I32 => "i32",
        }
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The order of an image's channels in memory.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub enum Layout {
    /// The channels of a pixel are side by side (HWC).
    #[default]
    Interleaved,
    /// Each channel is a plane, one after the other (CHW).
    Planar,
}

/// The shape of one image: size, channels, sample type and layout, without memory.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct ImageShape {
    /// Pixels of a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
    /// Samples of a pixel, at least 1.
    pub channels: u32,
    /// Type of a sample.
    pub sample: SampleType,
    /// The order of the channels in memory.
    pub layout: Layout,
}

impl ImageShape {
    /// The shape of an interleaved 8-bit image.
    pub const fn u8(width: u32, height: u32, channels: u32) -> Self {
        ImageShape {
            width,
            height,
            channels,
            sample: SampleType::U8,
            layout: Layout::Interleaved,
        }
    }

    /// Bytes of one row without padding (one row of one plane for planar images).
    pub const fn row_bytes(&self) -> usize {
        let samples = match self.layout {
            Layout::Interleaved => self.width as usize * self.channels as usize,
            Layout::Planar => self.width as usize,
        };
        samples * self.sample.bytes()
    }

    /// Rows in memory: `height`, times the channels for planar images.
    pub const fn rows(&self) -> usize {
        match self.layout {
            Layout::Interleaved => self.height as usize,
            Layout::Planar => self.height as usize * self.channels as usize,
        }
    }

    /// Bytes of one image without padding.
    pub const fn bytes(&self) -> usize {
        self.row_bytes() * self.rows()
    }
}

impl fmt::Display for ImageShape {
    /// Width x height x channels and sample type, for example `640x480x3 u8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}x{}x{} {}",
            self.width, self.height, self.channels, self.sample
        )?;
        if self.layout == Layout::Planar && self.channels > 1 {
            f.write_str(" planar")?;
        }
        Ok(())
    }
}

/// A batch of equally shaped images in a device's memory: frame `n` begins at `base + n * batch_stride`, row `y` of it
/// `y * row_pitch` further on.
///
/// The batch does not borrow its memory: the code that makes it keeps the memory valid, and free of other writes, until the
/// work that was bound to it is complete.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ImageBatch {
    /// Shape of each image.
    pub shape: ImageShape,
    /// The number of images, at least 1.
    pub batch: u32,
    /// Address of the first sample of the first image.
    pub base: Address,
    /// Bytes from a row to the next, at least [`ImageShape::row_bytes`].
    pub row_pitch: usize,
    /// Bytes from an image to the next, at least the bytes that an image spans.
    pub batch_stride: usize,
}

impl ImageBatch {
    /// A batch without padding at `base`.
    pub const fn tight(shape: ImageShape, batch: u32, base: Address) -> Self {
        ImageBatch {
            shape,
            batch,
            base,
            row_pitch: shape.row_bytes(),
            batch_stride: shape.bytes(),
        }
    }

    /// The number of bytes from the first sample of the batch to the end of its last one.
    pub const fn span_bytes(&self) -> usize {
        (self.batch as usize - 1) * self.batch_stride
            + (self.shape.rows() - 1) * self.row_pitch
            + self.shape.row_bytes()
    }

    /// The batch as a kernel argument.
    pub fn param(&self) -> ImageParam {
        ImageParam {
            base: self.base.raw(),
            row_pitch: self.row_pitch as u64,
            batch_stride: self.batch_stride as u64,
            width: self.shape.width,
            height: self.shape.height,
            channels: self.shape.channels,
            batch: self.batch,
        }
    }

    /// The batch as rows of bytes, the rows of one plane after the other.
    pub(crate) fn byte_param(&self) -> ImageParam {
        ImageParam {
            // Below 2^30 samples, and below 2^32 bytes.
            width: self.shape.row_bytes() as u32,
            ..self.sample_param()
        }
    }

    /// The batch as rows of samples without channels, the rows of one plane after the other: the form for elementwise operators,
    /// to which neither channel nor layout matters.
    pub(crate) fn sample_param(&self) -> ImageParam {
        ImageParam {
            width: (self.shape.row_bytes() / self.shape.sample.bytes()) as u32,
            height: self.shape.rows() as u32,
            channels: 1,
            ..self.param()
        }
    }
}
