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
pub mod yuv;

pub use abs_diff::AbsDiff;
pub use blend::Blend;
pub use box_blur::BoxBlur;
pub use center_crop::CenterCrop;
pub use color::{Color, ColorConversion};
pub use contract::{Binding, Code, Operator, OperatorError, Plan, plain};
pub use crop::Crop;
pub use custom::{Custom, CustomFrame};
pub use dilate::Dilate;
pub use erode::Erode;
pub use flip::{Flip, FlipAxis};
pub use gaussian_blur::GaussianBlur;
pub use image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
pub use laplacian::{Laplacian, LaplacianOutput};
pub use letterbox::Letterbox;
pub use median_blur::MedianBlur;
pub use normalize::Normalize;
pub use nv12_to_rgb::Nv12ToRgb;
pub use pad::{Pad, PadMode};
pub use resize::{Interpolation, Resize};
pub use sobel::{Sobel, SobelOutput};
pub use threshold::Threshold;
pub use warp_affine::WarpAffine;
