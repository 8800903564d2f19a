//! Random sequences on the host device, in both modes: see `pixelflume_memory::testing`.

use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::AllocatorMode;
use pixelflume_memory::testing::{random_sequence, random_threads};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn one_thread_on_one_to_four_streams(seed: u64, workers in 1usize..=4, steps in 1usize..200) {
        let device = Device::host_with(HostConfig::default().with_threads(workers));
        for mode in AllocatorMode::ALL {
            random_sequence(&device, mode, seed, steps).map_err(TestCaseError::fail)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn several_threads_with_one_manager(seed: u64, threads in 2usize..=5) {
        let device = Device::host_with(HostConfig::default().with_threads(3));
        for mode in AllocatorMode::ALL {
            random_threads(&device, mode, seed, 120, threads).map_err(TestCaseError::fail)?;
        }
    }
}

#[test]
fn eight_threads_with_streams_of_their_own() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    for mode in AllocatorMode::ALL {
        let summary = random_threads(&device, mode, 8, 250, 8).unwrap();
        assert!(summary.allocations > 400, "{mode}: {summary:?}");
        assert!(summary.checks > 200, "{mode}: {summary:?}");
    }
}
