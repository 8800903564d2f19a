//! Tests of the pipeline crate through its public interface, in one program.

mod builder;
mod file_errors;
mod file_mutations;
mod runner;
mod support;
