//! Tests of the pipeline crate through its public interface, in one program.

mod builder;
mod custom_output;
mod description;
mod device_faults;
mod failure_callback;
mod failures;
mod file_errors;
mod file_limits;
mod file_links;
mod file_mutations;
mod file_operators;
mod file_reading;
mod fusion;
mod fusion_rules;
mod launches;
mod long_names;
mod memory;
mod parameters;
mod patches;
mod plans;
mod random;
mod replay;
mod runner;
mod staging;
mod support;
mod trace;
