//! No memory, at every allocation of a piece of work in turn: clean errors with the right numbers, and nothing is lost.

use pixelflume_device::{Device, HostConfig, Stream};
use pixelflume_memory::testing::{Call, TestSource};
use pixelflume_memory::{
    AllocatorMode, MemoryConfig, MemoryError, MemoryManager, SizeClass, Workspace,
};
use std::sync::Arc;

const SIZES: [usize; 4] = [1_000, 70_000, 5_000, 1_000];

fn setup(config: MemoryConfig) -> (Device, Arc<TestSource>, MemoryManager, Stream) {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let source = TestSource::of(&device);
    let memory = MemoryManager::with_source(&device, config, source.clone());
    let stream = device.stream().unwrap();
    (device, source, memory, stream)
}

/// Buffers on two streams, a workspace, and page-locked memory up and down; the bytes that came down.
fn work(memory: &MemoryManager, stream: &Stream) -> Result<Vec<u8>, MemoryError> {
    let other = memory.device().stream()?;
    let mut buffers = SIZES
        .iter()
        .map(|bytes| memory.allocate(*bytes, stream))
        .collect::<Result<Vec<_>, _>>()?;
    let workspace = Workspace::new(memory, &other, [100, 0, 3_000])?;
    assert_eq!(workspace.bytes() % 512, 0);
    let mut up = memory.pinned(1_000)?;
    up.as_mut_slice()?.fill(7);
    buffers[1].upload(500, &mut up, 0..1_000, &other)?;
    let mut down = memory.pinned(1_000)?;
    buffers[1].download(500, &mut down, 0..1_000, stream)?;
    Ok(down.as_slice()?.to_vec())
}

#[test]
fn one_failure_at_any_place_is_made_good() {
    for mode in AllocatorMode::ALL {
        let mut n = 0;
        loop {
            n += 1;
            let (_, source, memory, stream) = setup(MemoryConfig::default().with_mode(mode));
            source.fail_nth(n, None);
            assert_eq!(work(&memory, &stream).unwrap(), [7; 1_000], "{mode}, {n}");
            let calls: u64 = Call::ALLOCATIONS
                .iter()
                .map(|call| source.calls(*call))
                .sum();
            assert_eq!(memory.statistics().device.failures, 0);
            assert_eq!(memory.statistics().pinned.pageable, 0);
            assert!(memory.shutdown().unwrap().is_empty());
            assert_eq!(source.live(), (0, 0));
            if calls < n {
                assert_eq!(
                    n as usize,
                    SIZES.len() + 1 + 2 + 1,
                    "as many as the work needs"
                );
                break;
            }
        }
    }
}

#[test]
fn no_more_device_memory_at_any_place_is_a_clean_error() {
    for mode in AllocatorMode::ALL {
        let kind = match mode {
            AllocatorMode::Pooled => Call::Allocate,
            AllocatorMode::StreamOrdered => Call::AllocateOrdered,
        };
        let needed = SIZES.iter().copied().chain([512 + 3_072]);
        let mut in_use = 0;
        for (n, asked) in (1..).zip(needed) {
            let (_, source, memory, stream) = setup(MemoryConfig::default().with_mode(mode));
            source.fail_from(n, Some(kind));
            let error = work(&memory, &stream).unwrap_err();
            let MemoryError::NotNow {
                asked: a,
                in_use: i,
                high_water: h,
                ..
            } = error
            else {
                panic!("{mode}, allocation {n}: {error}");
            };
            assert_eq!((a, i, h), (asked, in_use, in_use), "{mode}, allocation {n}");
            assert_eq!(source.calls(kind), n + 1, "tried once more");
            assert_eq!(
                memory.statistics().device.in_use,
                0,
                "nothing is held after the error"
            );
            in_use += SizeClass::of(asked).unwrap().bytes();

            source.fail_from(0, None);
            assert_eq!(
                work(&memory, &stream).unwrap(),
                [7; 1_000],
                "{mode}: works again"
            );
            assert!(memory.shutdown().unwrap().is_empty());
            assert_eq!(source.live(), (0, 0));
        }
    }
}

#[test]
fn page_locked_memory_falls_back_to_pageable_at_any_place() {
    for n in 1..=2 {
        let (_, source, memory, stream) = setup(MemoryConfig::default());
        source.fail_from(n, Some(Call::AllocatePinned));
        assert_eq!(work(&memory, &stream).unwrap(), [7; 1_000]);
        let pinned = memory.statistics().pinned;
        assert_eq!(pinned.pageable, 1024 * (3 - n as usize), "{pinned:?}");
        assert_eq!((pinned.failures, pinned.in_use), (0, 0));
        memory.trim().unwrap();
        assert_eq!(
            memory.statistics().pinned.pageable,
            0,
            "given back by a trim"
        );
        source.fail_from(0, None);
        drop(memory.pinned(1_000).unwrap());
        let pinned = memory.statistics().pinned;
        assert_eq!(
            (pinned.pageable, pinned.reserved),
            (0, 1024),
            "page-locked again"
        );
    }
}

#[test]
fn the_ladder_gives_free_blocks_back_before_it_fails() {
    let (_, source, memory, stream) = setup(MemoryConfig::default());
    drop(memory.allocate(10_000, &stream).unwrap());
    assert_eq!(memory.statistics().device.reserved, 10_240);
    source.fail_always(true);
    let error = memory.allocate(100_000, &stream).unwrap_err();
    assert!(
        matches!(
            error,
            MemoryError::NotNow {
                asked: 100_000,
                in_use: 0,
                high_water: 10_240,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(source.calls(Call::Free), 1);
    assert_eq!(memory.statistics().device.reserved, 0);
    assert_eq!(memory.statistics().device.failures, 1);
}

#[test]
fn what_the_limit_can_never_allow_costs_no_free_block() {
    let (_, source, memory, stream) = setup(MemoryConfig::default().with_limit(100_000));
    drop(memory.allocate(10_000, &stream).unwrap());
    let error = memory.allocate(100_000, &stream).unwrap_err();
    let MemoryError::OverLimit {
        asked,
        block,
        limit,
        in_use,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (asked, block, limit, in_use),
        (100_000, 106_496, 100_000, 0)
    );
    assert_eq!(source.calls(Call::Free), 0, "the pool keeps what it has");
}

#[test]
fn what_the_device_has_not_in_all_can_never_fit() {
    let (device, source, memory, stream) = setup(MemoryConfig::default());
    let total = device.capabilities().total_memory.unwrap();
    let error = memory.allocate(total as usize + 1, &stream).unwrap_err();
    let MemoryError::NeverFits {
        asked, total: t, ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((asked as u64, t), (total + 1, total));
    assert_eq!(source.calls(Call::Allocate), 0);
}

#[test]
fn without_memory_pools_the_pooled_mode_is_used_and_said() {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let source = TestSource::of(&device);
    source.refuse_ordered(true);
    let config = MemoryConfig::default().with_mode(AllocatorMode::StreamOrdered);
    let memory = MemoryManager::with_source(&device, config, source.clone());
    let mode = memory.effective_mode();
    assert_eq!(mode.mode, AllocatorMode::Pooled);
    assert!(mode.to_string().starts_with("pooled (fallback: "), "{mode}");
    assert_eq!(&memory.statistics().mode, mode);
    drop(memory.allocate(10, &device.stream().unwrap()).unwrap());
    assert_eq!(source.calls(Call::Allocate), 1);
    assert_eq!(source.calls(Call::AllocateOrdered), 0);
}

#[test]
fn frees_that_come_late_are_waited_for_by_their_owner_alone() {
    let (_, source, memory, stream) = setup(MemoryConfig::default());
    source.delay_frees(true);
    let first = memory.allocate(5_000, &stream).unwrap();
    let address = first.address();
    drop(first);
    memory.trim().unwrap();
    assert_eq!(memory.statistics().device.reserved, 0);
    let second = memory.allocate(5_000, &stream).unwrap();
    assert_ne!(
        second.address(),
        address,
        "the source still holds the first"
    );
    drop(second);
    memory.trim().unwrap();
    assert_eq!(source.release_frees().unwrap(), 2);
    assert_eq!(source.release_frees().unwrap(), 0);
}

#[test]
fn page_locked_and_host_device_memory_share_the_limit_of_the_host() {
    let (_, _, memory, stream) = setup(MemoryConfig::default().with_host_limit(300_000));
    let held = memory.allocate(100_000, &stream).unwrap();
    let pinned = memory.pinned(100_000).unwrap();
    for error in [
        memory.allocate(100_000, &stream).unwrap_err(),
        memory.pinned(100_000).unwrap_err(),
    ] {
        let MemoryError::OverHostLimit {
            asked,
            block,
            limit,
            reserved,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((asked, block, limit), (100_000, 106_496, 300_000));
        assert_eq!(reserved, 2 * 106_496);
    }
    // No pageable memory takes the place of what is over the limit.
    assert_eq!(memory.statistics().pinned.pageable, 0);
    // What is free in one pool makes room in the other.
    drop(pinned);
    let more = memory.allocate(150_000, &stream).unwrap();
    assert_eq!(memory.statistics().pinned.reserved, 0);
    assert_eq!(memory.statistics().device.failures, 1, "the one above");
    drop((held, more));
    memory.pinned(200_000).unwrap();
    assert_eq!(memory.statistics().device.reserved, 0);
}

#[test]
fn pageable_memory_counts_as_memory_of_the_host() {
    let (_, source, memory, _) = setup(MemoryConfig::default().with_host_limit(300_000));
    source.fail_from(1, Some(Call::AllocatePinned));
    let first = memory.pinned(150_000).unwrap();
    assert!(memory.statistics().pinned.pageable > 0);
    assert!(memory.pinned(150_000).is_err());
    drop(first);
    memory.trim().unwrap();
    memory.pinned(150_000).unwrap();
}

#[test]
fn stream_ordered_memory_of_the_host_keeps_to_its_limit() {
    let config = MemoryConfig::default()
        .with_mode(AllocatorMode::StreamOrdered)
        .with_host_limit(300_000);
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let memory = MemoryManager::new(&device, config);
    let stream = device.stream().unwrap();
    // Sizes that are of no use to one another.
    for bytes in (100_000..200_000).step_by(20_000) {
        drop(memory.allocate(bytes, &stream).unwrap());
        stream.synchronize().unwrap();
        let kept = memory.statistics().device.reserved;
        assert!(kept <= 300_000, "{kept} bytes after {bytes}");
    }
    let held = memory.allocate(200_000, &stream).unwrap();
    assert!(memory.allocate(200_000, &stream).is_err());
    drop(held);
}
