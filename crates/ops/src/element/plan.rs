//! The plan of erosions, dilations and what is made of them: one launch for each, with the images between them in scratch memory.

use super::cuda;
use super::elements::Element;
use super::host::ElementHost;
use super::steps::{Computation, Extreme, Place, Step, images_between, steps};
use super::window::MorphologyWindow;
use crate::binary::{self, pairwise};
use crate::contract::{Action, Binding, Code, OperatorError, Plan, Stage, checks};
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use crate::subtract::Subtract;
use crate::window;
use fearless_simd::Level;
use pixelflume_device::{Device, DeviceError, DeviceKind, HostKernel, Launch};
use pixelflume_kernels::args::{BinaryArgs, ElementArgs, WindowArgs};
use std::sync::Arc;

/// The images in scratch memory begin at multiples of this number of bytes.
const ALIGNMENT: usize = 256;

/// The plan of an operator that computes this with a window.
///
/// # Errors
/// [`OperatorError`] for inputs that are no interleaved u8 image of 1, 3 or 4 channels.
pub(crate) fn plan(
    operator: &'static str,
    computation: Computation,
    window: MorphologyWindow,
    inputs: &[ImageShape],
) -> Result<Arc<dyn Plan>, OperatorError> {
    let shape = checks::u8_input(operator, inputs)?;
    checks::gray_or_color(operator, shape)?;
    let (element, times) = Element::of(&window);
    let of = |elements: Vec<Element>| Sequence {
        steps: steps(computation, elements.len(), times),
        elements,
    };
    Ok(Arc::new(ElementPlan {
        operator,
        shape,
        window,
        runs: cuda::runs(&element),
        cuda: of(cuda::elements(element.clone(), window.border)),
        host: of(vec![element]),
    }))
}

/// Launches one after the other, and the elements that they apply.
#[derive(Debug)]
struct Sequence {
    elements: Vec<Element>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct ElementPlan {
    operator: &'static str,
    /// The shape of the input and of the output.
    shape: ImageShape,
    window: MorphologyWindow,
    /// The table of the element on CUDA; empty where all pixels of the window count.
    runs: Vec<u8>,
    host: Sequence,
    cuda: Sequence,
}

impl ElementPlan {
    fn sequence(&self, kind: DeviceKind) -> &Sequence {
        match kind {
            DeviceKind::Cuda => &self.cuda,
            DeviceKind::Host => &self.host,
        }
    }

    /// Bytes from an image in scratch memory to the next one.
    fn between_bytes(&self, batch: u32) -> usize {
        (self.shape.bytes() * batch as usize).next_multiple_of(ALIGNMENT)
    }

    /// The host executor of an erosion or dilation.
    fn strips(&self, extreme: Extreme, element: usize) -> Arc<dyn StripCode> {
        let element = &self.host.elements[element];
        let host = ElementHost::new(Level::new(), extreme, element, self.window.border);
        Arc::new(HostCode(host))
    }

    fn host_code(&self, step: &Step) -> Arc<dyn HostKernel> {
        match *step {
            Step::Extreme {
                extreme, element, ..
            } => self.strips(extreme, element),
            Step::Subtract { .. } => pairwise::host::<Subtract>(),
        }
    }

    fn cuda_code(&self, device: &Device, step: &Step) -> Result<Code, DeviceError> {
        let (module, entry) = match *step {
            Step::Extreme {
                extreme, element, ..
            } => {
                let element = &self.cuda.elements[element];
                let is_tiled = cuda::tiled(element, self.window.border).is_some();
                cuda::kernel(extreme, is_tiled)
            }
            Step::Subtract { .. } => (&pixelflume_kernels::BINARY.kernels, "subtract"),
        };
        Ok(Code::Kernel(device.kernel(module, entry)?))
    }

    /// The launch of an erosion or dilation.
    fn extreme_launch(
        &self,
        code: &Code,
        element: &Element,
        (src, dst): (ImageParam, ImageParam),
        binding: &Binding<'_>,
    ) -> Launch {
        let is_cuda = matches!(code, Code::Kernel(_));
        match cuda::tiled(element, self.window.border) {
            Some(size) if is_cuda => code.launch(
                &WindowArgs {
                    src,
                    dst,
                    size,
                    reserved: 0,
                },
                window::grid,
            ),
            _ => {
                let runs = match self.runs.is_empty() {
                    true => 0,
                    false => binding.tables.raw(),
                };
                let args = cuda::args(element, &self.window, (src, dst), runs);
                code.launch(&args, cuda::grid)
            }
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory. The first launch reads the rows of the input; the others read those, and images in the workspace that
// launches before them wrote, and on CUDA the table of the element. Each launch writes the rows of the output, or those of an image in the
// workspace that it does not read: `images_between` counts the images, and `bind` places them as `workspace_bytes` says.
unsafe impl Plan for ElementPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn tables(&self) -> &[u8] {
        &self.runs
    }

    fn workspace_bytes(&self, device: &Device, batch: u32) -> usize {
        images_between(&self.sequence(device.kind()).steps) * self.between_bytes(batch)
    }

    /// One erosion or dilation can be part of a chain.
    fn stage(&self) -> Option<Stage> {
        let &[
            Step::Extreme {
                extreme, element, ..
            },
        ] = &self.host.steps[..]
        else {
            return None;
        };
        let args = |src, dst| -> ElementArgs {
            cuda::args(&self.host.elements[element], &self.window, (src, dst), 0)
        };
        let host = self.strips(extreme, element);
        let shapes = (self.shape, self.shape);
        Some(Stage {
            operator: self.operator,
            input: self.shape,
            output: self.shape,
            action: Action::Other,
            host: BoundStrips::stage(host, shapes, ImageBatch::param, args),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        let kind = device.kind();
        let of = |step| match kind {
            DeviceKind::Cuda => self.cuda_code(device, step),
            DeviceKind::Host => Ok(Code::Host(self.host_code(step))),
        };
        self.sequence(kind).steps.iter().map(of).collect()
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        checks::check_binding(self.operator, binding, &[self.shape], self.shape);
        let Sequence { elements, steps } = match code.first() {
            Some(Code::Kernel(_)) => &self.cuda,
            _ => &self.host,
        };
        assert_eq!(
            code.len(),
            steps.len(),
            "{} was bound to the code of another plan",
            self.operator
        );
        let batch = binding.output.batch;
        let image = |place: Place| match place {
            Place::Input => binding.inputs[0],
            Place::Output => binding.output,
            Place::Between(number) => {
                let base = binding.workspace.offset(number * self.between_bytes(batch));
                ImageBatch::tight(self.shape, batch, base)
            }
        };
        for (step, code) in steps.iter().zip(code) {
            launches.push(match *step {
                Step::Extreme {
                    element, from, to, ..
                } => {
                    let images = (image(from).param(), image(to).param());
                    self.extreme_launch(code, &elements[element], images, binding)
                }
                Step::Subtract { of: [a, b], to } => {
                    let args = BinaryArgs {
                        a: image(a).sample_param(),
                        b: image(b).sample_param(),
                        dst: image(to).sample_param(),
                        weight: 0,
                        reserved: 0,
                    };
                    code.launch(&args, binary::grid)
                }
            });
        }
    }
}
