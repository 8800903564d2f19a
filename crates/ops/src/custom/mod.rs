//! Custom operators: a host closure, a CUDA kernel, or both.
#![expect(
    unsafe_code,
    reason = "a custom kernel can write anywhere; the caller of `Custom::cuda` promises that it does not"
)]

mod host;

pub use host::CustomFrame;

use crate::contract::checks::MAX_INPUTS;
use crate::contract::{Binding, Code, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use host::{CustomHost, custom_args};
use pixelflume_device::{
    Args, Device, DeviceError, DeviceKind, Grid, KernelModule, Launch, TaskFailure,
};
use std::fmt;
use std::sync::Arc;

/// The function set by [`Custom::output`].
type OutputShape = dyn Fn(&[ImageShape]) -> Result<ImageShape, OperatorError> + Send + Sync;
/// The closure set by [`Custom::try_host`].
pub(crate) type HostClosure = dyn Fn(&mut CustomFrame<'_>) -> Result<(), TaskFailure> + Send + Sync;

/// The CUDA executor of a custom operator.
struct CudaCode {
    module: &'static KernelModule,
    kernel: &'static str,
    args: Box<dyn Fn(&Binding<'_>) -> Args + Send + Sync>,
    grid: Box<dyn Fn(&Binding<'_>) -> Grid + Send + Sync>,
}

/// A custom operator, made of a host closure, a CUDA kernel, or both.
///
/// It is used like the built-in operators. It needs an executor for each kind of device on which it runs: compiling a pipeline for
/// a device without an executor fails with an error that names the operator. Both executors must compute the same.
///
/// Inputs may have any sample type, channels and layout. The function set by [`Custom::output`] refuses shapes that do not fit,
/// and returns the shape of the output; without it, the output has the shape of the first input. For full control (several
/// launches, tables, a workspace) implement [`Operator`] and [`Plan`] instead.
///
/// ```
/// use pixelflume_ops::{Custom, ImageShape, Operator};
///
/// // Inverts 8-bit images.
/// let invert = Custom::new("invert", 1)?.host(16, |strip| {
///     for y in strip.rows() {
///         let source = strip.input_row(0, y);
///         for (target, source) in strip.output_row(y).iter_mut().zip(source) {
///             *target = 255 - source;
///         }
///     }
/// });
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(invert.plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Clone)]
pub struct Custom {
    kind: &'static str,
    inputs: usize,
    output: Arc<OutputShape>,
    host: Option<Arc<HostClosure>>,
    least_rows: usize,
    cuda: Option<Arc<CudaCode>>,
}

impl Custom {
    /// An operator without executors. `kind` is its name in messages; it has `inputs` inputs, 1 to 8, with equal batches.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `inputs` is not 1 to 8.
    pub fn new(kind: &'static str, inputs: usize) -> Result<Self, OperatorError> {
        if !(1..=MAX_INPUTS).contains(&inputs) {
            return Err(OperatorError::Parameter {
                operator: kind,
                parameter: "inputs",
                got: inputs.to_string(),
                expected: format!("a number of inputs from 1 to {MAX_INPUTS}"),
            });
        }
        Ok(Custom {
            kind,
            inputs,
            output: Arc::new(|inputs| Ok(inputs[0])),
            host: None,
            least_rows: 1,
            cuda: None,
        })
    }

    /// Sets the function that returns the shape of the output for the shapes of the inputs, or an error for shapes that the
    /// operator cannot take. It gets one shape for each input.
    #[must_use]
    pub fn output(
        self,
        shape: impl Fn(&[ImageShape]) -> Result<ImageShape, OperatorError> + Send + Sync + 'static,
    ) -> Self {
        Custom {
            output: Arc::new(shape),
            ..self
        }
    }

    /// Sets the host executor: `code` writes the rows [`CustomFrame::rows`] of one output image. An image is split into strips of
    /// at least `least_rows` rows, which the workers compute concurrently; with [`usize::MAX`] each image is one strip.
    ///
    /// `code` must not execute a pipeline on its own device, nor wait for one: if all workers waited, none would be left for the
    /// work that they wait for.
    ///
    /// Samples that `code` does not write are zero. A panic in `code` fails the node, with the panic's message as the reason; other
    /// nodes are not affected.
    #[must_use]
    pub fn host(
        self,
        least_rows: usize,
        code: impl Fn(&mut CustomFrame<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.try_host(least_rows, move |frame| {
            code(frame);
            Ok(())
        })
    }

    /// Sets the host executor to one that may fail; see [`Custom::host`]. A failure, made by
    /// [`TaskFailure::new`] or [`TaskFailure::of`], fails the node, as a panic does; strips that have not begun are then left out.
    #[must_use]
    pub fn try_host(
        self,
        least_rows: usize,
        code: impl Fn(&mut CustomFrame<'_>) -> Result<(), TaskFailure> + Send + Sync + 'static,
    ) -> Self {
        Custom {
            host: Some(Arc::new(code)),
            least_rows,
            ..self
        }
    }

    /// Sets the CUDA executor: `kernel`, an entry point of `module` that takes one struct by value. `args` makes this struct, and
    /// `grid` the geometry, of one launch, which covers the whole batch.
    ///
    /// [`ImageBatch::param`](crate::ImageBatch::param) is an image as built-in kernels take it, and
    /// `Args::of(&[source.param(), target.param()])` the arguments of a kernel that takes two of them.
    ///
    /// # Safety
    /// For every binding of shapes that [`Custom::output`] accepts, with any batch of at least 1, any row pitch and batch
    /// stride that [`Plan::bind`] allows, and any base address that is a multiple of the sample size:
    /// - the struct that `args` makes has the size and layout of the kernel's one parameter;
    /// - a launch writes every sample of the rows of the output: before the launch they may hold other images;
    /// - a launch with `args` and `grid` reads no memory but the rows of the inputs and constants of the module, and writes
    ///   no memory but the rows of the output;
    /// - a launch ends.
    ///
    /// None of this can be checked: a kernel that writes elsewhere corrupts images, tables or other allocations of the process.
    #[must_use]
    pub unsafe fn cuda(
        self,
        module: &'static KernelModule,
        kernel: &'static str,
        args: impl Fn(&Binding<'_>) -> Args + Send + Sync + 'static,
        grid: impl Fn(&Binding<'_>) -> Grid + Send + Sync + 'static,
    ) -> Self {
        Custom {
            cuda: Some(Arc::new(CudaCode {
                module,
                kernel,
                args: Box::new(args),
                grid: Box::new(grid),
            })),
            ..self
        }
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Custom")
            .field("kind", &self.kind)
            .field("inputs", &self.inputs)
            .field("host", &self.host.is_some())
            .field("cuda", &self.cuda.as_ref().map(|cuda| cuda.kernel))
            .finish_non_exhaustive()
    }
}

impl Operator for Custom {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn input_count(&self) -> usize {
        self.inputs
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        if inputs.len() != self.inputs {
            return Err(OperatorError::InputCount {
                operator: self.kind,
                expected: self.inputs,
                got: inputs.len(),
            });
        }
        for &input in inputs {
            checks::possible_sides(self.kind, input)?;
        }
        let output = (self.output)(inputs)?;
        checks::possible_sides(self.kind, output).map_err(|_| OperatorError::Shape {
            operator: self.kind,
            got: inputs[0],
            reason: format!("its output would be {output}, which cannot be"),
        })?;
        Ok(Arc::new(CustomPlan {
            operator: self.clone(),
            inputs: inputs.into(),
            output,
        }))
    }
}

#[derive(Debug)]
struct CustomPlan {
    operator: Custom,
    inputs: Box<[ImageShape]>,
    output: ImageShape,
}

// SAFETY: `bind` checks the memory. The host closure gets views of the rows of the inputs and the output. The caller of
// `Custom::cuda` promised the same of the kernel and its arguments.
unsafe impl Plan for CustomPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let lacks = |expected: &str, executor: &str| DeviceError::WrongDevice {
            expected: format!(
                "{expected} (the custom operator {} has no {executor} executor)",
                self.operator.kind
            ),
            got: device.name().to_owned(),
        };
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                let cuda = self.operator.cuda.as_ref();
                let cuda = cuda.ok_or_else(|| lacks("the host device", "CUDA"))?;
                Code::Kernel(device.kernel(cuda.module, cuda.kernel)?)
            }
            DeviceKind::Host => {
                let host = self.operator.host.clone();
                Code::Host(Arc::new(CustomHost {
                    code: host.ok_or_else(|| lacks("a CUDA device", "host"))?,
                    inputs: self.inputs.clone(),
                    output: self.output,
                    least_rows: self.operator.least_rows,
                }))
            }
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator.kind, binding, &self.inputs, self.output);
        launches.push(match (&code[0], &self.operator.cuda) {
            (Code::Kernel(function), Some(cuda)) => {
                Launch::kernel(function.clone(), (cuda.grid)(binding), (cuda.args)(binding))
            }
            (Code::Host(kernel), _) => {
                Launch::host(kernel.clone(), Args::of(&custom_args(binding)))
            }
            (Code::Kernel(function), None) => {
                panic!(
                    "{} was bound to {function:?} of another plan",
                    self.operator.kind
                )
            }
        });
    }
}
