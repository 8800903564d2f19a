//! Batches of images of several sizes: by the kernel of mixed chains, and in groups.

use crate::kernels::{add, expected, frame, pipeline};
use crate::runner::{of_device, of_pipeline};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{DeviceMemory, Failure, Fake, Scenario};
use pixelflume_device::{Device, Stream};
use pixelflume_ops::Resize;
use pixelflume_pipeline::{
    ExecutionConfig, Image, Input, Output, Pipeline, PipelineBuilder, Runner,
};
use pixelflume_scheduler::ExecutionMode;

/// Bytes of an image as an argument.
const IMAGE: usize = 40;

/// Tells the driver what stands for the kernel of mixed chains: every sample of an output is the sum of all bytes of its image.
pub(crate) fn tell(fake: &Fake) {
    fake.on_kernel("sample_mixed", 2 * IMAGE, |args, memory| {
        let [table, target] = [0, 1].map(|index| &args[index * IMAGE..][..IMAGE]);
        let [width, height, channels, frames] = [6, 7, 8, 9].map(|at| half(target, at));
        for frame in 0..u64::from(frames) {
            let entry = word(table, 0) + frame * word(table, 2);
            let sum = sum_of(entry, memory);
            for row in 0..u64::from(height) {
                let at = word(target, 0) + frame * word(target, 2) + row * word(target, 1);
                memory.bytes(at, (width * channels) as usize).fill(sum);
            }
        }
    });
}

fn word(bytes: &[u8], index: usize) -> u64 {
    u64::from_le_bytes(bytes[8 * index..][..8].try_into().unwrap())
}

fn half(bytes: &[u8], index: usize) -> u32 {
    u32::from_le_bytes(bytes[4 * index..][..4].try_into().unwrap())
}

/// The sum of all bytes of the gray image that a descriptor describes.
fn sum_of(entry: u64, memory: &mut DeviceMemory<'_>) -> u8 {
    let entry = memory.read(entry, 24);
    let (base, pitch) = (word(&entry, 0), word(&entry, 1));
    let (width, height) = (half(&entry, 4), half(&entry, 5));
    let rows = (0..u64::from(height)).map(|row| {
        let row = memory.bytes(base + row * pitch, width as usize);
        row.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte))
    });
    rows.fold(0, u8::wrapping_add)
}

/// A chain, and a node behind it that adds the image to itself.
pub(crate) fn chain() -> Pipeline {
    let mut builder = PipelineBuilder::new("chain");
    let input = builder.input("input").unwrap();
    let small = builder
        .then(input, "small", Resize::new(8, 3).unwrap())
        .unwrap();
    let twice = builder.add("twice", add(5)).unwrap();
    builder.connect(small, twice).unwrap();
    builder.connect(small, twice).unwrap();
    builder.build().unwrap()
}

struct Mixed {
    driver: &'static Driver,
    config: ExecutionConfig,
    device: Option<Device>,
    open: Option<([Runner; 2], Stream)>,
}

pub(crate) fn mixed(
    execution: ExecutionMode,
) -> impl Fn(&'static Driver) -> Box<dyn Scenario> + Send + Sync {
    let config = ExecutionConfig::default()
        .with_execution(execution)
        .with_in_flight(2)
        .with_streams(2);
    move |driver| {
        Box::new(Mixed {
            driver,
            config: config.clone(),
            device: None,
            open: None,
        })
    }
}

impl Scenario for Mixed {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let results = self.all();
        if results.as_ref().is_err_and(|failure| failure.fatal) {
            // What cannot go on is made anew.
            self.open = None;
        }
        results
    }
}

impl Mixed {
    fn all(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let device = match &self.device {
            Some(device) => device,
            None => self
                .device
                .insert(Device::cuda_on(self.driver, 0).map_err(of_device)?),
        };
        let ([chained, grouped], on) = match &mut self.open {
            Some(open) => open,
            None => {
                let runner = |pipeline: Pipeline| {
                    let runner = Runner::new(pipeline, device, self.config.clone());
                    runner.map_err(|error| of_pipeline(&error))
                };
                let runners = [runner(chain())?, runner(pipeline())?];
                self.open
                    .insert((runners, device.stream().map_err(of_device)?))
            }
        };
        let mut results = Vec::new();
        for round in 0..4u8 {
            // Other sizes in each round, and larger ones.
            let size = |image: u32| (10 + 9 * u32::from(round) + image, 7 + image);
            let images: Vec<Image> = (0..3)
                .map(|image| {
                    let (width, height) = size(image % 2);
                    frame(width, height, round + image as u8)
                })
                .collect();
            let frames: Vec<&Image> = images.iter().collect();
            let outputs = chained.run(&frames).map_err(|error| of_pipeline(&error))?;
            let got = outputs.images("twice");
            let got = got.map_err(|error| Failure::new(&error, false))?;
            for (image, got) in images.iter().zip(got) {
                assert_eq!(got.data(), chained_result(image), "wrong pixels");
            }
            results.extend(got.iter().map(|image| image.data().to_vec()));

            let mut tensor = None;
            let places = &mut [Output::Tensor(&mut tensor)];
            let submitted = chained.submit(&[Input::Images(&frames)], places, on);
            let submitted = submitted.map_err(|error| of_pipeline(&error))?;
            let execution = submitted.wait().map_err(|error| of_pipeline(&error))?;
            let result = execution.into_result();
            result.map_err(|error| Failure::new(&error, false))?;

            let outputs = grouped.run(&frames).map_err(|error| of_pipeline(&error))?;
            let got = outputs.images("end");
            let got = got.map_err(|error| Failure::new(&error, false))?;
            for (image, got) in images.iter().zip(got) {
                assert_eq!(got.data(), expected(image, 1), "wrong pixels");
            }
            results.extend(got.iter().map(|image| image.data().to_vec()));
        }
        for runner in [chained, grouped] {
            runner.memory().trim().map_err(of_device)?;
        }
        Ok(results)
    }
}

/// What comes out of [`chain`].
pub(crate) fn chained_result(image: &Image) -> Vec<u8> {
    let sum = image
        .data()
        .iter()
        .fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    vec![sum.wrapping_mul(2).wrapping_add(5); 8 * 3]
}
