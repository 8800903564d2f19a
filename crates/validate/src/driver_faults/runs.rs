//! The scenario of a runner: compiled, run, patched, compiled for another shape and back.

use super::{Make, Place, edges, failure, frame};
use pixelflume::prelude::*;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use std::path::PathBuf;

struct Runs {
    place: Place,
    config: ExecutionConfig,
    runner: Option<Runner>,
}

pub(super) fn make(
    number: usize,
    pipelines: PathBuf,
    allocator: AllocatorMode,
    execution: ExecutionMode,
) -> Make {
    let config = ExecutionConfig::default()
        .with_allocator(allocator)
        .with_execution(execution);
    Box::new(move |driver| {
        let place = Place {
            driver,
            number,
            pipelines: pipelines.clone(),
            device: None,
        };
        Box::new(Runs {
            place,
            config: config.clone(),
            runner: None,
        })
    })
}

impl Scenario for Runs {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            // A runner that cannot go on is created again.
            self.runner = None;
        }
        results
    }
}

impl Runs {
    fn all(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = self.place.device()?;
        let runner = match &mut self.runner {
            Some(runner) => runner,
            None => {
                let pipeline = edges(&self.place.pipelines)?;
                let runner = Runner::new(pipeline, &device, self.config.clone());
                self.runner.insert(runner.map_err(|error| failure(&error))?)
            }
        };
        let mut results = Vec::new();
        for size in [5, 7] {
            let set = runner.set_parameter("smooth", "size", size);
            set.map_err(|error| failure(&error))?;
            for seed in 0..5 {
                results.push(run(runner, &frame(64, 48, seed)?)?);
            }
        }
        results.push(run(runner, &frame(40, 30, 1)?)?);
        results.push(run(runner, &frame(64, 48, 1)?)?);
        runner.memory().trim().map_err(|error| failure(&error))?;
        Ok(results)
    }
}

fn run(runner: &mut Runner, frame: &Image) -> Result<Vec<u8>, Failure> {
    let outputs = runner.run(&[frame]).map_err(|error| failure(&error))?;
    let images = outputs.images("edges").map_err(|error| failure(&error))?;
    Ok(images
        .iter()
        .flat_map(|image| image.data().to_vec())
        .collect())
}
