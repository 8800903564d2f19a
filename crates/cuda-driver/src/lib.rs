//! The CUDA driver API, found at run time.
//!
//! A program should build without a CUDA toolkit, start without an NVIDIA driver, and use a GPU where there is one. A
//! program that links `libcuda` cannot: the linker needs a stub library, and the program does not start without the
//! driver. So [`probe`] opens `libcuda.so.1` at its first call, and looks up the functions that this project
//! calls. A build needs nothing but Rust: no toolkit, no linker file, no environment variable. This is the only crate of the
//! workspace that names `libcuda`.
//!
//! ```
//! use pixelflume_cuda_driver::probe;
//!
//! match probe() {
//!     Ok(driver) => {
//!         println!("{}, without {:?}", driver.library(), driver.missing().collect::<Vec<_>>());
//!         // SAFETY: no requirements beyond flags = 0.
//!         let result = unsafe { driver.cuInit(0) };
//!         println!("cuInit: {result}");
//!     }
//!     Err(error) => println!("no GPU: {error}"),
//! }
//! ```
//!
//! - [`Driver`]: an open driver, with a method for each function. All come from one table (`table.rs`).
//! - [`ffi`]: the types, flags and structures that the functions take.
//! - [`CuResult`]: the result of a function, as a plain number: a newer driver may return unknown codes, and receiving one in
//!   a Rust enum is undefined behavior. [`error_name`] and [`is_sticky`] tell what codes mean, without a driver.
#![cfg_attr(
    feature = "testing",
    doc = "- [`testing`]: calls that are made to fail, and a driver without a GPU, for tests."
)]
//!
//! Linux on x86-64 and AArch64 only.

#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
compile_error!(
    "pixelflume-cuda-driver supports Linux on x86-64 and AArch64 only; elsewhere build pixelflume without its `cuda` feature"
);

mod api;
mod driver;
pub mod ffi;
mod probe;
mod result;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod version;

pub use api::{Api, Function};
pub use driver::Driver;
pub use probe::{DRIVER_VARIABLE, ProbeError, probe};
pub use result::{CuResult, error_meaning, error_name, is_sticky, known_codes};
pub use version::DriverVersion;
