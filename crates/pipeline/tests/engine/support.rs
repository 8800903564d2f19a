//! Operators that only the tests have.
#![expect(unsafe_code, reason = "host kernels read and write images by address")]

use pixelflume_device::{
    Address, Args, Device, DeviceError, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_ops::{Binding, Code, ImageParam, ImageShape, Operator, OperatorError, Plan};
use pixelflume_pipeline::engine::{Engine, EngineConfig};
use pixelflume_pipeline::{Image, Pipeline, PipelineBuilder};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, LazyLock, Mutex};

pub(crate) static HOST: LazyLock<Device> = LazyLock::new(Device::host);

pub(crate) const SHAPE: ImageShape = ImageShape::u8(4, 2, 1);

/// A frame that is a number throughout.
pub(crate) fn plain(value: u8) -> Image {
    Image::new(SHAPE, vec![value; 8]).unwrap()
}

/// Copies its input. Waits while the gate is shut; fails where the first sample is 13; panics while its launches are
/// made when it is told to.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    shut: Mutex<bool>,
    opened: Condvar,
    panics: Mutex<Option<fn()>>,
}

impl Gate {
    pub(crate) fn shut() -> Self {
        let gate = Gate::default();
        gate.set(true);
        gate
    }

    pub(crate) fn set(&self, shut: bool) {
        *self.0.shut.lock().unwrap() = shut;
        self.0.opened.notify_all();
    }

    pub(crate) fn panic(&self, on: bool) {
        *self.0.panics.lock().unwrap() = on.then_some(|| panic!("told to panic"));
    }

    /// Calls this, which panics, while launches are made.
    pub(crate) fn panic_with(&self, panics: fn()) {
        *self.0.panics.lock().unwrap() = Some(panics);
    }

    pub(crate) fn pipeline(&self) -> Pipeline {
        let mut builder = PipelineBuilder::new("gated");
        let input = builder.input("input").unwrap();
        builder.then(input, "gate", self.clone()).unwrap();
        builder.build().unwrap()
    }

    pub(crate) fn engine(&self, config: EngineConfig) -> Engine {
        Engine::new(self.pipeline(), &HOST, &[SHAPE], config).unwrap()
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

impl Operator for Gate {
    fn kind(&self) -> &'static str {
        "gate"
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(Arc::new(GatePlan(self.clone(), inputs[0])))
    }
}

#[derive(Debug)]
struct GatePlan(Gate, ImageShape);

// SAFETY: the kernel is the one below or above, which reads the input and the scratch memory that it wrote, and writes scratch
// memory and output, or nothing.
unsafe impl Plan for GatePlan {
    fn output(&self) -> ImageShape {
        self.1
    }

    fn needs_recapture(&self) -> bool {
        let panics = *self.0.0.panics.lock().unwrap();
        if let Some(panics) = panics {
            panics();
        }
        false
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![Code::Host(Arc::new(self.0.clone()))])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let Code::Host(kernel) = &code[0] else {
            unreachable!("made for the host above");
        };
        let args = Args::of(&[binding.inputs[0].param(), binding.output.param()]);
        launches.push(Launch::host(Arc::clone(kernel), args));
    }
}

impl HostKernel for Gate {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let mut shut = self.0.shut.lock().unwrap();
        while *shut {
            shut = self.0.opened.wait(shut).unwrap();
        }
        drop(shut);
        let [input, output] = args.get::<[ImageParam; 2]>();
        let bytes = input.batch_stride as usize * input.batch as usize;
        // SAFETY: the plan is bound to tight images of one shape; the input is written before and only read now, and the
        // output belongs to this node alone.
        let (input, output) = unsafe {
            (
                std::slice::from_raw_parts(input.base as usize as *const u8, bytes),
                std::slice::from_raw_parts_mut(output.base as usize as *mut u8, bytes),
            )
        };
        if input[0] == 13 {
            return Err(TaskFailure::new("13 brings bad luck"));
        }
        output.copy_from_slice(input);
        Ok(())
    }
}

/// A host kernel that waits for a message.
struct Wait(Mutex<Receiver<()>>);

impl HostKernel for Wait {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        // An error means that the test has ended.
        let _ = self.0.lock().unwrap().recv();
        Ok(())
    }
}

/// Holds up later work of a stream until something is sent.
pub(crate) fn blocked(stream: &Stream) -> Sender<()> {
    let (open, gate) = channel();
    let launch = Launch::host(Arc::new(Wait(gate.into())), Args::EMPTY);
    // SAFETY: the kernel touches no memory.
    unsafe { stream.enqueue(&launch, None) }.unwrap();
    open
}

/// Copies bytes in the order of a stream, as a consumer of results does.
pub(crate) fn copy_on(stream: &Stream, to: Address, from: Address, bytes: usize) {
    // SAFETY: the tests keep both until the stream has copied, or order the next use of the memory behind it.
    unsafe { stream.copy(to, from, bytes) }.unwrap();
}
