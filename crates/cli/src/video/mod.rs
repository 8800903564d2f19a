//! Videos through a pipeline: Y4M or raw frames in, the pipeline over each frame, Y4M or raw frames out.
//!
//! - [`source`] and [`target`]: files, stdin and stdout; [`lost`]: the frames of batches that failed.
//! - [`flow`]: from a job over the frames to the outputs; [`run`](mod@run): a run from its arguments to its report.

pub(crate) mod flow;
mod lost;
pub(crate) mod run;
mod shapes;
pub(crate) mod source;
mod target;
