//! The table of all modules but the stencils, which have [one of their own](crate::STENCILS).

use crate::module::{Module, Variant};
use crate::stencil::STENCILS;

/// All modules, as `cargo xtask kernels` compiles them.
pub fn modules() -> impl Iterator<Item = &'static Module> + Clone {
    SINGLE.iter().copied().chain(STENCILS)
}

/// Declares the modules that operators name, and lists them in [`SINGLE`].
macro_rules! modules {
    ($($name:ident = $module:expr, $doc:literal;)+) => {
        $(
            #[doc = $doc]
            pub static $name: Module = $module;
        )+

        static SINGLE: &[&Module] = &[$(&$name),+];
    };
}

const fn only(
    name: &'static str,
    source: &'static str,
    entries: &'static [&'static str],
) -> Module {
    Module::new(name, source, Variant::Only, entries)
}

const fn sample(name: &'static str, source: &'static str) -> Module {
    const ENTRIES: &[&str] = &[
        "sample_direct",
        "sample_bilinear",
        "sample_half",
        "sample_scattered",
    ];
    Module::new(name, "sample_taps.cu", Variant::Sample(source), ENTRIES)
}

modules! {
    BINARY = only("binary", "binary.cu", &["abs_diff", "blend"]), "Operators with two inputs.";
    COLOR = only("color", "color.cu", &["color"]), "Colour conversions.";
    GATHER = only("gather", "gather.cu", &["gather"]), "Operators that move pixels.";
    GAUSSIAN_BLUR = only("gaussian_blur", "gaussian_blur.cu", &["gaussian_blur"]), "Gaussian blur.";
    NEIGHBOURS = only("neighbours", "neighbours.cu", &["laplacian", "median_blur"]), "Operators over a pixel's neighbours.";
    POINTWISE = only("pointwise", "pointwise.cu", &["threshold", "normalize", "nv12_to_rgb"]), "Operators on single pixels.";
    RESIZE = only("resize", "resize.cu", &["resize_bilinear", "resize_half", "resize_nearest"]), "Resizing.";
    SAMPLE_GRAY = sample("sample_gray", "1"), "Sampling through tables from gray images.";
    SAMPLE_NV12 = sample("sample_nv12", "NV12"), "Sampling through tables from NV12 frames.";
    SAMPLE_RGB = sample("sample_rgb", "3"), "Sampling through tables from images of three channels.";
    SAMPLE_RGBA = sample("sample_rgba", "4"), "Sampling through tables from images of four channels.";
    SAMPLE_ROWS = only("sample_rows", "sample_rows.cu", ROWS), "Sampling where pixels stay in their places.";
    SOBEL = only("sobel", "sobel.cu", &["sobel"]), "Sobel derivatives and their magnitude.";
    WARP_AFFINE = only("warp_affine", "warp_affine.cu", &["warp_affine"]), "Affine warps.";
    WINDOW = only("window", "window.cu", &["box_blur", "erode", "dilate"]), "Operators over a window.";
}

/// To bytes and to floats, from so many channels and to so many.
const ROWS: &[&str] = &[
    "rows_to_bytes_1_1",
    "rows_to_bytes_1_3",
    "rows_to_bytes_1_4",
    "rows_to_bytes_3_1",
    "rows_to_bytes_3_3",
    "rows_to_bytes_3_4",
    "rows_to_bytes_4_1",
    "rows_to_bytes_4_3",
    "rows_to_bytes_4_4",
    "rows_to_floats_1_1",
    "rows_to_floats_1_3",
    "rows_to_floats_1_4",
    "rows_to_floats_3_1",
    "rows_to_floats_3_3",
    "rows_to_floats_3_4",
    "rows_to_floats_4_1",
    "rows_to_floats_4_3",
    "rows_to_floats_4_4",
];
