//! Modules and kernels of the fake driver: any image is a module, and has any kernel. A test sets what a kernel does;
//! by default it does nothing. With an emulator, modules are PTX, and kernels do what their instructions say.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::memory::{Allocations, Blocks, PinnedBlocks};
use super::state::{Belongs, CallResult, FakeState, Handle, HandleKind};
use super::work::Work;
use crate::result::CuResult;

/// The code of a kernel in a test, which gets the bytes of its arguments.
pub(super) type Body = dyn Fn(&[u8], &mut DeviceMemory<'_>) + Send + Sync;

/// What computes kernels from the images of their modules.
pub trait Emulator: Send + Sync {
    /// Loads a module from its PTX.
    ///
    /// # Errors
    /// What the emulator cannot run, as a text.
    fn load(&self, ptx: &str) -> Result<Arc<dyn LoadedModule>, String>;
}

/// A module of an [`Emulator`].
pub trait LoadedModule: fmt::Debug + Send + Sync {
    /// The offset and the bytes of each parameter of a kernel; `None` where the module has no such kernel.
    fn parameters(&self, kernel: &str) -> Option<Vec<(usize, usize)>>;

    /// Runs a launch to its end.
    ///
    /// # Errors
    /// What the kernel must not do, as a text.
    fn run(&self, launch: &KernelLaunch<'_>, memory: &mut DeviceMemory<'_>) -> Result<(), String>;
}

/// A launch as an [`Emulator`] runs it.
#[derive(Clone, Copy, Debug)]
pub struct KernelLaunch<'a> {
    /// The kernel's name.
    pub kernel: &'a str,
    /// Blocks along x, y and z, threads of a block along x, y and z, and bytes of shared memory that the launch asks for.
    pub geometry: [u32; 7],
    /// The bytes of the parameters, at the offsets that the module tells.
    pub parameters: &'a [u8],
}

#[derive(Default)]
pub(super) struct Kernels(BTreeMap<String, (usize, Arc<Body>)>);

pub(super) struct Module {
    context: Handle,
    /// The functions that were looked up: handle and name.
    functions: Vec<(Handle, Arc<str>)>,
    /// The module of the emulator, where there is one.
    loaded: Option<Arc<dyn LoadedModule>>,
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
    /// Loads a module; an emulator takes PTX only, which `ptx` is.
    pub(super) fn load_module(&mut self, ptx: Option<&str>) -> CallResult<Handle> {
        let context = self.enter()?;
        let loaded = match &self.emulator {
            None => None,
            Some(emulator) => match ptx.map(|ptx| emulator.load(ptx)) {
                None => return Err(CuResult::NO_BINARY_FOR_GPU),
                Some(Ok(module)) => Some(module),
                Some(Err(reason)) => {
                    self.note(format_args!("a module cannot be emulated: {reason}"));
                    return Err(CuResult::INVALID_PTX);
                }
            },
        };
        let handle = self.handle();
        let module = Module {
            context,
            functions: Vec::new(),
            loaded,
        };
        Ok(self.modules.add(handle, module))
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
        if let Some(loaded) = &module.loaded
            && loaded.parameters(name).is_none()
        {
            return Err(CuResult::NOT_FOUND);
        }
        let mut known = module.functions.iter();
        if let Some((handle, _)) = known.find(|(_, known)| **known == *name) {
            return Ok(*handle);
        }
        module.functions.push((fresh, name.into()));
        Ok(fresh)
    }

    /// The offset and the bytes of each parameter of a kernel: of a module of the emulator all, of others what a test has set.
    pub(super) fn parameters(&self, function: Handle, name: &str) -> Vec<(usize, usize)> {
        let loaded = self.loaded(function);
        match loaded.and_then(|module| module.parameters(name)) {
            Some(parameters) => parameters,
            None => vec![(0, self.kernels.args(name))],
        }
    }

    /// The emulator's module that a function is of.
    pub(super) fn loaded(&self, function: Handle) -> Option<Arc<dyn LoadedModule>> {
        let mut modules = self.modules.iter();
        modules
            .find(|(_, module)| module.has(function))?
            .1
            .loaded
            .clone()
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
    /// The live blocks, by address.
    blocks: Blocks<'a>,
    /// The block that was used last.
    recent: usize,
    /// The addresses that were given out.
    given_out: RangeInclusive<u64>,
    pinned: &'a PinnedBlocks,
    violations: &'a mut Vec<String>,
    kernel: &'a str,
}

impl<'a> DeviceMemory<'a> {
    pub(super) fn new(
        memory: &'a mut Allocations,
        violations: &'a mut Vec<String>,
        kernel: &'a str,
    ) -> Self {
        let (blocks, given_out, pinned) = memory.parts();
        DeviceMemory {
            blocks,
            recent: 0,
            given_out,
            pinned,
            violations,
            kernel,
        }
    }

    /// Bytes of device memory; `None` where they are not all in one live block.
    fn find(&mut self, address: u64, bytes: usize) -> Option<&mut [u8]> {
        let is_recent = |(start, block): &(u64, &mut [u8])| {
            address >= *start && address - start < block.len() as u64
        };
        if !self.blocks.get(self.recent).is_some_and(is_recent) {
            let after = self.blocks.partition_point(|(start, _)| *start <= address);
            self.recent = after.checked_sub(1)?;
        }
        let (start, block) = &mut self.blocks[self.recent];
        let from = usize::try_from(address - *start).ok()?;
        block.get_mut(from..from.checked_add(bytes)?)
    }

    /// The `bytes` bytes from `address` on. Bytes outside of one live block are a violation, and the result is empty.
    pub fn bytes(&mut self, address: u64, bytes: usize) -> &mut [u8] {
        if self.find(address, bytes).is_none() {
            let freed = match self.given_out.contains(&address) {
                true => " (freed, or beyond the end)",
                false => "",
            };
            self.violations.push(format!(
                "kernel {}: {bytes} bytes from {address:#x} on are not live device memory{freed}",
                self.kernel
            ));
        }
        self.find(address, bytes).unwrap_or_default()
    }

    /// Reads from an address in device memory or page-locked memory; false where not all of the bytes are in one live block.
    pub fn load(&mut self, address: u64, into: &mut [u8]) -> bool {
        match self.find(address, into.len()) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => return self.pinned.read(address, into),
        }
        true
    }

    /// Writes to an address in device memory or page-locked memory; false where not all of the bytes are in one live block.
    pub fn store(&mut self, address: u64, from: &[u8]) -> bool {
        match self.find(address, from.len()) {
            Some(bytes) => bytes.copy_from_slice(from),
            None => return self.pinned.write(address, from),
        }
        true
    }

    /// A copy of the `bytes` bytes from `address` on, in device memory or in page-locked memory, which kernels may read in place. Bytes
    /// outside of one live block of either are a violation, and the result is empty.
    pub fn read(&mut self, address: u64, bytes: usize) -> Vec<u8> {
        let mut copy = vec![0; bytes];
        match self.pinned.read(address, &mut copy) {
            true => copy,
            false => self.bytes(address, bytes).to_vec(),
        }
    }
}
