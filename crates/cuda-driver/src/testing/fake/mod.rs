//! A CUDA driver without a GPU, for tests: devices, contexts, memory, streams, events, modules, captures, graphs and pools as
//! plain data of the process.
//!
//! It is strict where a real driver is not: the use of a destroyed handle, of a handle of another context, or of memory
//! that is not allocated is recorded as a *violation*, and an object that is left when the last context ends as a
//! *leak*. It is also late: work is done when a call waits for it, or has queried it often enough. Kernels do what the
//! test sets, and nothing by default.

mod calls;
mod capture;
mod context_calls;
mod graph;
mod graph_calls;
mod memory;
mod memory_calls;
mod module;
mod pointer;
mod state;
mod stream;
mod stream_calls;
mod work;

pub use module::{DeviceMemory, Emulator, KernelLaunch, LoadedModule};
pub use pointer::MemoryKind;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::api::Function;
use crate::ffi::CuStream;
use crate::result::CuResult;
use state::{CallResult, FakeState, Handle};

/// Settings of a fake driver.
#[derive(Clone, Debug)]
pub struct FakeConfig {
    /// The CUDA version that the driver reports: 1000 x major + 10 x minor. 13.0 by default.
    pub version: i32,
    /// Number of devices; 1 by default.
    pub devices: usize,
    /// Bytes of device memory, of all devices together; 256 MiB by default.
    pub memory: u64,
    /// The compute capability of each device; 9.0 by default.
    pub compute_capability: (i32, i32),
    /// The optional functions that the driver lacks; none by default.
    pub lacks: Vec<Function>,
    /// Names of kernels that are in no module; none by default.
    pub lacks_kernels: Vec<String>,
}

impl Default for FakeConfig {
    fn default() -> Self {
        FakeConfig {
            version: 13000,
            devices: 1,
            memory: 256 << 20,
            compute_capability: (9, 0),
            lacks: Vec::new(),
            lacks_kernels: Vec::new(),
        }
    }
}

/// Number of live objects of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Live {
    pub streams: usize,
    pub events: usize,
    pub modules: usize,
    pub graphs: usize,
    pub execs: usize,
    pub pools: usize,
    pub captures: usize,
    pub device_blocks: usize,
    pub pinned_blocks: usize,
}

impl Live {
    /// Number of live objects in all.
    #[must_use]
    pub fn total(&self) -> usize {
        let Live {
            streams,
            events,
            modules,
            graphs,
            execs,
            pools,
            captures,
            device_blocks,
            pinned_blocks,
        } = *self;
        let handles = streams + events + modules + graphs + execs + pools + captures;
        handles + device_blocks + pinned_blocks
    }
}

/// The fake driver's state, for tests to look at.
pub struct Fake {
    state: Mutex<FakeState>,
    config: FakeConfig,
}

impl Fake {
    pub(super) fn new(config: FakeConfig) -> Self {
        Fake {
            state: Mutex::new(FakeState::new(config.clone())),
            config,
        }
    }

    pub(super) fn has(&self, function: Function) -> bool {
        !self.config.lacks.contains(&function)
    }

    /// Sets what the kernels of this name do from now on: `body` gets the first `args` bytes of a launch's argument,
    /// and the device's memory. It must not call the driver.
    pub fn on_kernel(
        &self,
        name: &str,
        args: usize,
        body: impl Fn(&[u8], &mut DeviceMemory<'_>) + Send + Sync + 'static,
    ) {
        self.state().kernels.set(name, args, Arc::new(body));
    }

    /// Makes kernels compute what their modules say, except where a test has set what they do. Modules are PTX from now on; machine code
    /// is refused, as on a GPU that is newer than all of it.
    pub fn emulate(&self, emulator: Arc<dyn Emulator>) {
        self.state().emulator = Some(emulator);
    }

    /// Makes the block of device memory at this address one of another kind, as another user of the driver could have
    /// allocated it.
    pub fn set_memory_kind(&self, address: u64, kind: MemoryKind) {
        self.state().memory.set_kind(address, kind);
    }

    /// Makes a context that is not the primary one of its device (a `CUcontext`), as `cuCtxCreate` does; it lives as long as
    /// the driver.
    pub fn create_context(&self, device: i32) -> *mut std::ffi::c_void {
        calls::raw(self.state().create_context(device))
    }

    /// The objects that are live now.
    #[must_use]
    pub fn live(&self) -> Live {
        self.state().live()
    }

    /// The number of retains of primary contexts, of all devices together.
    #[must_use]
    pub fn contexts(&self) -> usize {
        self.state().contexts()
    }

    /// Number of kernels that ran.
    #[must_use]
    pub fn launches(&self) -> u64 {
        self.state().launches
    }

    /// The violations of the driver's rules by its callers so far.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// The objects that were left each time that the last context ended; empty if all were destroyed. Of a lost context
    /// nothing is told.
    #[must_use]
    pub fn leaks(&self) -> Vec<Live> {
        self.state().leaks.clone()
    }

    /// Makes every call fail with this code, as a real driver does after a sticky error.
    pub fn lose(&self, code: CuResult) {
        self.state().lose(code);
    }

    /// Resets the driver to its first state: all handles are gone, and nothing is lost. Kernels
    /// stay.
    pub fn reset(&self) {
        self.state().reset();
    }

    /// The locked state; a poisoned lock is usable, since no invariant of the state spans a panic of
    /// a test's kernel.
    fn state(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one call of the driver.
    fn call<T>(
        &self,
        name: &'static str,
        call: impl FnOnce(&mut FakeState) -> CallResult<T>,
    ) -> CallResult<T> {
        let mut state = self.state();
        state.call = name;
        call(&mut state)
    }

    /// Runs one call of the driver on the stream that the caller names.
    fn call_on<T>(
        &self,
        name: &'static str,
        stream: CuStream,
        call: impl FnOnce(&mut FakeState, Handle) -> CallResult<T>,
    ) -> CallResult<T> {
        self.call(name, |state| {
            let stream = state.named(calls::number(stream.as_raw()))?;
            call(state, stream)
        })
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake")
            .field("live", &self.live())
            .field("violations", &self.violations())
            .finish_non_exhaustive()
    }
}
