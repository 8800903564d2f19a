//! Image operators: each has one plan and two executors, host and CUDA, with equal bytes.
//!
//! An [`Operator`] is what a user asks for (its kind and parameters). For given input shapes it makes a [`Plan`]: pure data
//! (output shape, tables, taps, launch geometry) that both executors share. A plan names the code for a device once
//! ([`Plan::code`]) and then turns addresses into complete launches ([`Plan::bind`]) without allocating.
//!
//! The arithmetic is fixed, operator by operator, in each operator's documentation; for 8-bit images it is that of
//! OpenCV 5.0.0, bit for bit. [`mod@reference`] holds it in its plainest form and is the oracle of the tests.

// What operators are made of.
mod contract;
mod host;
mod image;
mod kernels;
mod oracle;
pub mod spec;
#[cfg(feature = "testing")]
pub mod testing;

// The families of operators that share a plan.
mod binary;
mod gather;
mod unary;
mod window;

// The operators, each in a folder of its kind's name.
mod abs_diff;
mod blend;
mod box_blur;
mod center_crop;
mod color;
mod crop;
mod custom;
mod dilate;
mod erode;
mod flip;
mod gaussian_blur;
mod laplacian;
mod letterbox;
mod median_blur;
mod normalize;
mod nv12_to_rgb;
mod pad;
mod resize;
mod sobel;
mod threshold;
mod warp_affine;

pub mod fusion;
pub mod reference;
pub mod registry;
pub mod yuv;

#[cfg(any(test, feature = "testing"))]
pub use contract::oracle_plan;
pub use contract::{Binding, Code, Operator, OperatorError, Plan};
pub use custom::{Custom, CustomFrame};
pub use image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
pub use registry::operators::{self, *};
pub use spec::{OperatorSpec, ParameterSpec, ParameterType, Value, Values};
