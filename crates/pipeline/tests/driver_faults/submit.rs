//! Batches that are submitted on a stream of the caller, in one mode of execution: several in flight, results given away and
//! taken by the next batch, some of them never waited for.

use crate::kernels::{expected, frame, pipeline, tell};
use crate::runner::{of_device, of_pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, FakeConfig, Scenario, TestDriver};
use pixelflume_device::{Device, Stream};
use pixelflume_pipeline::{
    DeviceTensor, ExecutionConfig, Image, Input, NodeFailure, Output, Pending, Runner,
};
use pixelflume_scheduler::ExecutionMode;
use std::sync::{Arc, Mutex};

struct Submits {
    driver: &'static Driver,
    config: ExecutionConfig,
    device: Option<Device>,
    open: Option<(Runner, Stream)>,
    /// The first failure of a node, of batches that are waited for and of others.
    failed: Arc<Mutex<Option<NodeFailure>>>,
}

pub(crate) fn submits(
    execution: ExecutionMode,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    let config = ExecutionConfig::default()
        .with_execution(execution)
        .with_in_flight(2)
        .with_streams(2);
    move |driver| {
        Box::new(Submits {
            driver,
            config: config.clone(),
            device: None,
            open: None,
            failed: Arc::default(),
        })
    }
}

impl Scenario for Submits {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        *self.failed.lock().unwrap() = None;
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            // What cannot go on is made anew.
            self.open = None;
        }
        results
    }
}

impl Submits {
    fn all(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = match &self.device {
            Some(device) => device,
            None => self
                .device
                .insert(Device::cuda_on(self.driver, 0).map_err(of_device)?),
        };
        let (runner, on) = match &mut self.open {
            Some(open) => open,
            None => {
                let runner = Runner::new(pipeline(), device, self.config.clone());
                let mut runner = runner.map_err(|error| of_pipeline(&error))?;
                let failed = Arc::clone(&self.failed);
                runner.on_failure(move |failure| {
                    failed.lock().unwrap().get_or_insert(failure.clone());
                });
                self.open
                    .insert((runner, device.stream().map_err(of_device)?))
            }
        };
        let mut results = Vec::new();
        let mut pending = Vec::new();
        for seed in 0..5 {
            let first = frame(20, 6, seed);
            let frames = [&first, &first];
            let (submitted, tensor) = submit(runner, Input::Images(&frames), on)?;
            // Of every second batch nothing but the tensor is kept.
            pending.extend((seed % 2 == 0).then_some(submitted));
            let (submitted, second) = submit(runner, Input::Device(tensor.images()), on)?;
            pending.push(submitted);
            drop(tensor);
            results.push(read(runner, &second, &first, &self.failed)?);
        }
        for pending in pending {
            let execution = pending.wait().map_err(|error| of_pipeline(&error))?;
            let result = execution.into_result();
            result.map_err(|error| Failure::new(&error, false))?;
        }
        runner.memory().trim().map_err(of_device)?;
        Ok(results)
    }
}

fn submit(
    runner: &mut Runner,
    input: Input<'_>,
    on: &Stream,
) -> Result<(Pending, DeviceTensor), Failure> {
    let mut tensor = None;
    let submitted = runner.submit(&[input], &mut [Output::Tensor(&mut tensor)], on);
    let submitted = submitted.map_err(|error| of_pipeline(&error))?;
    Ok((submitted, tensor.expect("it is there after a submission")))
}

/// Executes the pipeline a third time, over the images of a tensor, and checks what comes out.
fn read(
    runner: &mut Runner,
    tensor: &DeviceTensor,
    first: &Image,
    failed: &Mutex<Option<NodeFailure>>,
) -> Result<Vec<u8>, Failure> {
    let mut images = Vec::new();
    let outputs = &mut [Output::Images(&mut images)];
    let execution = runner.execute(&[Input::Device(tensor.images())], outputs);
    let result = execution
        .map_err(|error| of_pipeline(&error))?
        .into_result();
    result.map_err(|error| Failure::new(&error, false))?;
    // The execution has waited for all batches before it, so that their failures are known.
    if let Some(failure) = &*failed.lock().unwrap() {
        return Err(Failure::new(failure, false));
    }
    let mut wanted = first.clone();
    for _ in 0..3 {
        wanted = Image::new(first.shape(), expected(&wanted, 1)).expect("of the same shape");
    }
    for image in &images {
        assert_eq!(image.data(), wanted.data(), "wrong pixels");
    }
    Ok(images
        .iter()
        .flat_map(|image| image.data().to_vec())
        .collect())
}

/// The threads that copy a large batch cannot put work into the default stream of the thread that submits it.
#[test]
#[expect(unsafe_code, reason = "borrows a stream")]
fn large_batches_on_the_default_stream_of_a_thread() {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    // SAFETY: the handle is that of the default stream of the thread.
    let on = unsafe { device.borrow_stream(std::ptr::without_provenance_mut(2), Arc::new(())) };
    let on = on.unwrap();
    let config = ExecutionConfig::default().with_copy_threads(3);
    let mut runner = Runner::new(pipeline(), &device, config).unwrap();
    for seed in 0..2 {
        let first = frame(1024, 520, seed);
        let frames = [&first; 8];
        let mut tensor = None;
        let pending = runner
            .submit(
                &[Input::Images(&frames)],
                &mut [Output::Tensor(&mut tensor)],
                &on,
            )
            .unwrap();
        assert!(pending.wait().unwrap().is_success());
        let images = tensor.unwrap().to_images().unwrap();
        assert!(
            images
                .iter()
                .all(|image| image.data() == expected(&first, 1))
        );
    }
}
