//! The check `user-code`: wakers and callbacks that panic do not stop an engine, the failure of a node is reported once, and
//! bytes that a custom operator does not write are zero.

use crate::check::Context;
use anyhow::{Context as _, anyhow, bail, ensure};
use pixelflume::device::DeviceKind;
use pixelflume::ops::Custom;
use pixelflume::pipeline::engine::{EngineConfig, Shutdown};
use pixelflume::pipeline::{Engine, NodeFailure};
use pixelflume::prelude::*;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// The time after which an engine counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let (device, pipelines) = (context.cuda.clone(), context.pipelines.clone());
    returns(move || wakers(&device, &pipelines)).context("a waker that panics")?;
    let (fails, pipelines) = (Fails::on(context)?, context.pipelines.clone());
    let told = returns(move || callback(&fails, &pipelines)).context("the error callback")?;
    unwritten(&context.host).context("a custom operator that writes nothing")?;
    Ok(format!(
        "an engine continued after wakers and callbacks that panicked; reported once: {told}; bytes that a closure does not write are zero"
    ))
}

/// The result of `f`, or an error where it does not return in time.
fn returns<T: Send + 'static>(
    f: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (done, over) = mpsc::channel();
    thread::spawn(move || done.send(f()));
    match over.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => bail!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => bail!("a panic came out of it, see above"),
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        // Panics without the message of the panic hook.
        resume_unwind(Box::new("this waker panics"));
    }
}

const SHAPE: ImageShape = ImageShape::u8(64, 48, 3);

fn frame(value: u8) -> anyhow::Result<Image> {
    Ok(Image::from_fn(SHAPE.width, SHAPE.height, 3, |x, y, _| {
        (x + y) as u8 ^ value
    })?)
}

fn wakers(device: &Device, pipelines: &Path) -> anyhow::Result<()> {
    let pipeline = Pipeline::from_file(pipelines.join("edges.toml"))?;
    let engine = Engine::new(pipeline, device, &[SHAPE], EngineConfig::new())?;
    let waker = Waker::from(Arc::new(Panics));
    for value in 0..20 {
        // Polls before the batch is submitted, so that the engine's thread finds the waker.
        let polled = engine.poll_next(&mut std::task::Context::from_waker(&waker));
        ensure!(
            matches!(polled, Poll::Pending),
            "there is a result of nothing"
        );
        engine.submit(&[&frame(value)?])?;
        let result = engine.next().ok_or_else(|| anyhow!("no result came"))?;
        ensure!(result?.batch().number() == u64::from(value), "out of order");
    }
    ensure!(engine.shutdown(Shutdown::Drain).completed == 20);
    Ok(())
}

/// Makes one batch of three fail, and returns the reported failures in words.
fn callback(fails: &Fails, pipelines: &Path) -> anyhow::Result<String> {
    let device = &fails.device;
    let on_host = device.kind() == DeviceKind::Host;
    let pipeline = match on_host {
        // Kernels on a GPU do not fail; a launch is refused instead.
        false => Pipeline::from_file(pipelines.join("edges.toml"))?,
        true => {
            let fails = Custom::new("fails", 1)?.host(usize::MAX, |strip| {
                assert_ne!(strip.input_row(0, 0)[0], 1, "told to fail");
            });
            let mut builder = PipelineBuilder::new("fails");
            let input = builder.input("input")?;
            builder.then(input, "fails", fails)?;
            builder.build()?
        }
    };
    let name = pipeline.name().to_owned();
    let config = EngineConfig::new().in_flight(1).max_batch(1);
    let config = config.execution(ExecutionMode::Direct);
    let engine = Engine::new(pipeline, device, &[SHAPE], config)?;
    let told: Arc<Mutex<Vec<NodeFailure>>> = Arc::default();
    let notes = Arc::clone(&told);
    engine.on_failure(move |failure| {
        notes
            .lock()
            .expect("no thread panics while it holds the lock")
            .push(failure.clone());
        resume_unwind(Box::new("this callback panics"));
    });
    for value in 0..3 {
        let fail = value == 1;
        let _refused = (fail && !on_host)
            .then(|| fails.next_launch())
            .transpose()?;
        engine.submit(&[&frame(value)?])?;
        let result = engine.next().ok_or_else(|| anyhow!("no result came"))?;
        ensure!(result.is_err() == fail, "batch {value} gave {result:?}");
    }
    let told = std::mem::take(
        &mut *told
            .lock()
            .expect("no thread panics while it holds the lock"),
    );
    let [failure] = &told[..] else {
        bail!("told {} times: {told:?}", told.len());
    };
    ensure!(failure.pipeline == name, "{failure:?}");
    ensure!(
        (failure.batch, failure.frames.clone()) == (1, 0..1),
        "{failure:?}"
    );
    Ok(failure.to_string())
}

/// A device whose launches can be made to fail, where it is a GPU.
pub(crate) struct Fails {
    device: Device,
    #[cfg(feature = "cuda")]
    faults: Option<&'static pixelflume_cuda_driver::testing::Faults>,
}

impl Fails {
    pub(crate) fn device(&self) -> &Device {
        &self.device
    }
}

#[cfg(feature = "cuda")]
impl Fails {
    pub(crate) fn on(context: &Context) -> anyhow::Result<Self> {
        if context.cuda.kind() == DeviceKind::Host {
            let (device, faults) = (context.cuda.clone(), None);
            return Ok(Fails { device, faults });
        }
        let (device, faults) = crate::faulty::open(context.device)?;
        let faults = Some(faults);
        Ok(Fails { device, faults })
    }

    /// Makes the driver refuse the next launch while the guard is held.
    pub(crate) fn next_launch(&self) -> anyhow::Result<impl Drop> {
        use pixelflume_cuda_driver::testing::{Fault, When};
        use pixelflume_cuda_driver::{CuResult, Function};
        let faults = self.faults.context("a host has no driver to refuse it")?;
        let fault = Fault::Refused(CuResult::OUT_OF_MEMORY);
        Ok(faults.fail(Function::cuLaunchKernel, When::Nth(1), fault)?)
    }
}

#[cfg(not(feature = "cuda"))]
impl Fails {
    pub(crate) fn on(context: &Context) -> anyhow::Result<Self> {
        let device = context.cuda.clone();
        Ok(Fails { device })
    }

    pub(crate) fn next_launch(&self) -> anyhow::Result<()> {
        bail!("without CUDA there is no driver to refuse it")
    }
}

/// A custom closure on the host that writes nothing to memory that held other images before.
fn unwritten(host: &Device) -> anyhow::Result<()> {
    let lazy = Custom::new("lazy", 1)?.host(1, |_| {});
    let mut builder = PipelineBuilder::new("lazy");
    let input = builder.input("input")?;
    builder.then(input, "lazy", lazy)?;
    let pipeline = builder.build()?;
    let engine = Engine::new(pipeline, host, &[SHAPE], EngineConfig::new().in_flight(2))?;
    for value in 0..6 {
        engine.submit(&[&frame(value)?])?;
        let lease = engine.next().ok_or_else(|| anyhow!("no result came"))??;
        let output = lease.output(0).ok_or_else(|| anyhow!("no output"))?;
        ensure!(
            output.bytes().iter().all(|&byte| byte == 0),
            "batch {value} has bytes that were not written"
        );
    }
    Ok(())
}
