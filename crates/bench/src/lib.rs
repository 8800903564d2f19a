//! The benchmarks of pixelflume, but for criterion's micro-benchmarks of the CPU; `pixelflume bench` prints what they find.
//!
//! ```no_run
//! use pixelflume::device::DeviceList;
//! use pixelflume_bench::{Options, Section, measure};
//!
//! let options = Options {
//!     section: Section::Memory,
//!     devices: "host".parse::<DeviceList>()?,
//!     quick: true,
//!     ..Options::default()
//! };
//! println!("{}", measure(&options)?.text);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Allocations on the heap are counted where the program has `pixelflume_heap_counter::Counting` as its allocator, and are 0
//! elsewhere.

mod cold;
mod copy;
mod cpu;
mod engine;
mod error;
mod execution;
mod findings;
mod frames;
mod jobs;
mod jpeg;
mod machine;
mod memory;
mod mixed;
mod options;
mod photographs;
mod report;
mod sections;
mod setup;
mod shares;
mod spread;
mod staging;
mod submission;
mod submit;
mod suite;
mod table;
mod workload;

pub use cold::{cold_start, first_result};
pub use error::{BenchError, full_text};
pub use findings::{Findings, Verdict};
pub use machine::DeviceReport;
pub use options::{JpegDecoder, Options, Section};
pub use sections::measure;
pub use suite::{dump, list};
