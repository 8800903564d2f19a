//! An engine that is given JPEG files, which the device decodes, with batches in flight.

use crate::engine::of_engine;
use crate::mixed::{chain, chained_result};
use crate::parts::of_memory;
use crate::runner::{of_device, of_pipeline};
use pixelflume_codec::{EncodeOptions, Format, encode};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, Fake, Scenario};
use pixelflume_device::Device;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::engine::{EngineConfig, FailureCause, FrameError};
use pixelflume_pipeline::{Engine, Image, ImageView, SubmitError};
use pixelflume_scheduler::ExecutionMode;

/// Bytes of an entry of the table that `jpeg_colors` reads.
const ENTRY: u64 = 216;

/// Tells the driver what the kernel of pixels does: all samples of the files here are 128. The other kernels of JPEG do nothing, so that
/// no file has anything odd.
pub(crate) fn tell(fake: &Fake) {
    fake.on_kernel("jpeg_colors", 24, |args, memory| {
        let word =
            |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let half =
            |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        for image in 0..u64::from(half(args, 16)) {
            let entry = memory.bytes(word(args, 0) + image * ENTRY, ENTRY as usize);
            let entry = entry.to_vec();
            let [base, step_x, step_y] = [160, 168, 176].map(|at| word(&entry, at));
            let [left, right, top, bottom] = [184, 188, 192, 196].map(|at| half(&entry, at));
            assert_eq!(step_x, 1, "the files are gray, and not mirrored");
            for row in top..bottom {
                let at = base + u64::from(left) + u64::from(row) * step_y;
                memory.bytes(at, (right - left) as usize).fill(128);
            }
        }
    });
}

pub(crate) struct Batches {
    driver: &'static Driver,
    execution: ExecutionMode,
    device: Option<Device>,
    engine: Option<Engine>,
}

pub(crate) fn engine(
    execution: ExecutionMode,
) -> impl Fn(&'static Driver) -> Batches + Send + Sync {
    move |driver| Batches {
        driver,
        execution,
        device: None,
        engine: None,
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

/// Images of sizes that no other batch has: two for the device, and one that the CPU decodes, since its rows are short.
fn images(round: u32) -> [Image; 3] {
    let sizes = [
        (65 + 5 * round, 31 - round),
        (81, 7 + round),
        (9 + round, 5),
    ];
    sizes.map(|(width, height)| Image::from_fn(width, height, 1, |_, _, _| 128).unwrap())
}

impl Batches {
    /// Files that the device has decoded from their bytes on.
    pub(crate) fn by_device(&self) -> u64 {
        let engine = self.engine.as_ref();
        engine.map_or(0, |engine| engine.image_decoder().statistics().by_device)
    }

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
                let config = EngineConfig::new()
                    .in_flight(2)
                    .max_batch(3)
                    .mixed_bytes(8192)
                    .execution(self.execution);
                let example = ImageShape::u8(20, 6, 1);
                let engine = Engine::mixed(chain(), device, &[example], config);
                self.engine.insert(engine.map_err(of_engine)?)
            }
        };
        let (mut results, mut first) = (Vec::new(), None);
        for round in 0..4 {
            let files = images(round).map(|image| {
                let options = EncodeOptions::default();
                encode(ImageView::from(&image), Format::Jpeg, &options).unwrap()
            });
            let files = files.each_ref().map(Vec::as_slice);
            match engine.submit_encoded(&files) {
                Ok(batch) => {
                    for failed in &batch.failed {
                        let fatal = match &failed.error {
                            FrameError::Memory(error) => of_memory(error).fatal,
                            error => panic!("{error}"),
                        };
                        first.get_or_insert(Failure::new(&failed.error, fatal));
                    }
                    if batch.batch.is_some() {
                        take(engine, round, &batch.frames, &mut results, &mut first);
                    }
                }
                Err(error) => {
                    let fatal = match &error {
                        SubmitError::Stopped(cause) => cause.is_fatal(),
                        _ => false,
                    };
                    first.get_or_insert(Failure::new(&error, fatal));
                    break;
                }
            }
        }
        first.map_or(Ok(results), Err)
    }
}

/// Takes the batch of this round, in which these images are.
fn take(
    engine: &Engine,
    round: u32,
    frames: &[usize],
    results: &mut Vec<Vec<u8>>,
    first: &mut Option<Failure>,
) {
    match engine.next() {
        Some(Ok(lease)) => match lease.to_images("twice") {
            Ok(got) => {
                let got: Vec<Vec<u8>> = got.iter().map(|image| image.data().to_vec()).collect();
                let all = images(round);
                let expected = frames.iter().map(|&frame| chained_result(&all[frame]));
                assert_eq!(got, expected.collect::<Vec<_>>(), "wrong pixels");
                results.extend(got);
            }
            Err(error) => {
                // A device that was lost meanwhile has lost these results as well.
                let cause = engine.stopped();
                first.get_or_insert(of_pipeline(cause.as_deref().unwrap_or(&error)));
            }
        },
        Some(Err(failure)) => {
            let fatal = match &failure.cause {
                FailureCause::Pipeline(error) => error.is_fatal(),
                FailureCause::Frame(FrameError::Memory(error)) => of_memory(error).fatal,
                _ => false,
            };
            first.get_or_insert(Failure::new(&failure, fatal));
        }
        None => {}
    }
}
