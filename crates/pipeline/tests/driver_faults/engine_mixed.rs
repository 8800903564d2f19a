//! An engine for images of any sizes with batches in flight, in one mode of execution.

use crate::engine::of_engine;
use crate::kernels::frame;
use crate::mixed::{chain, chained_result};
use crate::parts::of_memory;
use crate::runner::{of_device, of_pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use pixelflume_device::Device;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{EngineConfig, FailureCause, FrameError};
use pixelflume_pipeline::{Engine, Image, SubmitError};
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

impl Scenario for Batches {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            self.engine = None;
        }
        results
    }
}

/// Two images of sizes that no other batch has.
fn images(round: u8) -> [Image; 2] {
    [0, 1].map(|image| {
        let width = 9 + 5 * u32::from(round) + u32::from(image);
        frame(width, 30 - 3 * u32::from(round), round * 2 + image)
    })
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
                let in_flight = if self.device_outputs { 1 } else { 2 };
                let config = EngineConfig::new()
                    .in_flight(in_flight)
                    .max_batch(2)
                    .mixed_bytes(8192)
                    .execution(self.execution)
                    .device_outputs(self.device_outputs);
                let example = ImageShape::u8(20, 6, 1);
                let engine = Engine::mixed(chain(), device, &[example], config);
                self.engine.insert(engine.map_err(of_engine)?)
            }
        };
        let (mut results, mut first) = (Vec::new(), None);
        for round in 0..6 {
            let [left, right] = images(round);
            if let Err(error) = engine.submit(&[&left, &right]) {
                let fatal = match &error {
                    SubmitError::Stopped(cause) => cause.is_fatal(),
                    _ => false,
                };
                first = first.or(Some(Failure::new(&error, fatal)));
                break;
            }
            if round % 2 == 1 {
                drain(engine, round - 1, &mut results, &mut first);
            }
        }
        drain(engine, 0, &mut results, &mut first);
        first.map_or(Ok(results), Err)
    }
}

/// Takes what was submitted, of which the first batch is that of this round.
fn drain(engine: &Engine, round: u8, results: &mut Vec<Vec<u8>>, first: &mut Option<Failure>) {
    let mut next = round;
    while let Some(result) = engine.next_submitted() {
        let round = next;
        next += 1;
        match result {
            Ok(lease) => {
                let got = match lease.to_images("twice") {
                    Ok(got) => got,
                    Err(error) => {
                        // A device that was lost meanwhile has lost these results as well.
                        let cause = engine.stopped();
                        first.get_or_insert(of_pipeline(cause.as_deref().unwrap_or(&error)));
                        continue;
                    }
                };
                let expected = images(round).map(|image| chained_result(&image));
                let got: Vec<Vec<u8>> = got.iter().map(|image| image.data().to_vec()).collect();
                assert_eq!(got, expected, "wrong pixels");
                results.extend(got);
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
