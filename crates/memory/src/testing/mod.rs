//! Test support for code that uses memory: a source that counts, fails and delays, and a random suite that every way of
//! allocating has to pass.
//!
//! ```
//! use pixelflume_device::Device;
//! use pixelflume_memory::testing::{Call, TestSource};
//! use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager};
//!
//! let device = Device::host();
//! let source = TestSource::of(&device);
//! let memory = MemoryManager::with_source(&device, MemoryConfig::default(), source.clone());
//! let stream = device.stream()?;
//!
//! // One failure is made good by the ladder: what is free goes back, and it is tried once more.
//! source.fail_nth(1, None);
//! drop(memory.allocate(1000, &stream)?);
//! assert_eq!(source.calls(Call::Allocate), 2);
//!
//! source.fail_always(true);
//! let error = memory.allocate(100_000, &stream).unwrap_err();
//! assert!(matches!(error, MemoryError::NotNow { asked: 100_000, .. }));
//! source.fail_always(false);
//! memory.shutdown()?;
//! assert_eq!(source.live(), (0, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod model;
mod player;
mod sequence;
mod slow;
mod source;

pub use sequence::{Summary, random_sequence, random_threads};
pub use source::{Call, TestSource};

// Their sources race on purpose, which Miri does not forgive.
#[cfg(all(test, not(miri)))]
mod tests;
