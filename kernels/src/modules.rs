//! The table of the product's modules but the stencils, which have [one of their own](crate::STENCILS).

use crate::built_in::BUILT_IN;
use crate::module::{Module, Variant, table};
use crate::stencil::STENCILS;

/// All modules of the product, as `cargo xtask kernels` compiles them.
pub fn modules() -> impl Iterator<Item = &'static Module> + Clone {
    SINGLE.iter().copied().chain(STENCILS)
}

const fn only(
    name: &'static str,
    source: &'static str,
    entries: &'static [&'static str],
) -> Module {
    Module::new(&BUILT_IN, name, source, Variant::Only, entries)
}

const fn sample(name: &'static str, source: &'static str) -> Module {
    const ENTRIES: &[&str] = &[
        "sample_direct",
        "sample_bilinear",
        "sample_half",
        "sample_scattered",
    ];
    let variant = Variant::Sample(source);
    Module::new(&BUILT_IN, name, "sample_taps.cu", variant, ENTRIES)
}

const fn mixed(name: &'static str, source: &'static str) -> Module {
    let variant = Variant::Sample(source);
    Module::new(
        &BUILT_IN,
        name,
        "sample_mixed.cu",
        variant,
        &["sample_mixed"],
    )
}

const fn resample(
    name: &'static str,
    source: &'static str,
    entries: &'static [&'static str],
) -> Module {
    let variant = Variant::Resample(source);
    Module::new(&BUILT_IN, name, "resample.cu", variant, entries)
}

const fn resample_mixed(
    name: &'static str,
    source: &'static str,
    entries: &'static [&'static str],
) -> Module {
    let variant = Variant::Resample(source);
    Module::new(&BUILT_IN, name, "resample_mixed.cu", variant, entries)
}

const fn shrink(name: &'static str, channels: &'static str) -> Module {
    let variant = Variant::Resample(channels);
    Module::new(
        &BUILT_IN,
        name,
        "shrink.cu",
        variant,
        &["shrink_2", "shrink_3"],
    )
}

/// The kernels that resample all channels of the source, or its gray, with weights of two or three digits.
const RESAMPLE_COLOR: &[&str] = &[
    "resample_2",
    "resample_3",
    "resample_gray_2",
    "resample_gray_3",
];

/// The kernels that resample all channels of images of any sizes, or their gray, with weights of two or three digits or in single
/// precision.
const RESAMPLE_MIXED: &[&str] = &[
    "resample_fixed_2",
    "resample_fixed_3",
    "resample_single",
    "resample_gray_fixed_2",
    "resample_gray_fixed_3",
    "resample_gray_single",
];

/// The same from gray images.
const RESAMPLE_MIXED_OF_GRAY: &[&str] =
    &["resample_fixed_2", "resample_fixed_3", "resample_single"];

/// Two images beside each other, and one several times, with samples of 1, 2 and 4 bytes.
const BESIDE_ENTRIES: &[&str] = &[
    "concat_1", "concat_2", "concat_4", "tile_1", "tile_2", "tile_4",
];

/// One pass: along the axis, from and to the sample types, with i32 or f32 weights.
const PASSES: &[&str] = &[
    "resample_columns",
    "resample_lines",
    "resample_columns_f32",
    "resample_lines_f32",
    "resample_columns_to_f32",
    "resample_lines_from_f32",
];

table! {
    BESIDE = only("beside", "beside.cu", BESIDE_ENTRIES), "`concat` and `tile`.";
    BINARY = only("binary", "binary.cu", BINARY_ENTRIES), "Operators of two images, sample by sample.";
    CANNY = only("canny", "canny.cu", &["canny_classes", "canny_merge", "canny_mark", "canny_edges"]), "`canny`.";
    CLAHE = only("clahe", "clahe.cu", &["clahe_tables", "clahe"]), "`clahe`.";
    COLOR_SPACE = only("color_space", "color_space.cu", &["color_space", "gray_torchvision"]), "`color_space`, and the gray of torchvision.";
    ELEMENT = only("element", "element.cu", &["erode_element", "dilate_element"]), "`erode`, `dilate` and `morphology` but for small squares.";
    CONNECTED_COMPONENTS = only("connected_components", "connected_components.cu", COMPONENTS), "`connected_components`.";
    ERASE = only("erase", "erase.cu", &["erase_1", "erase_2", "erase_4"]), "`erase`.";
    FILTER_2D = only("filter2d", "filter2d.cu", &["filter2d"]), "`filter2d`.";
    FLOAT_TABLE = only("float_table", "float_table.cu", &["float_table"]), "`normalize`, `rescale` and `to_float` with tables that no steps make.";
    GATHER = only("gather", "gather.cu", &["gather_1", "gather_2", "gather_4"]), "`crop`, `center_crop`, `flip`, `pad` and `pad_to` of images that no chain takes, and the frame of `letterbox`.";
    GAUSSIAN_BLUR = only("gaussian_blur", "gaussian_blur.cu", &["gaussian_blur"]), "`gaussian_blur` with taps that no stencil module takes.";
    HISTOGRAM = only("histogram", "histogram.cu", &["histogram", "histogram_4", "measured_tables", "measure"]), "Histograms, tables from them (`equalize_hist`, `equalize`, `autocontrast`, `otsu_threshold`), and numbers (`histogram`, `mean_std`, `minmax`, `sum`).";
    JPEG_ENTROPY = only("jpeg_entropy", "jpeg_entropy.cu", JPEG_ENTROPY_ENTRIES), "Entropy-coded data of JPEG files to coefficients.";
    JPEG_PIXELS = only("jpeg_pixels", "jpeg_pixels.cu", &["jpeg_planes", "jpeg_colors"]), "Coefficients of JPEG files to pixels.";
    LAPLACIAN = only("laplacian", "laplacian.cu", &["laplacian"]), "`laplacian`.";
    LUT = only("lut", "lut.cu", &["lut"]), "Operators that look samples up: `lut`, `gamma`, `brightness`, `equalize` and others.";
    MEDIAN_BLUR = only("median_blur", "median_blur.cu", &["median_blur", "median_blur_counts"]), "`median_blur`.";
    PAD_MASK = only("pad_mask", "pad_mask.cu", &["pad_mask"]), "`pad_mask`.";
    PATCHIFY = only("patchify", "patchify.cu", &["patchify_1", "patchify_2", "patchify_4"]), "`patchify`.";
    PIXEL_STEPS = only("pixel_steps", "pixel_steps.cu", &["pixel_steps_sums", "pixel_steps"]), "`contrast`, `saturation`, `hue`, `random_gray` and `color_jitter`.";
    PYRAMID = only("pyramid", "pyramid.cu", &["pyr_down", "pyr_up"]), "`pyr_down` and `pyr_up`.";
    RESAMPLE_BITS = only("resample_bits", "resample_bits.cu", &["resample_bits"]), "The bits of torchvision's weights, for mixed chains.";
    RESAMPLE_GRAY = resample("resample_gray", "1", &["resample_2", "resample_3"]), "Chains with a `resample` from gray images.";
    RESAMPLE_MIXED_GRAY = resample_mixed("resample_mixed_gray", "1", RESAMPLE_MIXED_OF_GRAY), "Mixed chains with a `resample` from gray images.";
    RESAMPLE_MIXED_RGB = resample_mixed("resample_mixed_rgb", "3", RESAMPLE_MIXED), "The same from images of three channels.";
    RESAMPLE_MIXED_RGBA = resample_mixed("resample_mixed_rgba", "4", RESAMPLE_MIXED), "The same from images of four channels.";
    RESAMPLE_NV12 = resample("resample_nv12", "NV12", RESAMPLE_COLOR), "The same from NV12 frames.";
    RESAMPLE_PASSES = only("resample_passes", "resample_passes.cu", PASSES), "One pass of `resample` at a time.";
    RESAMPLE_RGB = resample("resample_rgb", "3", RESAMPLE_COLOR), "Chains with a `resample` from images of three channels.";
    RESAMPLE_RGBA = resample("resample_rgba", "4", RESAMPLE_COLOR), "The same from images of four channels.";
    RESIZE_TAPS = only("resize_taps", "resize_taps.cu", RESIZE), "`resize` with sums of more than two pixels of an axis, or with other roundings than those of bilinear.";
    SAMPLE_GRAY = sample("sample_gray", "1"), "Chains of one resize, crops, flips and pads from gray images.";
    SAMPLE_MIXED_GRAY = mixed("sample_mixed_gray", "1"), "Mixed chains from gray images.";
    SAMPLE_MIXED_NV12 = mixed("sample_mixed_nv12", "NV12"), "The same from NV12 frames.";
    SAMPLE_MIXED_RGB = mixed("sample_mixed_rgb", "3"), "The same from images of three channels.";
    SAMPLE_MIXED_RGBA = mixed("sample_mixed_rgba", "4"), "The same from images of four channels.";
    SAMPLE_NV12 = sample("sample_nv12", "NV12"), "The same from NV12 frames.";
    SAMPLE_RGB = sample("sample_rgb", "3"), "The same from images of three channels.";
    SAMPLE_RGBA = sample("sample_rgba", "4"), "The same from images of four channels.";
    SAMPLE_ROWS = only("sample_rows", "sample_rows.cu", ROWS), "Color, threshold and normalization of images, or rectangles of them, whose pixels stay in order.";
    SAMPLE_WORDS = only("sample_words", "sample_words.cu", &["sample_words", "sample_words_2"]), "Bilinear resizes of bytes that enlarge.";
    SCHARR = only("scharr", "scharr.cu", &["scharr"]), "`scharr`.";
    SHARPNESS = only("sharpness", "sharpness.cu", &["sharpness"]), "`sharpness`.";
    SHRINK_GRAY = shrink("shrink_gray", "1"), "Chains that resample gray images to a much smaller size.";
    SHRINK_RGB = shrink("shrink_rgb", "3"), "The same from images of three channels.";
    SHRINK_RGBA = shrink("shrink_rgba", "4"), "The same from images of four channels.";
    SOBEL = only("sobel", "sobel.cu", &["sobel", "sobel_wide"]), "`sobel` with the outputs dx and dy, or with windows of 5 or 7 pixels.";
    THRESHOLD = only("threshold", "threshold.cu", &["threshold"]), "`threshold`.";
    TRANSPOSE = only("transpose", "transpose.cu", &["transpose_1", "transpose_2", "transpose_4"]), "`transpose`.";
    WARP = only("warp", "warp.cu", &["warp_nearest", "warp_bilinear", "warp_cubic", "warp_grid"]), "`warp_affine`, `warp_perspective`, `rotate`, `affine` and `perspective`.";
    WINDOW = only("window", "window.cu", &["box_blur", "erode", "dilate", "adaptive_threshold"]), "`box_blur`, `erode`, `dilate` and `adaptive_threshold`.";
    YUV = only("yuv", "yuv.cu", &["yuv_to_rgb", "rgb_to_yuv"]), "`yuv_to_rgb`, `nv12_to_rgb` but for its defaults, and `rgb_to_yuv`.";
}

/// The operators; those of `min` and `max` have other names, since these are functions of CUDA.
const BINARY_ENTRIES: &[&str] = &[
    "abs_diff",
    "add",
    "add_weighted",
    "alpha_composite",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "blend",
    "mask",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
];

/// In the order in which they are launched.
const COMPONENTS: &[&str] = &[
    "components_labels",
    "components_merge",
    "components_count",
    "components_offsets",
    "components_number",
    "components_write",
];

/// In the order in which they are launched.
const JPEG_ENTROPY_ENTRIES: &[&str] = &[
    "jpeg_stuffing",
    "jpeg_unstuff",
    "jpeg_guess",
    "jpeg_meet",
    "jpeg_choose",
    "jpeg_count",
    "jpeg_scan",
    "jpeg_write",
];

/// Integer weights by the taps of each axis, f32 weights, and means of blocks.
const RESIZE: &[&str] = &[
    "resize_fixed",
    "resize_fixed_2",
    "resize_fixed_4",
    "resize_fixed_8",
    "resize_float",
    "resize_blocks",
];

/// To bytes and to floats: the number of channels read, and the number written.
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
