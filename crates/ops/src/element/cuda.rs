//! The launches of the CUDA kernels of `element.cu`, and the arguments that the host executor takes as well.

use super::elements::Element;
use super::steps::Extreme;
use super::window::{MorphologyBorder, MorphologyWindow};
use crate::image::ImageParam;
use crate::kernels::one_each;
use pixelflume_device::{Grid, KernelModule};
use pixelflume_kernels::args::{ElementArgs, ElementOutside};

/// The largest square that the kernels of `window.cu` take.
const MOST_TILED: u32 = 31;

/// The size of the window for the kernels of `window.cu`, which are faster; `None` where they cannot take the element.
pub(super) fn tiled(element: &Element, border: MorphologyBorder) -> Option<u32> {
    let size = element.centered_square()?;
    (size <= MOST_TILED && border == MorphologyBorder::Ignored).then_some(size)
}

/// The module and the kernel of an erosion or dilation.
pub(super) fn kernel(extreme: Extreme, is_tiled: bool) -> (&'static KernelModule, &'static str) {
    use pixelflume_kernels::{ELEMENT, WINDOW};
    match (extreme, is_tiled) {
        (Extreme::Least, true) => (&WINDOW.kernels, "erode"),
        (Extreme::Most, true) => (&WINDOW.kernels, "dilate"),
        (Extreme::Least, false) => (&ELEMENT.kernels, "erode_element"),
        (Extreme::Most, false) => (&ELEMENT.kernels, "dilate_element"),
    }
}

/// The elements that are applied one after the other in place of one. A row and a column read fewer samples than all of a window.
pub(super) fn elements(element: Element, border: MorphologyBorder) -> Vec<Element> {
    match element.separated() {
        Some(both) if tiled(&element, border).is_none() => both.into(),
        _ => vec![element],
    }
}

/// The columns of each row that count, as the kernels read them; empty where all of them do.
pub(super) fn runs(element: &Element) -> Vec<u8> {
    if element.is_full() {
        return Vec::new();
    }
    let runs = element.rows.iter().flat_map(|row| [row.start, row.end]);
    runs.flat_map(u32::to_ne_bytes).collect()
}

/// The arguments; `runs` is the address of [`runs`], or 0 where they are empty.
pub(super) fn args(
    element: &Element,
    window: &MorphologyWindow,
    (src, dst): (ImageParam, ImageParam),
    runs: u64,
) -> ElementArgs {
    ElementArgs {
        src,
        dst,
        runs,
        width: element.width,
        height: element.height(),
        anchor_x: element.anchor.0,
        anchor_y: element.anchor.1,
        outside: match window.border {
            MorphologyBorder::Ignored => ElementOutside::IGNORED,
            MorphologyBorder::Constant => ElementOutside::CONSTANT,
            MorphologyBorder::Replicate => ElementOutside::REPLICATE,
            MorphologyBorder::Reflect => ElementOutside::REFLECT,
            MorphologyBorder::Reflect101 => ElementOutside::REFLECT_101,
        },
        value: window.value,
    }
}

/// The grid of `element.cu`: one sample for each thread.
pub(super) fn grid(args: &ElementArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
