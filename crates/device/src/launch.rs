//! Launches: one piece of device work, built once and enqueued many times.

use crate::access::{Access, Accesses};
use crate::args::Args;
use crate::capabilities::Residency;
use crate::error::DeviceError;
use crate::kernel::{Grid, HostKernel};
use std::fmt;
use std::sync::Arc;

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

    /// Upper bound of resident blocks on the GPU of this kernel.
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

#[derive(Clone)]
pub(crate) enum Work {
    Kernel { function: Function, grid: Grid },
    Host(Arc<dyn HostKernel>),
}

/// The difference between a launch and an earlier one.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The launches are equal.
    None,
    /// It differs in its arguments, or in the data that a host kernel of the same code carries.
    Arguments,
    /// It differs in its geometry, and perhaps in its arguments.
    Geometry,
    /// The launch has another kernel.
    Kernel,
}

/// A kernel launch with all arguments, ready to be enqueued: enqueuing it looks nothing up, and allocates nothing.
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

    /// Declares the memory that the launch reads and writes, in place of earlier declarations: the checked host device
    /// refuses the launch where a conflicting access is not ordered before it. Other devices ignore the declaration.
    ///
    /// Panics when there are more than [`crate::MAX_ACCESSES`].
    pub fn set_accesses(&mut self, accesses: &[Access]) {
        self.accesses = Accesses::new(accesses);
    }

    /// The declared accesses.
    pub fn accesses(&self) -> &[Access] {
        self.accesses.as_slice()
    }

    /// The arguments.
    pub fn args(&self) -> &Args {
        &self.args
    }

    /// Replaces the arguments, for tests of patched launches.
    #[cfg(feature = "testing")]
    pub fn set_args(&mut self, args: Args) {
        self.args = args;
    }

    /// The difference from `old`.
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
            _ => Change::Kernel,
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
