//! The resample of one image of a mixed batch, as data.

/// The resample of one image. Kernels compute windows and weights from it, where the tables of a plan have them for images of one shape.
#[derive(Copy, Clone, Debug)]
pub struct ResampleStep {
    /// The arithmetic and the filter.
    pub(crate) weights: WindowWeights,
    pub(crate) columns: WindowAxis,
    pub(crate) lines: WindowAxis,
    /// Width and height of the image.
    pub(crate) input: (u32, u32),
    /// Width and height of the output.
    pub(crate) output: (u32, u32),
    /// Whether the vertical pass comes first.
    pub(crate) vertical_first: bool,
    /// Whether colors are multiplied with alpha before the passes, and divided by it behind them.
    pub(crate) premultiplied: bool,
}

/// The arithmetic of weights, with the filter.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum WindowWeights {
    /// Windows are computed in double precision, and weights are integers with `bits` fractional bits. `None`: each axis has the most
    /// fractional bits, up to 22, with which its largest weight is below 2^15.
    Fixed {
        filter: WindowFilter,
        bits: Option<u32>,
    },
    /// Windows and weights are numbers in single precision.
    Single(WindowFilter),
}

/// A filter whose values are sums, products and quotients, which every device rounds alike. Filters with a sine or cosine (`hamming`,
/// `lanczos`) are not among them.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum WindowFilter {
    Box,
    Triangle,
    /// The cubic polynomial with the operations of Pillow, or in single precision those of torch.
    PillowCubic,
    /// The same polynomial with the operations of torch.
    TorchCubic,
}

/// The numbers that the windows of an axis are computed from. With [`WindowWeights::Single`] each of them is a number of single precision.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(crate) struct WindowAxis {
    /// The source position at which the resized axis begins.
    pub(crate) start: f64,
    /// Source positions for each position of the resized axis.
    pub(crate) scale: f64,
    /// Half the length of a window in source positions.
    pub(crate) support: f64,
    /// The distance in the filter for each source position.
    pub(crate) inverse: f64,
    /// Whether the positions of the resized axis are those of the source from `start` on, as they are.
    pub(crate) copies: bool,
}
