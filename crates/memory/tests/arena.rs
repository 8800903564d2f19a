//! Ranges of an arena are apart, keep their bytes, and come back.

use pixelflume_device::Device;
use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager, PinnedArena, PinnedBuffer};
use proptest::prelude::*;
use std::ops::Range;

fn arena(bytes: usize) -> (MemoryManager, PinnedArena) {
    let memory = MemoryManager::new(&Device::host(), MemoryConfig::default());
    let arena = PinnedArena::new(&memory, bytes).unwrap();
    (memory, arena)
}

proptest! {
    /// Against a list of ranges: what touches one that is lent is refused, all else is lent and belongs to its holder alone.
    #[test]
    fn lent_ranges_are_apart(
        steps in prop::collection::vec((0usize..70, 0usize..20, any::<prop::sample::Index>(), any::<bool>()), 1..100),
    ) {
        let (memory, arena) = arena(64);
        let mut held: Vec<(Range<usize>, PinnedBuffer, u8)> = Vec::new();
        for (n, (begin, len, which, give_back)) in steps.into_iter().enumerate() {
            if give_back && !held.is_empty() {
                held.swap_remove(which.index(held.len()));
            } else {
                let range = begin..begin + len;
                let touches = |(other, ..): &(Range<usize>, PinnedBuffer, u8)| {
                    len > 0 && other.start < range.end && range.start < other.end
                };
                match arena.lend(range.clone()) {
                    Ok(mut buffer) => {
                        prop_assert!(range.end <= 64 && !held.iter().any(touches));
                        buffer.as_mut_slice().unwrap().fill(n as u8);
                        if len > 0 {
                            held.push((range, buffer, n as u8));
                        }
                    }
                    Err(MemoryError::OutOfRange { .. }) => prop_assert!(range.end > 64),
                    Err(MemoryError::Lent { lent_begin, lent_end, .. }) => {
                        prop_assert!(held.iter().filter(|h| touches(h)).any(|h| h.0 == (lent_begin..lent_end)));
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                }
            }
            prop_assert_eq!(arena.lent(), held.len());
            for (range, buffer, value) in &held {
                prop_assert_eq!(buffer.as_slice().unwrap(), vec![*value; range.len()]);
            }
        }
        drop((held, arena));
        prop_assert_eq!(memory.shutdown().unwrap(), []);
    }
}

#[test]
fn copies_go_to_a_range_and_are_waited_for() {
    let (memory, arena) = arena(1 << 20);
    let stream = memory.device().stream().unwrap();
    let mut source = memory.pinned(1 << 18).unwrap();
    let mut device = memory.allocate(1 << 18, &stream).unwrap();
    for round in 1..20 {
        source.as_mut_slice().unwrap().fill(round);
        device.upload(0, &mut source, 0..1 << 18, &stream).unwrap();
        let mut given_up = arena.lend(1 << 18..1 << 19).unwrap();
        let mut kept = arena.lend(0..1 << 18).unwrap();
        device
            .download(0, &mut given_up, 0..1 << 18, &stream)
            .unwrap();
        device.download(0, &mut kept, 0..1 << 18, &stream).unwrap();
        drop(given_up); // waits, so that the next tenant's bytes stay
        let mut next = arena.lend(1 << 18..1 << 19).unwrap();
        next.as_mut_slice().unwrap().fill(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| assert!(kept.as_slice().unwrap().iter().all(|&b| b == round)));
            }
        });
        assert!(next.as_slice().unwrap().iter().all(|&b| b == 0));
    }
}

#[test]
fn the_memory_lives_as_long_as_a_range() {
    let (memory, arena) = arena(1000);
    let part = arena.lend(10..20).unwrap();
    drop(arena);
    assert_eq!(memory.shutdown().unwrap().len(), 1);
    assert_eq!(part.as_slice().unwrap(), [0; 10]);
    drop(part);
    assert_eq!(memory.shutdown().unwrap(), []);
}
