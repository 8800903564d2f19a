//! Launches: one piece of device work, built once and enqueued many times.

use crate::access::Access;
use crate::access::Accesses;
use crate::args::Args;
use crate::capabilities::Residency;
use crate::error::DeviceError;
use crate::host::Workers;
use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

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

/// A CUDA kernel, resolved on one device. Cloning it is cheap; its module stays loaded as long as one is left.
#[derive(Clone)]
pub struct Function {
    #[cfg(feature = "cuda")]
    pub(crate) inner: crate::cuda::CudaFunction,
    #[cfg(not(feature = "cuda"))]
    pub(crate) never: std::convert::Infallible,
}

impl Function {
    /// The kernel's name.
    pub fn name(&self) -> &'static str {
        #[cfg(feature = "cuda")]
        return self.inner.name();
        #[cfg(not(feature = "cuda"))]
        match self.never {}
    }

    /// How many blocks the GPU of this kernel holds at once.
    pub fn residency(&self) -> Residency {
        #[cfg(feature = "cuda")]
        return self.inner.residency();
        #[cfg(not(feature = "cuda"))]
        match self.never {}
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({})", self.name())
    }
}

/// Code that the host device runs as a kernel.
pub trait HostKernel: Send + Sync {
    /// Does the work that `args` describe, with the help of `workers`. Called once per launch, in the order of the stream, on
    /// a worker thread, or on the thread that submits where the system gave no worker. A panic counts as a failure.
    ///
    /// # Safety
    /// `args` are what this kernel takes. The memory that it reads and writes for them is valid for that until the call
    /// returns, and nothing else writes what it reads, or reads or writes what it writes.
    #[expect(unsafe_code, reason = "arguments hold addresses")]
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure>;

    /// Names the code, apart from the data that the kernel carries: usually its own type. Launches of two kernels of one code
    /// differ in data, as launches with other arguments do, so that one takes the place of the other in a captured graph.
    /// `None`, the default, for a kernel that is no other one's code.
    fn code(&self) -> Option<TypeId> {
        None
    }
}

/// Why a task failed while it ran.
#[derive(Clone, Debug, Error)]
#[error("{message}")]
pub struct TaskFailure {
    message: Arc<str>,
}

impl TaskFailure {
    /// A failure with this reason.
    pub fn new(message: impl fmt::Display) -> Self {
        TaskFailure {
            message: message.to_string().into(),
        }
    }

    /// What `work` gives; a panic in it is a failure.
    pub(crate) fn catch(work: impl FnOnce() -> Result<(), TaskFailure>) -> Result<(), TaskFailure> {
        crate::panics::catch_panic(work)
            .unwrap_or_else(|message| Err(TaskFailure::new(format_args!("panicked: {message}"))))
    }
}

/// Follows tasks as the host device runs them, and may stop one from running.
pub trait TaskObserver: Send + Sync {
    /// The task's name, for messages.
    fn name(&self, task: u32) -> String {
        format!("task {task}")
    }
    /// Called right before a launch of `task` runs. `false` skips the launch.
    fn starting(&self, task: u32) -> bool;
    /// Called right after a launch of `task` ran.
    fn finished(&self, task: u32, result: Result<(), TaskFailure>);
}

/// Ties a launch to the task that it belongs to.
#[derive(Clone)]
pub struct Ticket {
    /// Who is told.
    pub observer: Arc<dyn TaskObserver>,
    /// Which task it is, in the observer's counting.
    pub task: u32,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket(task {})", self.task)
    }
}

#[derive(Clone)]
pub(crate) enum Work {
    Kernel { function: Function, grid: Grid },
    Host(Arc<dyn HostKernel>),
}

/// How a launch differs from an older one.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Not at all.
    None,
    /// In its arguments, or in the data that a host kernel of the same code carries.
    Arguments,
    /// In its geometry, and perhaps in its arguments.
    Geometry,
    /// It is of another kernel.
    Work,
}

/// One piece of device work with its arguments, complete: enqueuing it looks nothing up, and allocates nothing.
///
/// A launch is data. Its arguments usually hold addresses, which a kernel trusts; so it is [`Stream::enqueue`] and
/// [`GraphExec::launch`](crate::GraphExec::launch) that are unsafe, and say what has to hold for the memory.
///
/// [`Stream::enqueue`]: crate::Stream::enqueue
#[derive(Clone)]
pub struct Launch {
    pub(crate) work: Work,
    pub(crate) args: Args,
    pub(crate) accesses: Accesses,
}

impl Launch {
    /// A launch of a CUDA kernel, which takes the struct in `args` by value as its one parameter.
    pub fn kernel(function: Function, grid: Grid, args: Args) -> Self {
        Launch {
            work: Work::Kernel { function, grid },
            args,
            accesses: Accesses::NONE,
        }
    }

    /// A launch of a host kernel.
    pub fn host(kernel: Arc<dyn HostKernel>, args: Args) -> Self {
        Launch {
            work: Work::Host(kernel),
            args,
            accesses: Accesses::NONE,
        }
    }

    /// Declares what memory the launch reads and writes, in place of what was declared before: the checked host device
    /// refuses it where a conflicting access is not ordered before it. Other devices do not look at it.
    ///
    /// Panics when there are more than [`crate::MAX_ACCESSES`].
    pub fn set_accesses(&mut self, accesses: &[Access]) {
        self.accesses = Accesses::new(accesses);
    }

    /// What memory the launch was declared to read and write.
    pub fn accesses(&self) -> &[Access] {
        self.accesses.as_slice()
    }

    /// The arguments.
    pub fn args(&self) -> &Args {
        &self.args
    }

    /// Replaces the arguments, for example by ones with new addresses.
    pub fn set_args(&mut self, args: Args) {
        self.args = args;
    }

    /// What is different from `old`.
    pub fn change_from(&self, old: &Launch) -> Change {
        let geometry = match (&self.work, &old.work) {
            (Work::Host(new), Work::Host(old)) if Arc::ptr_eq(new, old) => Change::None,
            (Work::Host(new), Work::Host(old)) if same_code(&**new, &**old) => Change::Arguments,
            #[cfg(feature = "cuda")]
            (
                Work::Kernel { function, grid },
                Work::Kernel {
                    function: f,
                    grid: g,
                },
            ) if function.inner.is(&f.inner) => {
                if grid == g {
                    Change::None
                } else {
                    Change::Geometry
                }
            }
            _ => Change::Work,
        };
        match geometry {
            Change::None if self.args.bytes() != old.args.bytes() => Change::Arguments,
            other => other,
        }
    }

    /// The geometry of a CUDA launch; `None` for a host kernel.
    pub fn grid(&self) -> Option<Grid> {
        match self.work {
            Work::Kernel { grid, .. } => Some(grid),
            Work::Host(_) => None,
        }
    }

    pub(crate) fn wrong_device(&self, got: &str) -> DeviceError {
        let expected = match &self.work {
            Work::Kernel { function, .. } => format!("a CUDA device (kernel {})", function.name()),
            Work::Host(_) => "the host device".to_owned(),
        };
        DeviceError::WrongDevice {
            expected,
            got: got.to_owned(),
        }
    }
}

fn same_code(a: &dyn HostKernel, b: &dyn HostKernel) -> bool {
    a.code().is_some() && a.code() == b.code()
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.work {
            Work::Kernel { function, grid } => {
                write!(
                    f,
                    "Launch({} {:?} x {:?})",
                    function.name(),
                    grid.blocks,
                    grid.threads
                )
            }
            Work::Host(_) => write!(f, "Launch(host)"),
        }
    }
}
