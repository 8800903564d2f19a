//! The tables of a resample, as data.

/// The two passes of a resample. Between the passes samples are rounded to 8 bits where the weights are fixed-point numbers, and
/// stay f32 where they are f32.
#[derive(Debug)]
pub(crate) struct ResampleTables {
    /// The horizontal pass; `None` where the columns stay as they are.
    pub(crate) columns: Option<ResampleAxis>,
    /// The vertical pass; `None` where the rows stay as they are.
    pub(crate) lines: Option<ResampleAxis>,
    /// Whether the vertical pass is the first one, which only fixed-point weights have.
    pub(crate) vertical_first: bool,
    /// Whether the colors of RGBA pixels are multiplied with alpha before the passes, and divided by it behind them.
    pub(crate) premultiplied: bool,
}

/// The weighted source positions of all columns, or all rows, that a pass makes.
#[derive(Debug)]
pub(crate) struct ResampleAxis {
    /// A span for each column or row of the output.
    pub(crate) spans: Vec<Span>,
    /// The weights of all spans.
    pub(crate) weights: AxisWeights,
}

/// The consecutive source positions of one column or row: `count`, at least one, from `first` on.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    /// The first position.
    pub(crate) first: u32,
    /// The number of positions, and of weights.
    pub(crate) count: u32,
    /// The index of the first weight.
    pub(crate) weight: u32,
}

/// The weights of an axis.
#[derive(Debug)]
pub(crate) enum AxisWeights {
    /// Multiples of 2^-shift, with shift 1 to 22: a sample is `clamp((2^(shift - 1) + sum) >> shift, 0, 255)`, where the i32 sum of
    /// all products is exact.
    Fixed {
        /// The weights.
        values: Vec<i32>,
        /// The number of fractional bits.
        shift: u32,
    },
    /// Numbers for sums in f32: the first product, rounded, then a fused multiply-add for every further weight, in order. Samples
    /// behind the last pass are clamped to 0 to 255 and rounded, ties to even.
    Float(Vec<f32>),
}
