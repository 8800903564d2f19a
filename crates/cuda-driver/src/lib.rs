//! The CUDA driver API, found at run time.
//!
//! # Why
//! One binary shall build where no CUDA toolkit is installed, start where no NVIDIA driver is, and use the GPU where there
//! is one. Linking `libcuda` gives none of that: the linker wants a stub library, and the program does not start without
//! the driver. So this crate *defines* the driver's functions itself, all 353 that `cust_raw` 0.11.3 declares (CUDA 11.4),
//! and is the only crate of the workspace that names `libcuda`.
//!
//! # How it links
//! - Each `cu*` symbol is a trampoline of one instruction (three on AArch64) that jumps through its slot in a table. The
//!   symbols are hidden: they serve this program or shared library and are exported from neither, so a Python module built
//!   from this crate shadows nobody's CUDA.
//! - [`probe`] opens `libcuda.so.1` once and fills the slots. An unfilled slot leads to a function that returns 303,
//!   [`CuResult::SHARED_OBJECT_INIT_FAILED`]; `cust::init()` is then an ordinary error.
//! - `cust`'s build script asks for a CUDA installation and links `-lcuda`. `link/lib64/libcuda.so` of this crate is an
//!   empty linker script that answers it: set `CUDA_LIBRARY_PATH` to `link` (the workspace's `.cargo/config.toml` does). With
//!   a real toolkit on the machine the build works too: the symbols are defined here, so its stub is not needed and not
//!   recorded.
//! - The linker takes this crate's object file only where something refers to it. A crate that uses `cust` must therefore
//!   call [`probe`] (or anything else of this crate that touches the table), which it has to do anyway.
//!
//! # How to use it
//! ```
//! use pixelflume_cuda_driver::{OptionalSymbol, ffi, probe};
//!
//! match probe() {
//!     Ok(driver) => {
//!         println!("{}: {} functions, missing {:?}", driver.library(), driver.resolved(), driver.missing());
//!         println!("has cuFuncLoad: {}", driver.optional(OptionalSymbol::FuncLoad).is_some());
//!         // SAFETY: no requirements beyond flags = 0.
//!         let result = unsafe { ffi::cuInit(0) };
//!         println!("cuInit: {result}");
//!     }
//!     Err(error) => println!("no GPU: {error}"),
//! }
//! ```
//!
//! - [`ffi`]: declarations of the functions that this project calls, with results as plain numbers ([`CuResult`]): `cust`'s
//!   results are a Rust enum of 11.4, and receiving a newer code in one is undefined behaviour.
//! - [`Driver::optional`]: functions newer than 11.4, each of which a driver may lack.
//! - [`slots`]: the table, where a test can put a function of its own.
//! - [`faults`]: makes chosen calls fail and counts calls, without a GPU or with one.
//! - [`error_name`], [`is_sticky`]: what codes mean, without a driver.
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

mod codes;
pub mod faults;
pub mod ffi;
mod optional;
mod probe;
mod result;
pub mod slots;
mod symbols;
mod trampolines;

pub use optional::OptionalSymbol;
pub use probe::{DRIVER_VARIABLE, Driver, DriverVersion, ProbeError, probe};
pub use result::{CuResult, error_meaning, error_name, is_sticky, known_codes};
