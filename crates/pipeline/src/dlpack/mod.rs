//! Tensors of other libraries as images, and images as tensors, by the structs of [DLPack] 1.x.
//!
//! [`DlTensor`] takes a tensor over, as an input or an output of a pipeline; [`DlExport`] gives images away. Both know the
//! struct with a version and the older one without. Nothing is copied but what lies in ordinary memory and goes to a GPU.
//!
//! | [`SampleType`](pixelflume_ops::SampleType) | DLPack | code, bits | PyTorch |
//! |---|---|---|---|
//! | `U8` | `kDLUInt` | 1, 8 | `torch.uint8` |
//! | `I16` | `kDLInt` | 0, 16 | `torch.int16` |
//! | `F16` | `kDLFloat` | 2, 16 | `torch.float16` |
//! | `Bf16` | `kDLBfloat` | 4, 16 | `torch.bfloat16` |
//! | `F32` | `kDLFloat` | 2, 32 | `torch.float32` |
//! | `F64` | `kDLFloat` | 2, 64 | `torch.float64` |
//! | `I32` | `kDLInt` | 0, 32 | `torch.int32` |
//!
//! Elements of other types, and vectors (`lanes` other than 1), are refused.
//!
//! | Memory | with a stream of a GPU | with a stream of the host device |
//! |---|---|---|
//! | `kDLCUDA` | in place, of the same GPU | refused |
//! | `kDLCUDAManaged` | in place | refused |
//! | `kDLCPU`, `kDLCUDAHost` | copied, like a [`BatchView`](crate::BatchView) | in place |
//!
//! ```
//! use pixelflume_device::Device;
//! use pixelflume_ops::{Color, ColorConversion};
//! use pixelflume_pipeline::dlpack::{Axes, DlExport, DlTensor};
//! use pixelflume_pipeline::{ExecutionConfig, Image, Output, PipelineBuilder, Runner};
//!
//! let mut builder = PipelineBuilder::new("gray");
//! let input = builder.input("input")?;
//! builder.then(input, "gray", Color::new(ColorConversion::RgbToGray))?;
//! let device = Device::host();
//! let mut runner = Runner::new(builder.build()?, &device, ExecutionConfig::default())?;
//!
//! // Another library gives a tensor of 2 rows, 3 columns and 3 channels.
//! let theirs = DlExport::image(Image::from_fn(3, 2, 3, |x, y, _| (10 * y + x) as u8)?)?.into_dlpack();
//! // SAFETY: the tensor was just made, and nothing else has it.
//! let photo = unsafe { DlTensor::from_dlpack(theirs, Some(Axes::Hwc), &device.stream()?) }?;
//! let mut gray = Vec::new();
//! runner.execute(&[photo.input()], &mut [Output::Images(&mut gray)])?.into_result()?;
//! assert_eq!(gray[0].data(), [0, 1, 2, 10, 11, 12]);
//!
//! // It gets the result as a tensor, and calls the deleter when it needs it no longer.
//! let tensor = DlExport::images(&gray)?;
//! assert_eq!(tensor.shape(), [1, 2, 3, 1]);
//! let given = tensor.into_dlpack();
//! # // SAFETY: nothing else has the tensor, and it is not used again.
//! # unsafe { given.as_ref().deleter.expect("exports have one")(given.as_ptr()) };
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [DLPack]: https://dmlc.github.io/dlpack/latest/

pub mod abi;
mod axes;
mod error;
mod export;
mod handover;
mod import;
mod managed;
mod sample;

pub use axes::Axes;
pub use error::DlpackError;
pub use export::DlExport;
pub use import::DlTensor;
pub use managed::{ManagedTensor, TensorFields};
