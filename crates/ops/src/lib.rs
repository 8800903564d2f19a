//! Image operators, each with one plan and two executors, on the host and in CUDA, whose results are equal bit for bit.
//!
//! An [`Operator`] is an operation with its parameters. For given input shapes it makes a [`Plan`]: data without memory (output
//! shape, tables, taps, launch geometry), which both executors share. A plan resolves its code for a device once
//! ([`Plan::code`]), and then turns addresses into complete launches ([`Plan::bind`]) without allocating.
//!
//! The documentation of each operator has its arithmetic; for 8-bit images it equals OpenCV 5.0.0 bit for bit.
//! [`mod@reference`] computes it one pixel at a time and is the oracle of the tests.

// The parts of which operators are made.
mod contract;
mod host;
pub mod image;
mod kernels;
mod oracle;
pub mod spec;
#[cfg(feature = "testing")]
pub mod testing;

// The families of operators that share a plan.
mod binary;
mod element;
mod float_table;
mod gather;
mod measure;
mod measured_table;
mod pixel_steps;
mod point_table;
mod totals;
mod unary;
mod warp;
mod window;

// The operators, each in a folder of its kind's name.
mod abs_diff;
mod adaptive_threshold;
mod add;
mod add_weighted;
mod affine;
mod alpha_composite;
mod autocontrast;
mod bitwise_and;
mod bitwise_not;
mod bitwise_or;
mod bitwise_xor;
mod blend;
mod box_blur;
mod brightness;
mod canny;
mod center_crop;
mod clahe;
mod color;
mod color_jitter;
mod color_space;
mod concat;
mod connected_components;
mod contrast;
mod convert_scale_abs;
mod crop;
mod custom;
mod dilate;
mod equalize;
mod equalize_hist;
mod erase;
mod erode;
mod filter2d;
mod flip;
mod gamma;
mod gaussian_blur;
mod histogram;
mod hue;
mod invert;
mod laplacian;
mod letterbox;
mod lut;
mod mask;
mod max;
mod mean_std;
mod median_blur;
mod min;
mod minmax;
mod morphology;
mod multiply;
mod normalize;
mod nv12_to_rgb;
mod otsu_threshold;
mod pad;
mod pad_mask;
mod pad_to;
mod pad_to_largest;
mod patchify;
mod perspective;
mod posterize;
mod pyr_down;
mod pyr_up;
mod random_affine;
mod random_crop;
mod random_erasing;
mod random_flip;
mod random_gray;
mod random_resized_crop;
mod resample;
mod rescale;
mod resize;
mod resized_crop;
mod rgb_to_yuv;
mod rotate;
mod saturation;
mod scharr;
mod sharpness;
mod sobel;
mod solarize;
mod subtract;
mod sum;
mod threshold;
mod tile;
mod to_float;
mod transpose;
mod warp_affine;
mod warp_perspective;
mod yuv_to_rgb;

pub mod fusion;
pub mod mixed;
pub mod random;
pub mod reference;
pub mod registry;
pub mod yuv;

#[cfg(any(test, feature = "testing"))]
pub use contract::oracle_plan;
pub use contract::{
    Binding, ChainStep, Code, ImageContext, ImageValues, Operator, OperatorError, Plan,
};
pub use custom::{Custom, CustomFrame};
pub use image::error::ImageError;
pub use image::layout::BatchLayout;
pub use image::owned::Image;
pub use image::view::{BatchView, BatchViewMut, ImageView};
pub use image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
pub use registry::operators::{self, *};
pub use spec::{OperatorSpec, ParameterSpec, ParameterType, Value, Values};
