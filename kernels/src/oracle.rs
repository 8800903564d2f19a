//! The oracle kernels: simple kernels, one or two launches for each operator, that tests and the validation compare the
//! product's kernels with.
//!
//! Every plan of these operators runs the kernels of `sample_rows.cu` and `sample_taps.cu`, so no program needs the kernels of
//! this module, and only the feature `testing` embeds them. They have an archive of their own.

use crate::archive::BuiltIn;
use crate::module::{Module, Variant, table};

/// The bytes of the archive of the oracle kernels; [`Archive::parse`](crate::Archive::parse) reads them.
pub static ARCHIVE: &[u8] = include_bytes!("../oracle/archive.bin");

static BUILT_IN: BuiltIn = BuiltIn(&ARCHIVE);

/// All modules of the oracle, as `cargo xtask kernels` compiles them.
pub fn modules() -> impl Iterator<Item = &'static Module> + Clone {
    SINGLE.iter().copied()
}

const fn only(
    name: &'static str,
    source: &'static str,
    entries: &'static [&'static str],
) -> Module {
    Module::new(&BUILT_IN, name, source, Variant::Only, entries)
}

table! {
    COLOR = only("color", "oracle/color.cu", &["color"]), "`color`.";
    GATHER = only("gather", "oracle/gather.cu", &["gather"]), "`crop`, `center_crop`, `flip`, `pad`, and the frame of `letterbox`.";
    NORMALIZE = only("normalize", "oracle/normalize.cu", &["normalize"]), "`normalize`.";
    NV12_TO_RGB = only("nv12_to_rgb", "oracle/nv12_to_rgb.cu", &["nv12_to_rgb"]), "`nv12_to_rgb`.";
    RESIZE = only("resize", "oracle/resize.cu", &["resize_bilinear", "resize_half", "resize_nearest"]), "`resize`, and the inside of `letterbox`.";
}
