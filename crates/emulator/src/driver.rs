//! The emulator as what computes kernels under the fake driver.

use std::sync::Arc;

use pixelflume_cuda_driver::testing::{
    DeviceMemory, Emulator, Fake, FakeConfig, KernelLaunch, LoadedModule, TestDriver,
};

use crate::ptx::Program;
use crate::run::{Launch, Memory};

/// Instructions that a launch may run: some minutes, far more than any kernel of this project needs.
const MOST: u64 = 1 << 36;

/// Loads PTX and runs its kernels.
#[derive(Clone, Copy, Debug, Default)]
pub struct PtxEmulator;

/// A driver whose kernels compute, over a fake driver.
#[must_use]
pub fn emulated(config: FakeConfig) -> (TestDriver, &'static Fake) {
    let (driver, fake) = TestDriver::fake(config);
    fake.emulate(Arc::new(PtxEmulator));
    (driver, fake)
}

impl Emulator for PtxEmulator {
    fn load(&self, ptx: &str) -> Result<Arc<dyn LoadedModule>, String> {
        match Program::parse(ptx) {
            Ok(program) => Ok(Arc::new(program)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl LoadedModule for Program {
    fn parameters(&self, kernel: &str) -> Option<Vec<(usize, usize)>> {
        Program::parameters(self, kernel)
    }

    fn run(&self, launch: &KernelLaunch<'_>, memory: &mut DeviceMemory<'_>) -> Result<(), String> {
        let [x, y, z, width, height, depth, shared] = launch.geometry;
        let launch = Launch {
            kernel: launch.kernel,
            grid: [x, y, z],
            block: [width, height, depth],
            shared,
            parameters: launch.parameters,
            limit: MOST,
        };
        let outcome = Program::run(self, &launch, &mut Checked(memory));
        outcome.map_err(|trap| trap.to_string())
    }
}

/// Device memory of the fake driver, and page-locked memory.
struct Checked<'a, 'm>(&'a mut DeviceMemory<'m>);

impl Memory for Checked<'_, '_> {
    fn read(&mut self, address: u64, into: &mut [u8]) -> bool {
        self.0.load(address, into)
    }

    fn write(&mut self, address: u64, from: &[u8]) -> bool {
        self.0.store(address, from)
    }
}
