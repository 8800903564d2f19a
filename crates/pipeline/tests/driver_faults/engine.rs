//! An engine with batches in flight, in one mode of execution.

use crate::kernels::{expected, frame, pipeline};
use crate::parts::of_memory;
use crate::runner::{of_device, of_pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use pixelflume_device::Device;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{EngineConfig, EngineError, FailureCause, FrameError};
use pixelflume_pipeline::{Engine, SubmitError};
use pixelflume_scheduler::ExecutionMode;

struct Batches {
    driver: &'static Driver,
    execution: ExecutionMode,
    device_outputs: bool,
    device: Option<Device>,
    engine: Option<Engine>,
}

pub(crate) fn engine(
    execution: ExecutionMode,
    device_outputs: bool,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    move |driver| {
        Box::new(Batches {
            driver,
            execution,
            device_outputs,
            device: None,
            engine: None,
        })
    }
}

pub(crate) fn of_engine(error: EngineError) -> Failure {
    match error {
        EngineError::Pipeline(error) => of_pipeline(&error),
        other => Failure::new(&other, false),
    }
}

impl Scenario for Batches {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            self.engine = None;
        }
        results
    }
}

impl Batches {
    fn all(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = match &self.device {
            Some(device) => device,
            None => self
                .device
                .insert(Device::cuda_on(self.driver, 0).map_err(of_device)?),
        };
        let engine = match &self.engine {
            Some(engine) => engine,
            None => {
                // With two lanes it is a matter of time which tensors each of them gets, and what it patches.
                let in_flight = if self.device_outputs { 1 } else { 2 };
                let config = EngineConfig::new()
                    .in_flight(in_flight)
                    .max_batch(2)
                    .execution(self.execution)
                    .device_outputs(self.device_outputs);
                let shape = ImageShape::u8(20, 6, 1);
                let engine = Engine::new(pipeline(), device, &[shape], config);
                self.engine.insert(engine.map_err(of_engine)?)
            }
        };
        let (mut results, mut first) = (Vec::new(), None);
        for seed in 0..6 {
            let frame = frame(20, 6, seed);
            if let Err(error) = engine.submit(&[&frame, &frame]) {
                let fatal = match &error {
                    SubmitError::Stopped(cause) => cause.is_fatal(),
                    _ => false,
                };
                first = first.or(Some(Failure::new(&error, fatal)));
                break;
            }
            if seed % 2 == 1 {
                drain(engine, seed - 1, &mut results, &mut first);
            }
        }
        drain(engine, 0, &mut results, &mut first);
        first.map_or(Ok(results), Err)
    }
}

/// Takes what was submitted, of which the first batch has this seed.
fn drain(engine: &Engine, seed: u8, results: &mut Vec<Vec<u8>>, first: &mut Option<Failure>) {
    let mut seed = seed;
    while let Some(result) = engine.next_submitted() {
        let seed_of_batch = seed;
        seed += 1;
        match result {
            Ok(lease) => {
                let name = lease.names().next().unwrap();
                let images = match lease.to_images(name) {
                    Ok(images) => images,
                    Err(error) => {
                        // A device that was lost meanwhile has lost these results as well.
                        let cause = engine.stopped();
                        first.get_or_insert(of_pipeline(cause.as_deref().unwrap_or(&error)));
                        continue;
                    }
                };
                let bytes = images.iter().flat_map(|image| image.data()).copied();
                let bytes: Vec<u8> = bytes.collect();
                let one = expected(&frame(20, 6, seed_of_batch), 1);
                assert_eq!(bytes, [one.clone(), one].concat(), "wrong pixels");
                results.push(bytes);
            }
            Err(failure) => {
                let fatal = match &failure.cause {
                    FailureCause::Pipeline(error) => error.is_fatal(),
                    FailureCause::Frame(FrameError::Memory(error)) => of_memory(error).fatal,
                    _ => false,
                };
                first.get_or_insert(Failure::new(&failure, fatal));
            }
        }
    }
}
