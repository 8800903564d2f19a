//! Tests of processors: their results against those of the libraries, and what is refused.

mod golden;
mod reading;
mod settings;
