//! The table of the stencil modules, with the numbers that their kernels are compiled and launched with.

use crate::BUILT_IN;
use crate::module::{Module, Variant};

/// The samples that a stencil kernel works on.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The samples of an image of this many channels: 1, 3 or 4.
    Plain(u32),
    /// The gray of an image of this many channels: 3 or 4.
    Gray(u32),
}

impl Source {
    /// Channels of the samples that the stencil works on.
    pub const fn channels(self) -> u32 {
        match self {
            Source::Plain(channels) => channels,
            Source::Gray(_) => 1,
        }
    }

    /// Bytes in memory for each sample that the stencil works on.
    pub const fn bytes(self) -> u32 {
        match self {
            Source::Plain(_) => 1,
            Source::Gray(channels) => channels,
        }
    }
}

/// The numbers of a pair of stencil kernels: one for aligned images, and one for images of any alignment.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Shape {
    /// Words of four samples that a lane computes.
    pub words: u32,
    /// Prefetch depth: rows that are loaded ahead of their use.
    pub depth: u32,
    /// Rows of an unrolled round of the loop.
    pub unroll: u32,
    /// Occupancy that the kernel is compiled for: resident warps of a multiprocessor.
    pub warps: u32,
}

/// The variant of `stencil.cu` that a module is compiled from.
#[derive(Copy, Clone, Debug)]
pub struct StencilVariant {
    source: Source,
    blur: u32,
    plain: Option<Shape>,
    sobel: Option<Shape>,
}

impl StencilVariant {
    /// The macros that the comment at the top of `stencil.cu` describes.
    pub(crate) fn macros(&self) -> Vec<(&'static str, String)> {
        let source = match self.source {
            Source::Plain(channels) => format!("PLAIN_{channels}"),
            Source::Gray(channels) => format!("GRAY_{channels}"),
        };
        let shape = |name, shape: Option<Shape>| {
            shape.map(|of| {
                let numbers = [of.words, of.depth, of.unroll, of.warps];
                (name, numbers.map(|number| number.to_string()).join(","))
            })
        };
        let mut macros = vec![
            ("MODULE_SOURCE", source),
            ("MODULE_BLUR", self.blur.to_string()),
        ];
        macros.extend(shape("PLAIN_SHAPE", self.plain));
        macros.extend(shape("SOBEL_SHAPE", self.sobel));
        macros
    }
}

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
