//! Faults in every function of the driver that a batch calls, at its calls in turn.

use crate::files::{expected, images};
use crate::kernels::tell;
use pixelflume_codec::cuda::{BatchConfig, BatchDecoder, BatchError, BatchOptions};
use pixelflume_cuda_driver::Driver;
use pixelflume_cuda_driver::testing::{Failure, FakeConfig, Scenario, Sweep, TestDriver};
use pixelflume_device::{Device, DeviceError, Severity};
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager};

/// Two batches, of which the second one reuses the memory of the first.
struct Batches {
    driver: &'static Driver,
    open: Option<(MemoryManager, BatchDecoder)>,
}

fn of_device(error: DeviceError) -> Failure {
    let lost = error.severity() == Severity::DeviceLost;
    Failure::new(&error, lost)
}

fn of_batch(error: BatchError) -> Failure {
    match error {
        BatchError::Device(error) | BatchError::Memory(MemoryError::Device(error)) => {
            of_device(error)
        }
        other => Failure::new(&other, false),
    }
}

impl Scenario for Batches {
    fn run(&mut self) -> Result<Vec<Vec<u8>>, Failure> {
        let (memory, decoder) = match &self.open {
            Some(open) => open,
            None => {
                let device = Device::cuda_on(self.driver, 0).map_err(of_device)?;
                let memory = MemoryManager::new(&device, MemoryConfig::default());
                let decoder =
                    BatchDecoder::new(&memory, BatchConfig::default()).map_err(of_device)?;
                self.open.insert((memory, decoder))
            }
        };
        let options = BatchOptions::default();
        let mut results = Vec::new();
        for seed in 0..2 {
            let files: Vec<_> = (0..3)
                .map(|n| write(Kind::Baseline, 3 * seed + n, 40))
                .collect();
            let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
            let pending = decoder.submit(&all, &options).map_err(of_batch)?;
            let got = images(pending, memory).map_err(of_batch)?;
            for (got, file) in got.into_iter().zip(&files) {
                let (got, wanted) = (got.unwrap(), expected(file, &options).unwrap());
                assert!(got == wanted, "wrong pixels");
                results.push(got.1);
            }
        }
        Ok(results)
    }
}

#[test]
fn every_fault_in_batches() {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let sweep = Sweep {
        driver,
        fake: Some(fake),
        most: 24,
    };
    let (count, wrong) = sweep.run(
        |_| true,
        |driver| {
            let open = None;
            Box::new(Batches { driver, open }) as Box<dyn Scenario>
        },
    );
    assert!(count > 100, "only {count} faults");
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
