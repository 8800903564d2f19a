//! The oracle kernels: simple kernels, one or two launches for each operator, that tests and the validation compare the
//! product's kernels with.
//!
//! A program never needs them: the kernels of `sample_rows.cu` and `sample_taps.cu` take every shape and parameter of these
//! operators. They have an archive of their own, which only the feature `testing` embeds; without the feature, to ask for one of
//! them is [`DeviceError::NoKernelImage`](pixelflume_device::DeviceError::NoKernelImage).

use crate::archive::BuiltIn;
use crate::module::{Module, Variant, table};

/// The bytes of the archive of the oracle kernels; [`Archive::parse`](crate::Archive::parse) reads them. Empty without the
/// feature `testing`.
#[cfg(feature = "testing")]
pub static ARCHIVE: &[u8] = include_bytes!("../oracle/archive.bin");
#[cfg(not(feature = "testing"))]
#[expect(missing_docs, reason = "the other one has them")]
pub static ARCHIVE: &[u8] = &[];

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
    NV12_TO_RGB = only("nv12_to_rgb", "oracle/nv12_to_rgb.cu", &["nv12_to_rgb"]), "`nv12_to_rgb`.";
    RESIZE = only("resize", "oracle/resize.cu", &["resize_bilinear", "resize_half", "resize_nearest"]), "`resize`, and the inside of `letterbox`.";
}
