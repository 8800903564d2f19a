//! Kernels: code of the host device, and the geometry of a CUDA kernel.

use crate::args::Args;
use crate::task::TaskFailure;
use crate::workers::Workers;
use std::any::TypeId;

/// The geometry of a kernel launch.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Grid {
    /// Blocks along x, y and z.
    pub blocks: [u32; 3],
    /// Threads of a block along x, y and z.
    pub threads: [u32; 3],
    /// Bytes of dynamic shared memory of a block.
    pub shared_bytes: u32,
}

/// Code that the host device runs as a kernel.
pub trait HostKernel: Send + Sync {
    /// Does the work that `args` describe, with the help of `workers`. Called once per launch, in the order of the stream, on
    /// a worker thread, or on the thread that submits where the system gave no worker. A panic counts as a failure.
    ///
    /// # Safety
    /// This kernel accepts `args`. The memory that it accesses for them is valid until the call returns; nothing
    /// else writes memory that the kernel reads, or accesses memory that it writes.
    #[expect(unsafe_code, reason = "arguments hold addresses")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure>;

    /// Identifies the code, apart from the data that the kernel carries: usually its own type. Launches of two kernels
    /// of one code differ in data, as launches with other arguments do, so that one takes the place of the other in a
    /// captured graph. `None`, the default, stands for code that no other kernel has.
    fn code(&self) -> Option<TypeId> {
        None
    }
}
