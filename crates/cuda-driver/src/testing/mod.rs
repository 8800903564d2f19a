//! Drivers for tests: a layer that counts calls and makes them fail, and a fake driver without a
//! GPU.

mod fake;
mod faults;
mod layer;
mod sweep;
mod trials;

pub use fake::{
    DeviceMemory, Emulator, Fake, FakeConfig, KernelLaunch, Live, LoadedModule, MemoryKind,
};
use faults::Injected;
pub use faults::{Fault, FaultError, FaultGuard, Faults, When};
pub(crate) use layer::Layer;
pub use layer::TestDriver;
pub use sweep::{Failure, Scenario, Sweep};
pub use trials::Trial;
