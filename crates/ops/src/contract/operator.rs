//! The contract between operators and the layers that run them.

use crate::contract::{OperatorError, Stage};
use crate::image::{ImageBatch, ImageShape};
use bytemuck::NoUninit;
use pixelflume_device::{Address, Args, Device, DeviceError, Function, Grid, HostKernel, Launch};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// An image operator with its parameters, independent of shapes and devices.
pub trait Operator: Any + fmt::Debug + Send + Sync {
    /// Name of the operator as pipeline files write it, for example `gaussian_blur`.
    fn kind(&self) -> &'static str;

    /// How many inputs it takes.
    fn input_count(&self) -> usize {
        1
    }

    /// Makes the plan for inputs of these shapes, or says why it cannot take them.
    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError>;
}

/// An operator made ready for one set of input shapes: pure data, shared by the host and the CUDA executor.
///
/// # Safety
/// Of the launches that [`Plan::bind`] gives, for code that [`Plan::code`] of the same plan gave, whoever implements a plan
/// promises: the arguments and the geometry are what the code takes. Run in their order, with the memory of the binding
/// valid, the tables and the workspace of at least [`Plan::tables`] and [`Plan::workspace_bytes`], they read nothing but the
/// rows of the inputs (on a GPU the aligned words of four bytes that hold them), the tables, and the workspace and rows of
/// the output that they have written; write nothing but the workspace and the rows of the output; and end. The same binding gives the same launches, unless
/// [`Plan::needs_recapture`] says otherwise.
///
/// Whoever runs the launches relies on nothing else: execution plans do so without knowing the operator.
#[expect(unsafe_code, reason = "launches act on addresses")]
pub unsafe trait Plan: fmt::Debug + Send + Sync {
    /// Shape of the output.
    fn output(&self) -> ImageShape;

    /// Constant bytes that the CUDA kernel reads (indices, weights). They are uploaded once per plan and come back as
    /// [`Binding::tables`]. The host executor reads the plan itself.
    fn tables(&self) -> &[u8] {
        &[]
    }

    /// Bytes of scratch memory that one execution over `batch` images needs on `device`.
    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        let _ = (device, batch);
        0
    }

    /// Whether what the launches do may change although they look the same, so that a recorded run must not be replayed
    /// and is recorded anew. Asked before every run; `false` for everything whose launches say all.
    fn needs_recapture(&self) -> bool {
        false
    }

    /// What it computes, as data, where it can be part of a fused plan (see [`fusion`](crate::fusion)).
    fn stage(&self) -> Option<Stage> {
        None
    }

    /// The plan of the same computation by simpler kernels, one or two launches for each operator, where this plan runs kernels
    /// of fused chains. Tests and the validation compare the two.
    #[cfg(any(test, feature = "testing"))]
    fn oracle(&self) -> Option<Arc<dyn Plan>> {
        None
    }

    /// Resolves the code of this plan on `device`. Done once; it may load a module.
    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError>;

    /// Turns memory into launches: appends the complete launches of one execution to `launches`, in order. `code` is
    /// what [`Plan::code`] gave. Allocates nothing but room in `launches`.
    ///
    /// Any row pitch of at least a row and any batch stride of at least an image will do, as long as base, pitch and
    /// stride are multiples of the sample size.
    ///
    /// # Panics
    /// When the binding is not what the plan was made for: another number of inputs, another shape, unequal batches, an
    /// address, pitch or stride that cannot be, or an output that overlaps an input. All of it is chosen by the layer that
    /// places images in memory, and wrong memory must not reach a kernel.
    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>);
}

/// Code of a plan, resolved on a device.
#[derive(Clone)]
pub enum Code {
    /// A CUDA kernel.
    Kernel(Function),
    /// A host kernel.
    Host(Arc<dyn HostKernel>),
}

impl Code {
    /// A launch of this code with `args`, which both executors take.
    pub(crate) fn launch<A: NoUninit>(&self, args: &A, grid: fn(&A) -> Grid) -> Launch {
        match self {
            Code::Kernel(function) => Launch::kernel(function.clone(), grid(args), Args::of(args)),
            Code::Host(kernel) => Launch::host(kernel.clone(), Args::of(args)),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Kernel(function) => write!(f, "Code({})", function.name()),
            Code::Host(_) => f.write_str("Code(host)"),
        }
    }
}

/// The memory of one execution. Batch sizes of inputs and output are equal; the shapes are those of the plan.
#[derive(Copy, Clone, Debug)]
pub struct Binding<'a> {
    /// The inputs, in order.
    pub inputs: &'a [ImageBatch],
    /// The output.
    pub output: ImageBatch,
    /// Where [`Plan::tables`] were uploaded; null where there are none, or on the host.
    pub tables: Address,
    /// Scratch memory of at least [`Plan::workspace_bytes`]; null where none is needed.
    pub workspace: Address,
}

/// The plan that tests compare a plan with: its [`Plan::oracle`], or the plan itself where it has none.
#[cfg(any(test, feature = "testing"))]
pub fn oracle_plan(plan: &Arc<dyn Plan>) -> Arc<dyn Plan> {
    plan.oracle().unwrap_or_else(|| Arc::clone(plan))
}
