//! The host executors: strips of rows, spread over the workers, with loops that become vector instructions.
//!
//! - [`view`] turns the addresses of a launch into rows, and gives each strip rows of its own. An executor is a safe [`StripKernel`](view::StripKernel) or [`PairKernel`](view::PairKernel).
//! - [`lanes`] holds what the inner loops share. Loops run over blocks of [`lanes::LANES`] samples, so that they have no
//!   scalar tail; they are compiled once for each instruction set, and the best is chosen at run time.
//! - the other modules hold one operator each, in two parts: functions of single rows, and the strip that feeds them.
//!   A stencil walks down its strip with a rolling window of rows, and reads each row of the input once per strip.

mod binary;
mod blur;
mod border;
mod color;
mod custom;
mod gather;
mod lanes;
mod laplacian;
mod median;
mod normalize;
mod nv12;
mod resize;
mod scratch;
mod sobel;
mod strips;
#[cfg(test)]
mod tests;
mod threshold;
mod view;
mod warp_affine;
mod window;

pub(crate) use binary::{AbsDiffHost, BlendHost};
pub(crate) use blur::BlurHost;
pub(crate) use color::ColorHost;
pub use custom::CustomFrame;
pub(crate) use custom::{CustomHost, custom_args};
pub(crate) use gather::GatherHost;
pub(crate) use laplacian::LaplacianHost;
pub(crate) use median::MedianHost;
pub(crate) use normalize::NormalizeHost;
pub(crate) use nv12::Nv12Host;
pub(crate) use resize::{BilinearHost, HalfHost, NearestHost};
pub(crate) use sobel::{DerivativeHost, MagnitudeHost};
pub(crate) use strips::{
    BoundStrips, FramedStrips, LINE, StripStage, StripStep, StripsArgs, StripsHost,
};
pub(crate) use threshold::ThresholdHost;
pub(crate) use view::{HostCode, HostPair, ROWS_PER_SHARED_ROW, StripCode, check_memory};
pub(crate) use warp_affine::WarpHost;
pub(crate) use window::{WindowHost, WindowKind};
