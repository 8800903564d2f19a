//! Erosions and dilations with structuring elements: what `erode`, `dilate` and `morphology` share.

mod cuda;
mod elements;
mod host;
pub(crate) mod parameters;
mod plan;
pub(crate) mod reference;
mod steps;
#[cfg(feature = "testing")]
pub(crate) mod testing;
mod window;

pub(crate) use plan::plan;
pub(crate) use steps::{Computation, Extreme};
pub use window::{MorphologyBorder, MorphologyWindow, WindowShape};
