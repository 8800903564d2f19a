//! The state of the fake driver: contexts and the objects in them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::thread::{self, ThreadId};

use super::FakeConfig;
use super::capture::Capture;
use super::graph::{Exec, Graph};
use super::memory::{Allocations, Pool};
use super::module::{Emulator, Kernels, Module};
use super::stream::{Event, Stream};
use crate::result::CuResult;

/// A handle or an address, as a number.
pub(super) type Handle = u64;

/// The result of a call of the fake driver.
pub(super) type CallResult<T> = Result<T, CuResult>;

#[derive(Default)]
pub(super) struct FakeState {
    pub(super) config: FakeConfig,
    started: bool,
    /// The name of the present call, for messages.
    pub(super) call: &'static str,
    pub(super) violations: Vec<String>,
    pub(super) leaks: Vec<super::Live>,
    /// The code with which all contexts are lost.
    lost: Option<CuResult>,
    newest_handle: Handle,
    /// The primary context of each device that has one.
    contexts: BTreeMap<i32, Context>,
    /// The contexts that are no primary ones, with their devices.
    other_contexts: BTreeMap<Handle, i32>,
    /// The stack of contexts of each thread, the current one last.
    current: HashMap<ThreadId, Vec<Handle>>,
    pub(super) memory: Allocations,
    pub(super) pools: Table<Pool>,
    pub(super) streams: Table<Stream>,
    /// The legacy default stream of each context, and the default streams of its threads.
    pub(super) default_streams: HashMap<(Handle, Option<ThreadId>), Handle>,
    pub(super) events: Table<Event>,
    pub(super) modules: Table<Module>,
    pub(super) kernels: Kernels,
    pub(super) emulator: Option<Arc<dyn Emulator>>,
    pub(super) captures: BTreeMap<u64, Capture>,
    pub(super) graphs: Table<Graph>,
    pub(super) execs: Table<Exec>,
    /// The clock: it counts pieces of work when they are enqueued and when they are complete.
    pub(super) enqueued: u64,
    pub(super) done: u64,
    /// Number of kernels that ran.
    pub(super) launches: u64,
}

struct Context {
    handle: Handle,
    users: usize,
}

/// The handles of one kind.
pub(super) struct Table<T>(BTreeMap<Handle, T>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(BTreeMap::new())
    }
}

/// The kind of the handles of a table, for messages.
pub(super) trait HandleKind {
    const NAME: &'static str;
}

impl<T: HandleKind> Table<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn add(&mut self, handle: Handle, object: T) -> Handle {
        self.0.insert(handle, object);
        handle
    }

    pub(super) fn has(&self, handle: Handle) -> bool {
        self.0.contains_key(&handle)
    }

    /// The object of a handle that was looked up before.
    pub(super) fn at(&mut self, handle: Handle) -> CallResult<&mut T> {
        self.0.get_mut(&handle).ok_or(CuResult::INVALID_HANDLE)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Handle, &T)> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&Handle, &mut T)> {
        self.0.iter_mut()
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<T> {
        self.0.remove(&handle)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl FakeState {
    pub(super) fn new(config: FakeConfig) -> Self {
        FakeState {
            config,
            ..FakeState::default()
        }
    }

    /// Resets the state, but never returns a handle or address that was used before.
    pub(super) fn reset(&mut self) {
        let old = std::mem::replace(self, FakeState::new(self.config.clone()));
        self.newest_handle = old.newest_handle;
        self.other_contexts = old.other_contexts;
        self.kernels = old.kernels;
        self.emulator = old.emulator;
        self.memory.go_on_after(&old.memory);
    }

    pub(super) fn handle(&mut self) -> Handle {
        // Never given out twice: what is used after its end is found out.
        self.newest_handle += 1;
        0x4000_0000 + 16 * self.newest_handle
    }

    /// Records that the caller broke a rule of the driver's interface.
    pub(super) fn note(&mut self, what: fmt::Arguments<'_>) {
        self.violations.push(format!("{}: {what}", self.call));
    }

    /// Records a violation, and returns the code of an invalid handle.
    pub(super) fn violation(&mut self, what: fmt::Arguments<'_>) -> CuResult {
        self.note(what);
        CuResult::INVALID_HANDLE
    }

    /// The object of a handle; records a violation where there is none.
    pub(super) fn of<T: HandleKind>(
        &mut self,
        table: fn(&mut FakeState) -> &mut Table<T>,
        handle: Handle,
    ) -> CallResult<&mut T> {
        if !table(self).has(handle) {
            return Err(self.violation(format_args!(
                "{handle:#x} is no {}, or one that was destroyed",
                T::NAME
            )));
        }
        table(self).at(handle)
    }

    pub(super) fn start(&mut self) {
        self.started = true;
    }

    pub(super) fn lose(&mut self, code: CuResult) {
        self.lost = Some(code);
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Refuses the number of a device that does not exist, and calls before `cuInit`.
    pub(super) fn device(&mut self, device: i32) -> CallResult<i32> {
        if !self.started {
            self.note(format_args!("called before cuInit"));
            return Err(CuResult::NOT_INITIALIZED);
        }
        match usize::try_from(device).is_ok_and(|device| device < self.config.devices) {
            true => Ok(device),
            false => Err(CuResult::INVALID_DEVICE),
        }
    }

    pub(super) fn retain(&mut self, device: i32) -> CallResult<Handle> {
        let device = self.device(device)?;
        let fresh = self.handle();
        let context = self.contexts.entry(device).or_insert(Context {
            handle: fresh,
            users: 0,
        });
        context.users += 1;
        Ok(context.handle)
    }

    pub(super) fn release(&mut self, device: i32) -> CallResult<()> {
        let device = self.device(device)?;
        let Some(context) = self.contexts.get_mut(&device) else {
            self.note(format_args!("device {device} has no primary context"));
            return Err(CuResult::INVALID_CONTEXT);
        };
        context.users -= 1;
        if context.users == 0 {
            self.contexts.remove(&device);
            self.end_of_all();
        }
        Ok(())
    }

    /// Destroys everything that lives in a context, with the last context. What was left is a leak, but for what a lost
    /// context takes with it.
    fn end_of_all(&mut self) {
        if self.contexts.is_empty() {
            self.run_all();
            let live = self.live();
            if !self.is_lost() && live != super::Live::default() {
                self.leaks.push(live);
            }
            self.streams.clear();
            self.default_streams.clear();
            self.events.clear();
            self.graphs.clear();
            self.execs.clear();
            self.modules.clear();
            self.pools.clear();
            self.captures.clear();
            self.memory.forget_device();
        }
    }

    /// The stack of contexts of the calling thread.
    fn stack(&mut self) -> &mut Vec<Handle> {
        self.current.entry(thread::current().id()).or_default()
    }

    pub(super) fn current(&mut self) -> Option<Handle> {
        self.stack().last().copied()
    }

    pub(super) fn push(&mut self, context: Handle) -> CallResult<()> {
        self.known(context)?;
        self.stack().push(context);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> CallResult<Handle> {
        self.stack().pop().ok_or(CuResult::INVALID_CONTEXT)
    }

    pub(super) fn set_current(&mut self, context: Handle) -> CallResult<()> {
        self.known(context)?;
        let stack = self.stack();
        stack.pop();
        stack.push(context);
        Ok(())
    }

    /// Makes a context that is not the primary one of its device.
    pub(super) fn create_context(&mut self, device: i32) -> Handle {
        let handle = self.handle();
        self.other_contexts.insert(handle, device);
        handle
    }

    /// The device of a context that lives.
    fn device_of(&self, context: Handle) -> Option<i32> {
        let mut primary = self.contexts.iter();
        let primary = primary.find(|(_, known)| known.handle == context);
        primary
            .map(|(device, _)| *device)
            .or_else(|| self.other_contexts.get(&context).copied())
    }

    fn known(&mut self, context: Handle) -> CallResult<()> {
        match self.device_of(context) {
            Some(_) => Ok(()),
            None => {
                self.note(format_args!(
                    "{context:#x} is no context, or one that ended"
                ));
                Err(CuResult::INVALID_CONTEXT)
            }
        }
    }

    /// The current context of the calling thread, in which a call works. Where it is lost every
    /// call says so.
    pub(super) fn enter(&mut self) -> CallResult<Handle> {
        let Some(context) = self.current() else {
            self.note(format_args!("the thread has no context"));
            return Err(CuResult::INVALID_CONTEXT);
        };
        self.known(context)?;
        match self.lost {
            Some(code) => Err(code),
            None => Ok(context),
        }
    }

    /// The device of the calling thread's context.
    pub(super) fn current_device(&mut self) -> CallResult<i32> {
        let current = self.enter()?;
        self.device_of(current).ok_or(CuResult::INVALID_CONTEXT)
    }

    /// The object of a handle, which must belong to the calling thread's context.
    pub(super) fn in_context<T: HandleKind + Belongs>(
        &mut self,
        table: fn(&mut FakeState) -> &mut Table<T>,
        handle: Handle,
    ) -> CallResult<&mut T> {
        let context = self.enter()?;
        let owner = self.of(table, handle)?.context();
        if owner != context {
            self.note(format_args!(
                "the {} {handle:#x} belongs to another context",
                T::NAME
            ));
            return Err(CuResult::INVALID_CONTEXT);
        }
        table(self).at(handle)
    }

    pub(super) fn live(&self) -> super::Live {
        let made = |(_, stream): &(&Handle, &Stream)| !stream.default && !stream.destroyed;
        super::Live {
            streams: self.streams.iter().filter(made).count(),
            events: self.events.len(),
            modules: self.modules.len(),
            graphs: self.graphs.len(),
            execs: self.execs.len(),
            pools: self.pools.len(),
            captures: self.captures.len(),
            device_blocks: self.memory.device_blocks(),
            pinned_blocks: self.memory.pinned_blocks(),
        }
    }

    pub(super) fn contexts(&self) -> usize {
        self.contexts.values().map(|context| context.users).sum()
    }
}

/// An object that belongs to a context.
pub(super) trait Belongs {
    fn context(&self) -> Handle;
}
