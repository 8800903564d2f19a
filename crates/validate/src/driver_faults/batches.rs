//! The scenario of an engine with batches in flight.

use super::{Make, Place, edges, failure, frame};
use pixelflume::pipeline::engine::EngineError;
use pixelflume::prelude::*;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use std::path::PathBuf;

struct Batches {
    place: Place,
    execution: ExecutionMode,
    engine: Option<Engine>,
}

pub(super) fn make(number: usize, pipelines: PathBuf, execution: ExecutionMode) -> Make {
    Box::new(move |driver| {
        let place = Place {
            driver,
            number,
            pipelines: pipelines.clone(),
            device: None,
        };
        Box::new(Batches {
            place,
            execution,
            engine: None,
        })
    })
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
        let device = self.place.device()?;
        let engine = match &self.engine {
            Some(engine) => engine,
            None => {
                let pipeline = edges(&self.place.pipelines)?;
                let config = EngineConfig::new().in_flight(2).max_batch(2);
                let config = config.execution(self.execution);
                let shape = ImageShape::u8(64, 48, 3);
                let engine = Engine::new(pipeline, &device, &[shape], config);
                let engine = engine.map_err(|error| match error {
                    EngineError::Pipeline(error) => failure(&error),
                    other => failure(&other),
                });
                self.engine.insert(engine?)
            }
        };
        let (mut results, mut first) = (Vec::new(), None);
        for seed in 0..6 {
            let frame = frame(64, 48, seed)?;
            if let Err(error) = engine.submit(&[&frame, &frame]) {
                let mut failed = failure(&error);
                if let SubmitError::Stopped(cause) = &error {
                    failed.fatal |= cause.is_fatal();
                }
                first.get_or_insert(failed);
                break;
            }
            if seed % 2 == 1 {
                drain(engine, &mut results, &mut first);
            }
        }
        drain(engine, &mut results, &mut first);
        first.map_or(Ok(results), Err)
    }
}

fn drain(engine: &Engine, results: &mut Vec<Vec<u8>>, first: &mut Option<Failure>) {
    use pixelflume::pipeline::engine::FailureCause;
    while let Some(result) = engine.next_submitted() {
        match result {
            Ok(lease) => {
                let bytes = lease.output(0).map(|output| output.bytes().to_vec());
                results.push(bytes.unwrap_or_default());
            }
            Err(error) => {
                let mut failed = failure(&error);
                if let FailureCause::Pipeline(cause) = &error.cause {
                    failed.fatal |= cause.is_fatal();
                }
                first.get_or_insert(failed);
            }
        }
    }
}
