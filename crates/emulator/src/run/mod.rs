//! Running a kernel: the threads of a block one after the other, each until it waits.

mod block;
mod memory;
mod sync;
mod thread;

pub use memory::Memory;

use crate::ptx::{Function, Program};
use block::Block;
use thiserror::Error;

/// A launch of a kernel.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The kernel's name.
    pub kernel: &'a str,
    /// Blocks along x, y and z.
    pub grid: [u32; 3],
    /// Threads of a block along x, y and z.
    pub block: [u32; 3],
    /// Bytes of shared memory besides the kernel's own.
    pub shared: u32,
    /// The bytes of the parameters, each at its alignment, as [`Program::parameters`] tells.
    pub parameters: &'a [u8],
    /// Instructions that the launch may run, of all threads together.
    pub limit: u64,
}

/// Why a launch ended before its end.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("kernel {kernel}, block {block:?}, thread {thread:?}, instruction {instruction}: {fault}")]
pub struct Trap {
    /// The kernel.
    pub kernel: String,
    /// The block, along x, y and z.
    pub block: [u32; 3],
    /// The thread, along x, y and z.
    pub thread: [u32; 3],
    /// The instruction, counted from the beginning of its function.
    pub instruction: usize,
    /// What went wrong.
    pub fault: Fault,
}

/// What a thread must not do.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
pub enum Fault {
    /// An access outside of memory that is there.
    #[error("{bytes} bytes at {address:#x} are not there")]
    Outside {
        /// The address, in its space.
        address: u64,
        /// Bytes of the access.
        bytes: u32,
    },
    /// An access that is not aligned to its size.
    #[error("{address:#x} is not a multiple of {bytes}")]
    Unaligned {
        /// The address, in its space.
        address: u64,
        /// Bytes of the access.
        bytes: u32,
    },
    /// Threads wait for each other at different places.
    #[error("the thread waits for others that do not come")]
    Deadlock,
    /// The launch has run as many instructions as it may.
    #[error("the launch has not ended after as many instructions as it may run")]
    Endless,
    /// The launch names a kernel that the program lacks, or has other parameters.
    #[error("no kernel of this name with these parameters")]
    Kernel,
}

impl Program {
    /// The offset and the bytes of each parameter of a kernel; `None` where there is no such kernel.
    #[must_use]
    pub fn parameters(&self, kernel: &str) -> Option<Vec<(usize, usize)>> {
        let function = self.kernel(kernel)?;
        let places = function.parameters.iter();
        Some(
            places
                .map(|p| (p.offset as usize, p.bytes as usize))
                .collect(),
        )
    }

    /// Runs a launch to its end.
    ///
    /// # Errors
    /// [`Trap`] at the first thing that a thread must not do; what was written before stays.
    pub fn run(&self, launch: &Launch<'_>, memory: &mut dyn Memory) -> Result<(), Trap> {
        let trap = |fault| Trap {
            kernel: launch.kernel.to_owned(),
            block: [0; 3],
            thread: [0; 3],
            instruction: 0,
            fault,
        };
        let function = self
            .kernel(launch.kernel)
            .ok_or_else(|| trap(Fault::Kernel))?;
        if bytes_of(function) > launch.parameters.len() as u64 {
            return Err(trap(Fault::Kernel));
        }
        let mut left = launch.limit;
        let mut block = Block::new(self, function, launch);
        let [columns, rows, layers] = launch.grid;
        for z in 0..layers {
            for y in 0..rows {
                for x in 0..columns {
                    left = left.checked_sub(1).ok_or_else(|| trap(Fault::Endless))?;
                    block.run([x, y, z], memory, &mut left)?;
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a kernel's own parameters.
fn bytes_of(function: &Function) -> u64 {
    let ends = function.parameters.iter().map(|p| p.offset + p.bytes);
    ends.max().unwrap_or(0)
}
