//! Image operators: each has one plan and two executors, host and CUDA, with equal bytes.
//!
//! An [`Operator`] is what a user asks for (its kind and parameters). For given input shapes it makes a [`Plan`]: pure data
//! (output shape, tables, taps, launch geometry) that both executors share. A plan names the code for a device once
//! ([`Plan::code`]) and then turns addresses into complete launches ([`Plan::bind`]) without allocating.
//!
//! The arithmetic is fixed, operator by operator, in each operator's documentation; for 8-bit images it is that of
//! OpenCV 5.0.0, bit for bit. [`mod@reference`] holds it in its plainest form and is the oracle of the tests.

mod abs_diff {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::binary::AbsDiff;
}
mod blend {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::binary::Blend;
}
mod box_blur {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::window::BoxBlur;
}
mod center_crop {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::crop::CenterCrop;
}
mod dilate {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::window::Dilate;
}
mod erode {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::window::Erode;
}
mod median_blur {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::median::MedianBlur;
}
mod nv12_to_rgb {
    pub(crate) mod spec;
    #[cfg(feature = "testing")]
    mod testing;
    use crate::nv12::Nv12ToRgb;
}
mod binary;
mod color;
mod crop;
mod custom;
mod error;
mod flip;
pub mod fusion;
mod gather;
mod gaussian_blur;
mod host;
mod image;
mod kernels;
mod laplacian;
mod letterbox;
mod median;
mod normalize;
mod nv12;
mod operator;
mod pad;
mod plain;
mod plan;
pub mod reference;
pub mod registry;
mod resize;
mod sobel;
pub mod spec;
#[cfg(feature = "testing")]
pub mod testing;
mod threshold;
mod unary;
mod warp_affine;
mod window;
pub mod yuv;

pub use binary::{AbsDiff, Blend};
pub use color::{Color, ColorConversion};
pub use crop::{CenterCrop, Crop};
pub use custom::Custom;
pub use error::OperatorError;
pub use flip::{Flip, FlipAxis};
pub use gaussian_blur::GaussianBlur;
pub use host::CustomFrame;
pub use image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
pub use laplacian::{Laplacian, LaplacianOutput};
pub use letterbox::Letterbox;
pub use median::MedianBlur;
pub use normalize::Normalize;
pub use nv12::Nv12ToRgb;
pub use operator::{Binding, Code, Operator, Plan};
pub use pad::{Pad, PadMode};
pub use plain::plain;
pub use resize::{Interpolation, Resize};
pub use sobel::{Sobel, SobelOutput};
pub use threshold::Threshold;
pub use warp_affine::WarpAffine;
pub use window::{BoxBlur, Dilate, Erode};
