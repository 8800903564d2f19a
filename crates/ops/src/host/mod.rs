//! What the host executors share: strips of rows, spread over the workers, with loops that become vector instructions.
//!
//! - [`view`] turns the addresses of a launch into rows, and gives each strip rows of its own. An executor is a safe
//!   [`StripKernel`](view::StripKernel) or [`PairKernel`](view::PairKernel).
//! - [`strips`] runs a chain of operators strip by strip, so that what is between them stays in the cache.
//! - [`simd`] holds what the inner loops share. Loops run over blocks of [`simd::BLOCK`] samples, so that they have no
//!   scalar tail; they are compiled once for each instruction set, and the best is chosen at run time.
//! - [`border`] reads outside the image, and [`scratch`] is memory that a thread keeps for its strips.
//!
//! The executor of an operator lies in the operator's folder (`host.rs`), in two parts: functions of single rows, and the
//! strip that feeds them. A stencil walks down its strip with a rolling window of rows, and reads each row of the input once
//! per strip.

pub(crate) mod border;
#[cfg(test)]
pub(crate) mod levels;
pub(crate) mod scratch;
pub(crate) mod simd;
pub(crate) mod strips;
pub(crate) mod view;
