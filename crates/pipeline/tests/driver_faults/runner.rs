//! A runner: compiled, run, patched, compiled for another shape and back, in one mode of execution and of allocation.

use crate::kernels::{add, expected, frame, pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use pixelflume_device::{Device, DeviceError, Severity};
use pixelflume_memory::AllocatorMode;
use pixelflume_pipeline::{ExecutionConfig, Image, PipelineError, Runner};
use pixelflume_scheduler::ExecutionMode;

struct Runs {
    driver: &'static Driver,
    config: ExecutionConfig,
    batches: Batches,
    device: Option<Device>,
    runner: Option<Runner>,
}

/// The batches of a scenario, of two frames each.
#[derive(Copy, Clone)]
struct Batches {
    /// The parameters that take turns.
    numbers: &'static [u8],
    /// Batches with each of them.
    seeds: u8,
    size: (u32, u32),
}

const SMALL: Batches = Batches {
    numbers: &[1, 9],
    seeds: 5,
    size: (20, 6),
};

/// Batches that are copied in pieces, by several threads.
const LARGE: Batches = Batches {
    numbers: &[9],
    seeds: 1,
    size: (1024, 520),
};

pub(crate) fn runner(
    allocator: AllocatorMode,
    execution: ExecutionMode,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    let config = ExecutionConfig::default()
        .with_allocator(allocator)
        .with_execution(execution)
        .with_streams(2);
    runs(config, SMALL)
}

pub(crate) fn large_batches() -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    let config = ExecutionConfig::default()
        .with_streams(2)
        .with_copy_threads(2);
    runs(config, LARGE)
}

fn runs(
    config: ExecutionConfig,
    batches: Batches,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    move |driver| {
        Box::new(Runs {
            driver,
            config: config.clone(),
            batches,
            device: None,
            runner: None,
        })
    }
}

pub(crate) fn of_device(error: DeviceError) -> Failure {
    let fatal = error.severity() == Severity::DeviceLost;
    Failure::new(&error, fatal)
}

pub(crate) fn of_pipeline(error: &PipelineError) -> Failure {
    Failure::new(error, error.is_fatal())
}

impl Scenario for Runs {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            // What cannot go on is made anew.
            self.runner = None;
        }
        results
    }
}

impl Runs {
    fn all(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = match &self.device {
            Some(device) => device,
            None => self
                .device
                .insert(Device::cuda_on(self.driver, 0).map_err(of_device)?),
        };
        let runner = match &mut self.runner {
            Some(runner) => runner,
            None => {
                let runner = Runner::new(pipeline(), device, self.config.clone());
                self.runner
                    .insert(runner.map_err(|error| of_pipeline(&error))?)
            }
        };
        let mut results = Vec::new();
        let Batches {
            numbers,
            seeds,
            size: (width, height),
        } = self.batches;
        for &number in numbers {
            runner
                .set_operator("left", add(number))
                .map_err(|error| of_pipeline(&error))?;
            for seed in 0..seeds {
                results.push(run(runner, &frame(width, height, seed), number)?);
            }
        }
        results.push(run(runner, &frame(7, 3, 1), 9)?);
        results.push(run(runner, &frame(width, height, 1), 9)?);
        runner.memory().trim().map_err(of_device)?;
        Ok(results)
    }
}

fn run(runner: &mut Runner, frame: &Image, left: u8) -> Result<Vec<u8>, Failure> {
    let outputs = runner
        .run(&[frame, frame])
        .map_err(|error| of_pipeline(&error))?;
    let images = outputs
        .images("end")
        .map_err(|error| Failure::new(&error, false))?;
    let expected = expected(frame, left);
    for image in images {
        assert_eq!(image.data(), expected, "wrong pixels");
    }
    Ok(images.concat())
}

trait Concat {
    fn concat(&self) -> Vec<u8>;
}

impl Concat for [Image] {
    fn concat(&self) -> Vec<u8> {
        self.iter()
            .flat_map(|image| image.data().iter().copied())
            .collect()
    }
}
