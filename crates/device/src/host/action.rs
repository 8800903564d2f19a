//! The actions of a stream of the host device: kernels, copies, fills and frees.
#![expect(unsafe_code, reason = "copies and fills by address, as a device does")]

use super::checker::Touch;
use super::event::HostEvent;
use super::ordered_pool::HostOrderedPool;
use crate::access::{Access, Accesses};
use crate::address::Address;
use crate::args::Args;
use crate::kernel::HostKernel;
use crate::task::{TaskFailure, TaskObserver, Ticket};
use crate::workers::Workers;
use std::sync::Arc;

/// A piece of work that has all it needs to run.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "arguments lie in the queue itself, so that enqueuing allocates nothing"
)]
pub(crate) enum Action {
    Kernel {
        kernel: Arc<dyn HostKernel>,
        args: Args,
        accesses: Accesses,
        ticket: Option<Ticket>,
    },
    Copy {
        dst: Address,
        src: Address,
        bytes: usize,
    },
    Fill {
        dst: Address,
        value: u8,
        bytes: usize,
    },
    Free {
        pool: HostOrderedPool,
        address: Address,
        bytes: usize,
    },
    /// Gives an event the present time; in graphs only.
    RecordTime(HostEvent),
}

impl Action {
    /// Calls `f` with the memory that the action touches, for the checker.
    pub(super) fn with_touch<R>(&self, f: impl FnOnce(Touch<'_>) -> R) -> R {
        match self {
            Action::Kernel {
                accesses, ticket, ..
            } => {
                let name = ticket
                    .as_ref()
                    .map(|ticket| ticket.observer.name(ticket.task));
                let label = name.map_or_else(|| "a launch".into(), Arc::from);
                f(Touch {
                    accesses: accesses.as_slice(),
                    label,
                })
            }
            Action::Copy { dst, src, bytes } => {
                let accesses = [Access::read(*src, *bytes), Access::write(*dst, *bytes)];
                f(Touch {
                    accesses: &accesses,
                    label: "a copy".into(),
                })
            }
            Action::Fill { dst, bytes, .. } => f(Touch {
                accesses: &[Access::write(*dst, *bytes)],
                label: "a fill".into(),
            }),
            Action::Free { address, bytes, .. } => f(Touch {
                accesses: &[Access::write(*address, *bytes)],
                label: "a free".into(),
            }),
            Action::RecordTime(_) => f(Touch {
                accesses: &[],
                label: "a record of the time".into(),
            }),
        }
    }

    /// Runs the action. A failure comes back only where no ticket takes it. An `observer` of the run follows the tasks in
    /// place of those in the tickets.
    ///
    /// # Safety
    /// What [`crate::Stream::enqueue`], [`crate::Stream::copy`], [`crate::Stream::fill`] or [`crate::StreamOrderedPool::free`]
    /// asks for holds until the call returns.
    pub(super) unsafe fn run(
        &self,
        workers: &Workers<'_>,
        observer: Option<&dyn TaskObserver>,
    ) -> Result<(), TaskFailure> {
        match self {
            Action::Kernel {
                kernel,
                args,
                ticket,
                ..
            } => {
                let ticket = ticket
                    .as_ref()
                    .map(|ticket| (observer.unwrap_or(&*ticket.observer), ticket.task));
                // SAFETY: promised by the caller.
                return unsafe { run_kernel(&**kernel, args, ticket, workers) };
            }
            // SAFETY: promised by the caller.
            Action::Copy { dst, src, bytes } => unsafe {
                std::ptr::copy_nonoverlapping(src.as_ptr::<u8>(), dst.as_ptr::<u8>(), *bytes);
            },
            // SAFETY: promised by the caller.
            Action::Fill { dst, value, bytes } => unsafe {
                std::ptr::write_bytes(dst.as_ptr::<u8>(), *value, *bytes);
            },
            Action::Free {
                pool,
                address,
                bytes,
            } => {
                // SAFETY: promised by the caller.
                unsafe { pool.take_back(*address, *bytes) };
            }
            Action::RecordTime(event) => event.reached_in_graph(),
        }
        Ok(())
    }
}

/// Runs a kernel, and tells the ticket's observer.
///
/// # Safety
/// As for [`HostKernel::run`].
unsafe fn run_kernel(
    kernel: &dyn HostKernel,
    args: &Args,
    ticket: Option<(&dyn TaskObserver, u32)>,
    workers: &Workers<'_>,
) -> Result<(), TaskFailure> {
    if ticket.is_some_and(|(observer, task)| !observer.starting(task)) {
        return Ok(());
    }
    // SAFETY: promised by the caller.
    let result = TaskFailure::catch(|| unsafe { kernel.run(args, workers) });
    match ticket {
        Some((observer, task)) => {
            observer.finished(task, result);
            Ok(())
        }
        None => result,
    }
}
