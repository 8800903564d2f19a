//! An emulator of CUDA kernels: it computes them on the CPU from their PTX, under the fake driver of the tests.
//!
//! A kernel computes here what it computes on a GPU, sample for sample, so that everything that CUDA computes can be compared with
//! the host device on a machine without a GPU. It is a check of results, not of time: a thread of a kernel runs about a hundred
//! million instructions in a second, and one thread runs at a time.
//!
//! - **What runs** is the PTX of the archive (`compute_75`), as a driver would compile it for a new GPU; machine code is refused. So
//!   what kernels do on newer GPUs only (bulk copies, larger matrix instructions) is not run.
//! - **Threads** run one after the other, each until it waits for others: at a barrier, or at an instruction that a warp executes
//!   together. The blocks of a grid run in order. A kernel whose threads wait for each other in a way that no barrier tells never
//!   ends on a GPU of few multiprocessors either; here its launch fails after a number of instructions.
//! - **Accesses** are checked: an address outside of the memory that the driver gave out, one that is not aligned, and a read of
//!   freed memory fail the launch, with the kernel, the block and the thread.
//! - **Instructions** are those that the compiler makes for this project's kernels. A module with another one is refused, by its name.

#![forbid(unsafe_code)]

mod compute;
mod driver;
mod ptx;
mod run;

pub use driver::{PtxEmulator, emulated};
pub use ptx::{Program, PtxError};
pub use run::{Fault, Launch, Memory, Trap};
