//! Engines for images of any sizes, and for images that are executed in groups, with batches in flight, in one mode of execution.

use crate::engine::of_engine;
use crate::kernels::{add, frame};
use crate::mixed::{chain, chained_result};
use crate::parts::of_memory;
use crate::runner::{of_device, of_pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, Scenario};
use pixelflume_device::Device;
use pixelflume_ops::{ImageContext, ImageShape, Operator, OperatorError, Plan};
use pixelflume_pipeline::engine::{EngineConfig, EngineError, FailureCause, FrameError};
use pixelflume_pipeline::{Engine, Image, PipelineBuilder, SubmitError};
use pixelflume_scheduler::ExecutionMode;
use std::sync::Arc;

/// An engine with its batches.
#[derive(Copy, Clone)]
pub(crate) struct Case {
    make: fn(&Device, EngineConfig) -> Result<Engine, EngineError>,
    images: fn(u8) -> Vec<Image>,
    /// The result of an image by its index in the batch.
    result: fn(usize, &Image) -> Vec<u8>,
}

/// Images of sizes that no other batch has, by the kernel of mixed chains.
pub(crate) const MIXED: Case = Case {
    make: |device, config| {
        let example = ImageShape::u8(20, 6, 1);
        Engine::mixed(chain(), device, &[example], config)
    },
    images: |round| {
        let images = (0..2).map(|image| {
            let width = 9 + 5 * u32::from(round) + u32::from(image);
            frame(width, 30 - 3 * u32::from(round), round * 2 + image)
        });
        images.collect()
    },
    result: |_, image| chained_result(image),
};

/// Images of one size, of which each second one has another number added. Batches of four keep the numbers of images even at the
/// begin of a batch, whatever batches were lost before.
pub(crate) const GROUPED: Case = Case {
    make: |device, config| {
        let mut builder = PipelineBuilder::new("groups");
        let input = builder.input("input").unwrap();
        let drawn: Arc<dyn Operator> =
            Arc::new(Drawn([add(5), add(6)].map(|add| Arc::new(add) as _)));
        let twice = builder.add_boxed("twice", drawn).unwrap();
        builder.connect(input, twice).unwrap();
        builder.connect(input, twice).unwrap();
        let shape = [ImageShape::u8(11, 7, 1)];
        Engine::new(builder.build().unwrap(), device, &shape, config)
    },
    images: |round| {
        (0..4)
            .map(|image| frame(11, 7, round * 4 + image))
            .collect()
    },
    result: |index, image| {
        let number = 5 + (index % 2) as u8;
        let samples = image.data().iter();
        samples
            .map(|sample| sample.wrapping_mul(2).wrapping_add(number))
            .collect()
    },
};

/// One of two operators by the number of the image.
#[derive(Debug)]
struct Drawn([Arc<dyn Operator>; 2]);

impl Operator for Drawn {
    fn kind(&self) -> &'static str {
        "drawn"
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        self.0[0].plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(Arc::clone(&self.0[(image.index % 2) as usize])))
    }
}

struct Batches {
    case: Case,
    driver: &'static Driver,
    execution: ExecutionMode,
    device_outputs: bool,
    device: Option<Device>,
    engine: Option<Engine>,
}

pub(crate) fn engine(
    case: Case,
    execution: ExecutionMode,
    device_outputs: bool,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    move |driver| {
        Box::new(Batches {
            case,
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
                    .max_batch(4)
                    .mixed_bytes(8192)
                    .execution(self.execution)
                    .device_outputs(self.device_outputs);
                let engine = (self.case.make)(device, config);
                self.engine.insert(engine.map_err(of_engine)?)
            }
        };
        let (mut results, mut first) = (Vec::new(), None);
        for round in 0..6 {
            let images = (self.case.images)(round);
            let images: Vec<&Image> = images.iter().collect();
            if let Err(error) = engine.submit(&images) {
                let fatal = match &error {
                    SubmitError::Stopped(cause) => cause.is_fatal(),
                    _ => false,
                };
                first = first.or(Some(Failure::new(&error, fatal)));
                break;
            }
            if round % 2 == 1 {
                drain(self.case, engine, round - 1, &mut results, &mut first);
            }
        }
        drain(self.case, engine, 0, &mut results, &mut first);
        first.map_or(Ok(results), Err)
    }
}

/// Takes what was submitted, of which the first batch is that of this round.
fn drain(
    case: Case,
    engine: &Engine,
    round: u8,
    results: &mut Vec<Vec<u8>>,
    first: &mut Option<Failure>,
) {
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
                let images = (case.images)(round);
                let images = images.iter().enumerate();
                let expected: Vec<_> = images.map(|(at, image)| (case.result)(at, image)).collect();
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
