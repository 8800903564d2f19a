//! Streams of arbitrary structure, and a plain slow decoder to compare with.

pub mod forms;
pub mod levels;
pub mod model;
pub mod mutate;
pub mod photograph;
pub mod random;
pub mod samples;
pub mod stream;
