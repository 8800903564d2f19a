//! Modules and kernels of the fake driver: any image is a module, and has any kernel. A test sets what a kernel does;
//! by default it does nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::memory::{Allocations, Place};
use super::state::{Belongs, CallResult, FakeState, Handle, HandleKind};
use super::work::Work;
use crate::result::CuResult;

/// The code of a kernel in a test, which gets the bytes of its arguments.
pub(super) type Body = dyn Fn(&[u8], &mut DeviceMemory<'_>) + Send + Sync;

#[derive(Default)]
pub(super) struct Kernels(BTreeMap<String, (usize, Arc<Body>)>);

pub(super) struct Module {
    context: Handle,
    /// The functions that were looked up: handle and name.
    functions: Vec<(Handle, Arc<str>)>,
}

impl HandleKind for Module {
    const NAME: &'static str = "module";
}

impl Module {
    pub(super) fn has(&self, function: Handle) -> bool {
        self.functions.iter().any(|(handle, _)| *handle == function)
    }
}

impl Belongs for Module {
    fn context(&self) -> Handle {
        self.context
    }
}

/// A launch: its function, geometry, and a copy of its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Launch {
    pub(super) function: Handle,
    pub(super) name: Arc<str>,
    pub(super) grid: [u32; 7],
    pub(super) args: Vec<u8>,
}

impl Kernels {
    pub(super) fn set(&mut self, name: &str, args: usize, body: Arc<Body>) {
        self.0.insert(name.to_owned(), (args, body));
    }

    /// The number of argument bytes of a kernel; 0 where no test has set it.
    pub(super) fn args(&self, name: &str) -> usize {
        self.0.get(name).map_or(0, |(args, _)| *args)
    }

    pub(super) fn body(&self, name: &str) -> Option<Arc<Body>> {
        self.0.get(name).map(|(_, body)| body.clone())
    }
}

impl FakeState {
    pub(super) fn load_module(&mut self) -> CallResult<Handle> {
        let context = self.enter()?;
        let handle = self.handle();
        let functions = Vec::new();
        Ok(self.modules.add(handle, Module { context, functions }))
    }

    pub(super) fn unload_module(&mut self, module: Handle) -> CallResult<()> {
        self.in_context(|state| &mut state.modules, module)?;
        if let Some(module) = self.modules.remove(module) {
            let pending = self.streams.iter().flat_map(|(_, stream)| stream.pending());
            let launches: Vec<_> = pending.flat_map(Work::kernels).collect();
            let used = launches.iter().find(|launch| module.has(launch.function));
            if let Some(name) = used.map(|launch| launch.name.clone()) {
                self.note(format_args!("kernel {name} of the module is pending"));
            }
        }
        Ok(())
    }

    pub(super) fn function(&mut self, module: Handle, name: &str) -> CallResult<Handle> {
        if self.config.lacks_kernels.iter().any(|lacks| lacks == name) {
            return Err(CuResult::NOT_FOUND);
        }
        let fresh = self.handle();
        let module = self.in_context(|state| &mut state.modules, module)?;
        let mut known = module.functions.iter();
        if let Some((handle, _)) = known.find(|(_, known)| **known == *name) {
            return Ok(*handle);
        }
        module.functions.push((fresh, name.into()));
        Ok(fresh)
    }

    /// The name of a function whose module is loaded.
    pub(super) fn function_name(&mut self, function: Handle) -> CallResult<Arc<str>> {
        let context = self.enter()?;
        let modules = self.modules.iter().filter(|(_, m)| m.context == context);
        let found = modules
            .flat_map(|(_, module)| &module.functions)
            .find(|(handle, _)| *handle == function);
        match found.map(|(_, name)| name.clone()) {
            Some(name) => Ok(name),
            None => Err(self.violation(format_args!(
                "{function:#x} is no function of a module that is loaded in this context"
            ))),
        }
    }
}

/// Device memory for a kernel of a test, which checks every access.
pub struct DeviceMemory<'a> {
    pub(super) memory: &'a mut Allocations,
    pub(super) violations: &'a mut Vec<String>,
    pub(super) kernel: &'a str,
}

impl DeviceMemory<'_> {
    /// The `bytes` bytes from `address` on. Bytes outside of one live block are a violation, and the result is empty.
    pub fn bytes(&mut self, address: u64, bytes: usize) -> &mut [u8] {
        let at = self.memory.place(address);
        match self.memory.device(address, bytes) {
            Some(bytes) => bytes,
            None => {
                let freed = if at == Place::Device {
                    " (freed, or beyond the end)"
                } else {
                    ""
                };
                self.violations.push(format!(
                    "kernel {}: {bytes} bytes from {address:#x} on are not live device memory{freed}",
                    self.kernel
                ));
                &mut []
            }
        }
    }

    /// A copy of the `bytes` bytes from `address` on, in device memory or in page-locked memory, which kernels may read in place. Bytes
    /// outside of one live block of either are a violation, and the result is empty.
    pub fn read(&mut self, address: u64, bytes: usize) -> Vec<u8> {
        match self.memory.pinned(address, bytes) {
            Some(copy) => copy,
            None => self.bytes(address, bytes).to_vec(),
        }
    }
}
