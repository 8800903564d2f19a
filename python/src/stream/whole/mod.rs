//! `_native.WholeStream`: a stream whose batches are each one call, for pipelines in which images depend on the others of their batch
//! (`pad_to_largest`), so that a job cannot divide it.
//!
//! A thread of Python reads the source and pushes its images; threads of the stream decode them ([`workers`]); one thread collects
//! decoded images into batches and executes these ([`executor`]); the caller takes the results. Between them is the [`flow`], which
//! bounds how far the source is read.

pub(super) mod class;
mod collect;
mod executor;
pub(super) mod flow;
mod workers;
