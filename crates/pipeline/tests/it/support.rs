//! Operators that only the tests have, and images to run.
#![expect(unsafe_code, reason = "host kernels read and write images by address")]

use pixelflume_device::{Args, Device, DeviceError, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_ops::reference;
use pixelflume_ops::{Binding, Code, ImageParam, ImageShape, Operator, OperatorError, Plan};
use pixelflume_pipeline::Image;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The absolute difference of two images of one shape, tight 8-bit.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Difference;

impl Operator for Difference {
    fn kind(&self) -> &'static str {
        "difference"
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        match *inputs {
            [left, right] if left == right => Ok(Arc::new(HostPlan {
                output: left,
                kernel: Arc::new(Difference),
            })),
            [_, got] => {
                let reason = "both inputs must have one shape".to_owned();
                Err(OperatorError::Shape {
                    operator: "difference",
                    got,
                    reason,
                })
            }
            _ => Err(OperatorError::InputCount {
                operator: "difference",
                expected: 2,
                got: inputs.len(),
            }),
        }
    }
}

impl HostKernel for Difference {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let [left, right, out] = args.get::<[ImageParam; 3]>();
        let bytes = out.batch_stride as usize * out.batch as usize;
        // SAFETY: the runner binds tight images of one shape, the inputs are written before and only read now, and the
        // output belongs to this node alone and overlaps neither.
        let (left, right, out) = unsafe {
            (
                std::slice::from_raw_parts(left.base as usize as *const u8, bytes),
                std::slice::from_raw_parts(right.base as usize as *const u8, bytes),
                std::slice::from_raw_parts_mut(out.base as usize as *mut u8, bytes),
            )
        };
        for (out, (left, right)) in out.iter_mut().zip(left.iter().zip(right)) {
            *out = left.abs_diff(*right);
        }
        Ok(())
    }
}

/// Fails, or panics, in those runs (counted from 0) that the mask names, and writes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Failing {
    runs: Arc<AtomicU32>,
    fails_in: u32,
    panics: bool,
}

impl Failing {
    pub(crate) fn new(fails_in: u32, panics: bool) -> Self {
        Failing {
            runs: Arc::default(),
            fails_in,
            panics,
        }
    }

    /// How often the kernel ran.
    pub(crate) fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
}

impl Operator for Failing {
    fn kind(&self) -> &'static str {
        "failing"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(HostPlan {
            output: inputs[0],
            kernel: Arc::new(self.clone()),
        }))
    }
}

impl HostKernel for Failing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        let fails = run < 32 && self.fails_in & (1 << run) != 0;
        assert!(!(fails && self.panics), "told to panic");
        if fails {
            Err(TaskFailure::new("told to fail"))
        } else {
            Ok(())
        }
    }
}

/// Copies its input by way of scratch memory, one image of it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Scratch;

#[derive(Debug)]
struct ScratchPlan(ImageShape);

impl Operator for Scratch {
    fn kind(&self) -> &'static str {
        "scratch"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(ScratchPlan(inputs[0])))
    }
}

// SAFETY: the kernel is the one below or above, which reads the input and the scratch memory that it wrote, and writes scratch
// memory and output, or nothing.
unsafe impl Plan for ScratchPlan {
    fn output(&self) -> ImageShape {
        self.0
    }

    fn workspace_bytes(&self, _: &Device, _: u32) -> usize {
        self.0.bytes()
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Host(Arc::new(Scratch))])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let Code::Host(kernel) = &code[0] else {
            unreachable!("made for the host above");
        };
        assert!(!binding.workspace.is_null());
        let scratch = pixelflume_ops::ImageBatch::tight(self.0, 1, binding.workspace).param();
        let (input, output) = (binding.inputs[0].param(), binding.output.param());
        let args = Args::of(&[input, scratch, output]);
        launches.push(Launch::host(Arc::clone(kernel), args));
    }
}

impl HostKernel for Scratch {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let [input, scratch, output] = args.get::<[ImageParam; 3]>();
        for frame in 0..input.batch as usize {
            let stride = input.batch_stride as usize;
            let at = |base: u64| (base as usize + frame * stride) as *mut u8;
            // SAFETY: the plan binds tight images of one shape, whose stride is their size, and scratch memory of one;
            // the input is written before, and output and scratch memory belong to this node alone.
            unsafe {
                std::ptr::copy_nonoverlapping(at(input.base), scratch.base as *mut u8, stride);
                std::ptr::copy_nonoverlapping(scratch.base as *mut u8, at(output.base), stride);
            }
        }
        Ok(())
    }
}

/// Does nothing, and asks for a new capture as long as it is told to.
#[derive(Clone, Debug)]
pub(crate) struct Recaptured(pub(crate) Arc<AtomicBool>);

#[derive(Debug)]
struct RecapturedPlan(Arc<AtomicBool>, ImageShape);

impl Operator for Recaptured {
    fn kind(&self) -> &'static str {
        "recaptured"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(RecapturedPlan(Arc::clone(&self.0), inputs[0])))
    }
}

// SAFETY: the kernel is the one below or above, which reads the input and the scratch memory that it wrote, and writes scratch
// memory and output, or nothing.
unsafe impl Plan for RecapturedPlan {
    fn output(&self) -> ImageShape {
        self.1
    }

    fn needs_recapture(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Host(Arc::new(Failing::new(0, false)))])
    }

    fn bind(&self, code: &[Code], _: &Binding<'_>, launches: &mut Vec<Launch>) {
        let Code::Host(kernel) = &code[0] else {
            unreachable!("made for the host above");
        };
        launches.push(Launch::host(Arc::clone(kernel), Args::EMPTY));
    }
}

/// One launch of a host kernel with the inputs and the output as arguments.
struct HostPlan {
    output: ImageShape,
    kernel: Arc<dyn HostKernel>,
}

impl std::fmt::Debug for HostPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostPlan({})", self.output)
    }
}

// SAFETY: the kernel is the one below or above, which reads the input and the scratch memory that it wrote, and writes scratch
// memory and output, or nothing.
unsafe impl Plan for HostPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Host(Arc::clone(&self.kernel))])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let Code::Host(kernel) = &code[0] else {
            unreachable!("made for the host above");
        };
        let args = match *binding.inputs {
            [left, right] => Args::of(&[left.param(), right.param(), binding.output.param()]),
            _ => Args::of(&[binding.inputs[0].param(), binding.output.param()]),
        };
        launches.push(Launch::host(Arc::clone(kernel), args));
    }
}

/// An image of noise that depends on the seed alone.
pub(crate) fn noise(width: u32, height: u32, channels: u32, seed: u64) -> Image {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Image::from_fn(width, height, channels, |_, _, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .unwrap()
}

/// An image of this shape, of any sample type and layout, with bytes of noise.
pub(crate) fn noise_of(shape: ImageShape, seed: u64) -> Image {
    let bytes = noise(shape.bytes() as u32, 1, 1, seed);
    Image::new(shape, bytes.data().to_vec()).unwrap()
}

/// The image as the reference takes it.
pub(crate) fn to_reference(image: &Image) -> reference::Image<u8> {
    let shape = image.shape();
    let size = [shape.width, shape.height, shape.channels].map(|side| side as usize);
    reference::Image::new(size[0], size[1], size[2], image.as_u8().unwrap().to_vec())
}
