//! Operators and their plans.

use crate::contract::{ChainStep, ImageContext, OperatorError, Stage};
use crate::image::{ImageBatch, ImageShape};
use bytemuck::NoUninit;
use pixelflume_device::{Address, Args, Device, DeviceError, Function, Grid, HostKernel, Launch};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// An image operator: an operation with its parameters, independent of shapes and devices.
pub trait Operator: Any + fmt::Debug + Send + Sync {
    /// Name of the operator as pipeline files write it, for example `gaussian_blur`.
    fn kind(&self) -> &'static str;

    /// The number of inputs, 1 to 8.
    fn input_count(&self) -> usize {
        1
    }

    /// Makes the plan for inputs of these shapes.
    ///
    /// # Errors
    /// [`OperatorError`] where the operator cannot take inputs of these shapes.
    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError>;

    /// Whether the effect differs between images of one shape: parameters are drawn, or given for each image. Such an operator is
    /// executed through [`Operator::for_image`]; [`Operator::plan`] plans what it does to [`ImageContext::first`]. `false` by
    /// default.
    fn is_per_image(&self) -> bool {
        false
    }

    /// The operator that does to every image what this one does to this image; `None`, the default, where it is this one.
    ///
    /// # Errors
    /// [`OperatorError`] where values are missing for the image, or do not fit it.
    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        let _ = image;
        Ok(None)
    }

    /// The effect on this image as data, for operators that can be part of a chain over images of any sizes (see
    /// [`mixed`](crate::mixed)); `None` by default. Allocates nothing. The result is that of the operator which
    /// [`Operator::for_image`] gives.
    ///
    /// # Errors
    /// [`OperatorError`] where the operator cannot take the image.
    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let _ = image;
        Ok(None)
    }
}

/// An operator prepared for one set of input shapes: data without memory, shared by the host and the CUDA executor, and by all
/// lanes of an engine, which may call [`Plan::bind`] at the same time.
///
/// # Safety
/// An implementation promises the following about the launches that [`Plan::bind`] makes with code from [`Plan::code`] of the
/// same plan, provided that they are run in order, that the memory of the binding is valid, and that tables and workspace are
/// at least as large as [`Plan::tables`] and [`Plan::workspace_bytes`] say:
/// - arguments and geometry are those that the code takes;
/// - the launches read only the rows of the inputs (on a GPU the aligned 16-byte words that contain them), the tables, and what
///   they have written before;
/// - the launches write only the workspace and the rows of the output;
/// - the launches end;
/// - the same binding gives the same launches, unless [`Plan::needs_recapture`] returns `true`.
///
/// Pipelines run the launches of any operator relying on this promise alone.
#[expect(unsafe_code, reason = "launches act on addresses")]
pub unsafe trait Plan: fmt::Debug + Send + Sync {
    /// The shape of the output image.
    fn output(&self) -> ImageShape;

    /// The constant tables that the CUDA kernel reads (indices, weights), as bytes; empty by default. They are uploaded once per
    /// plan, and [`Binding::tables`] is their address. The host executor reads the tables in the plan.
    fn tables(&self) -> &[u8] {
        &[]
    }

    /// The bytes of scratch memory that one execution over `batch` images needs on `device`; 0 by default.
    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        let _ = (device, batch);
        0
    }

    /// Whether equal launches may do something else than before, so that a captured graph must not be replayed but
    /// captured again. Asked before every execution. `false`, the default, is right where the launches alone determine
    /// what is done.
    fn needs_recapture(&self) -> bool {
        false
    }

    /// The computation as data, for plans that can be part of a fused chain (see [`fusion`](crate::fusion)); `None` by default.
    fn stage(&self) -> Option<Stage> {
        None
    }

    /// The plan of the same computation by simpler kernels, one or two launches for each operator, where this plan runs kernels
    /// of fused chains. Tests and the validation compare the two.
    #[cfg(any(test, feature = "testing"))]
    fn oracle(&self) -> Option<Arc<dyn Plan>> {
        None
    }

    /// Resolves the code of this plan on `device`. Called once per plan and device; it may load a module.
    ///
    /// # Errors
    /// [`DeviceError`] where a module cannot be loaded, or the plan has no code for this kind of device.
    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError>;

    /// Appends the complete launches of one execution over this memory to `launches`, in order. `code` is the result of
    /// [`Plan::code`]. Allocates nothing but room in `launches`.
    ///
    /// The row pitch is at least a row, the batch stride at least an image, and base, pitch and stride are multiples of the
    /// sample size.
    ///
    /// # Panics
    /// When the binding does not fit the plan: another number of inputs, another shape, unequal batches, an impossible
    /// address, pitch or stride, or an output that overlaps an input. The layer that places images in memory chooses all of
    /// these, and wrong memory must not reach a kernel.
    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>);
}

/// The code of a launch, resolved on a device.
#[derive(Clone)]
pub enum Code {
    /// A kernel of a module that is loaded on a GPU.
    Kernel(Function),
    /// A kernel of the host device.
    Host(Arc<dyn HostKernel>),
}

impl Code {
    /// A launch of this code with `args`, which the CUDA kernel and the host kernel take alike. `grid` is the geometry of the
    /// CUDA kernel.
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

/// The memory of one execution. Inputs and output have the shapes of the plan and one batch size.
#[derive(Copy, Clone, Debug)]
pub struct Binding<'a> {
    /// The inputs, in the order of the operator's inputs.
    pub inputs: &'a [ImageBatch],
    /// The output, which overlaps no input.
    pub output: ImageBatch,
    /// The address of the uploaded [`Plan::tables`]; null on the host, and where there are none.
    pub tables: Address,
    /// The address of at least [`Plan::workspace_bytes`] bytes of scratch memory; null where none is needed.
    pub workspace: Address,
}

/// The plan that tests compare a plan with: its [`Plan::oracle`], or the plan itself where it has none.
#[cfg(any(test, feature = "testing"))]
pub fn oracle_plan(plan: &Arc<dyn Plan>) -> Arc<dyn Plan> {
    plan.oracle().unwrap_or_else(|| Arc::clone(plan))
}
