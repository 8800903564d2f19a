//! The common part of the host executors: strips of rows for all workers, and helpers for loops that become vector instructions.
//!
//! - [`view`] turns the addresses of a launch into rows, and gives each strip exclusive access to its rows. An executor is safe
//!   code: a [`StripKernel`](view::StripKernel) or a [`PairKernel`](view::PairKernel).
//! - [`strips`] runs a chain of operators strip by strip, so that the intermediate images stay in the cache.
//! - [`simd`] has helpers for inner loops. Loops run over blocks of [`simd::BLOCK`] samples, so that they have no
//!   scalar tail; they are compiled once for each instruction set, and the best is chosen at run time.
//! - [`flood`] walks over the connected pixels of an image.
//! - [`border`] has the border modes, and [`scratch`] the memory that each thread keeps for its strips.
//!
//! The executor of an operator lies in the operator's folder (`host.rs`), in two parts: functions of single rows, and the
//! strip that feeds them. A stencil walks down its strip with a rolling window of rows, and reads each row of the input once
//! per strip.

pub(crate) mod border;
pub(crate) mod flood;
#[cfg(test)]
pub(crate) mod levels;
pub(crate) mod scratch;
pub(crate) mod simd;
pub(crate) mod strips;
pub(crate) mod view;
