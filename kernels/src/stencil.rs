//! The table of the stencil modules, with the numbers that their kernels are compiled and launched with.

use crate::built_in::BUILT_IN;
use crate::module::{Module, Variant};
use crate::variant::{Shape, Source, StencilVariant};

/// A pair of stencil kernels: one for aligned images, and one for images of any alignment.
#[derive(Copy, Clone, Debug)]
pub struct Stencil {
    /// The samples that they work on.
    pub source: Source,
    /// The blur: 0 none, 3 or 5 the default taps of OpenCV for this size, 7 or 9 any taps up to this number.
    pub blur: u32,
    /// Whether the Sobel magnitude follows the blur.
    pub sobel: bool,
    /// The numbers of the kernel for aligned images.
    pub shape: Shape,
    /// The module that has them.
    pub module: &'static Module,
    /// Names of the kernel for aligned images, and of the one for images of any alignment.
    pub entries: [&'static str; 2],
}

/// All pairs of stencil kernels. Of several pairs that can compute a chain, the first one has the least work.
pub fn stencils() -> impl Iterator<Item = Stencil> {
    STENCILS.iter().flat_map(|module| {
        let Variant::Stencil(variant) = module.variant else {
            return [None, None].into_iter().flatten();
        };
        let pair = |shape: Option<Shape>, sobel| {
            Some(Stencil {
                source: variant.source,
                blur: variant.blur,
                sobel,
                shape: shape?,
                module,
                entries: match (variant.blur, sobel) {
                    (0, _) => ["sobel", "sobel_any"],
                    (_, false) => ["blur", "blur_any"],
                    (_, true) => ["blur_sobel", "blur_sobel_any"],
                },
            })
        };
        let pairs = [pair(variant.plain, false), pair(variant.sobel, true)];
        pairs.into_iter().flatten()
    })
}

const fn shape(words: u32, depth: u32, unroll: u32, warps: u32) -> Option<Shape> {
    Some(Shape {
        words,
        depth,
        unroll,
        warps,
    })
}

/// The module of one source and one blur. `plain` is the shape of the kernels without the Sobel magnitude, `sobel` of those with
/// it; `None` leaves them out.
const fn stencil(
    name: &'static str,
    source: Source,
    blur: u32,
    plain: Option<Shape>,
    sobel: Option<Shape>,
) -> Module {
    let entries: &[&str] = match (blur, &sobel) {
        (0, _) => &["sobel", "sobel_any"],
        (_, None) => &["blur", "blur_any"],
        (_, Some(_)) => &["blur", "blur_any", "blur_sobel", "blur_sobel_any"],
    };
    let variant = StencilVariant {
        source,
        blur,
        plain,
        sobel,
    };
    Module::new(
        &BUILT_IN,
        name,
        "stencil.cu",
        Variant::Stencil(variant),
        entries,
    )
}

/// The modules that are compiled from `stencil.cu`.
#[rustfmt::skip]
pub static STENCILS: &[Module] = {
    use Source::{Gray, Plain};
    &[
        stencil("stencil_gray", Plain(1), 0, None, shape(2, 4, 4, 20)),
        stencil("stencil_gray_3", Plain(1), 3, shape(4, 4, 4, 20), shape(2, 4, 4, 20)),
        stencil("stencil_gray_5", Plain(1), 5, shape(4, 4, 4, 20), shape(2, 4, 4, 20)),
        stencil("stencil_gray_7", Plain(1), 7, shape(4, 2, 6, 14), shape(2, 3, 6, 18)),
        stencil("stencil_gray_9", Plain(1), 9, shape(4, 2, 8, 12), shape(2, 2, 8, 16)),
        stencil("stencil_rgb_3", Plain(3), 3, shape(4, 4, 4, 20), None),
        stencil("stencil_rgb_5", Plain(3), 5, shape(4, 4, 4, 20), None),
        stencil("stencil_rgb_7", Plain(3), 7, shape(4, 2, 6, 14), None),
        stencil("stencil_rgb_9", Plain(3), 9, shape(4, 2, 8, 12), None),
        stencil("stencil_rgba_3", Plain(4), 3, shape(4, 4, 4, 20), None),
        stencil("stencil_rgba_5", Plain(4), 5, shape(4, 4, 4, 20), None),
        stencil("stencil_rgba_7", Plain(4), 7, shape(4, 2, 6, 14), None),
        stencil("stencil_rgba_9", Plain(4), 9, shape(5, 2, 8, 12), None),
        stencil("stencil_rgb_to_gray", Gray(3), 0, None, shape(2, 4, 4, 20)),
        stencil("stencil_rgb_to_gray_3", Gray(3), 3, shape(2, 4, 4, 20), shape(2, 4, 4, 20)),
        stencil("stencil_rgb_to_gray_5", Gray(3), 5, shape(2, 4, 4, 20), shape(2, 4, 4, 20)),
        stencil("stencil_rgb_to_gray_9", Gray(3), 9, shape(2, 2, 8, 16), shape(2, 2, 8, 16)),
        stencil("stencil_rgba_to_gray", Gray(4), 0, None, shape(2, 4, 4, 16)),
        stencil("stencil_rgba_to_gray_3", Gray(4), 3, shape(2, 4, 4, 20), shape(2, 4, 4, 16)),
        stencil("stencil_rgba_to_gray_5", Gray(4), 5, shape(2, 4, 4, 20), shape(2, 4, 4, 16)),
        stencil("stencil_rgba_to_gray_9", Gray(4), 9, shape(2, 2, 8, 16), shape(2, 2, 8, 16)),
    ]
};
