//! The variants of `stencil.cu`: the numbers that its modules are compiled with.

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
    pub(crate) source: Source,
    pub(crate) blur: u32,
    /// The numbers of the kernels without the Sobel magnitude, where the module has them.
    pub(crate) plain: Option<Shape>,
    /// The numbers of the kernels with the Sobel magnitude, where the module has them.
    pub(crate) sobel: Option<Shape>,
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
