//! The model of the random suite: the live blocks, and the statistics that the pools must have.

use crate::config::AllocatorMode;
use crate::statistics::MemoryStatistics;
use parking_lot::Mutex;
use std::collections::BTreeMap;

use super::{Call, TestSource};

/// The generator splitmix64 (Steele, Lea and Flood 2014).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `0..count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub(super) fn byte(&mut self) -> u8 {
        (self.next() >> 32) as u8
    }

    /// The bytes of a request: mostly one of a few sizes, so that blocks are reused, at times any
    /// size.
    pub(super) fn size(&mut self) -> usize {
        const USUAL: [usize; 8] = [0, 512, 5_000, 5_100, 65_536, 100_000, 262_144, 1 << 20];
        match self.below(4) {
            0 => self.below(300_000),
            _ => USUAL[self.below(USUAL.len())],
        }
    }
}

/// The blocks that are handed out, of all threads.
#[derive(Default)]
pub(super) struct LiveBlocks(Mutex<BTreeMap<u64, u64>>);

impl LiveBlocks {
    /// Adds a block, and fails where it overlaps another one.
    pub(super) fn insert(&self, start: u64, bytes: usize) -> Result<(), String> {
        let end = start + bytes as u64;
        let mut blocks = self.0.lock();
        let before = blocks.range(..end).next_back();
        if let Some((other, other_end)) = before.filter(|(_, other_end)| **other_end > start) {
            return Err(format!(
                "a block at {start:#x}..{end:#x} overlaps a live one at {other:#x}..{other_end:#x}"
            ));
        }
        blocks.insert(start, end);
        Ok(())
    }

    pub(super) fn remove(&self, start: u64) {
        self.0.lock().remove(&start);
    }
}

/// The expected statistics of one pool.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) buffers: usize,
    pub(super) in_use: usize,
    high_water: usize,
}

impl Books {
    pub(super) fn handed_out(&mut self, bytes: usize) {
        self.requests += 1;
        self.buffers += 1;
        self.in_use += bytes;
        self.high_water = self.high_water.max(self.in_use);
    }

    pub(super) fn refused(&mut self) {
        self.requests += 1;
        self.failures += 1;
    }

    pub(super) fn returned(&mut self, bytes: usize) {
        self.buffers -= 1;
        self.in_use -= bytes;
    }
}

/// Compares statistics with the expected ones and with the calls that the source counted.
pub(super) fn check_statistics(
    statistics: &MemoryStatistics,
    device: &Books,
    pinned: &Books,
    source: &TestSource,
) -> Result<(), String> {
    let calls = |calls: &[Call]| calls.iter().map(|call| source.calls(*call)).sum::<u64>();
    let pooled = statistics.mode.mode == AllocatorMode::Pooled;
    let (d, p) = (&statistics.device, &statistics.pinned);
    let held = if pooled { d.reserved } else { d.in_use };
    let new_blocks =
        |pool: &crate::statistics::PoolStatistics| pool.requests - pool.failures - pool.reuse_hits;
    use Call::{Allocate, AllocateOrdered, AllocatePinned, Free, FreeOrdered, FreePinned};
    let facts = [
        (
            "requests",
            d.requests == device.requests && p.requests == pinned.requests,
        ),
        (
            "failures",
            d.failures == device.failures && p.failures == pinned.failures,
        ),
        (
            "buffers",
            d.buffers == device.buffers && p.buffers == pinned.buffers,
        ),
        (
            "bytes in use",
            d.in_use == device.in_use && p.in_use == pinned.in_use,
        ),
        (
            "high water",
            d.high_water == device.high_water && p.high_water == pinned.high_water,
        ),
        ("bytes reserved", held + p.reserved == source.live().1),
        (
            "in use within reserved",
            held >= d.in_use && p.reserved >= p.in_use,
        ),
        (
            "the limit",
            !pooled || statistics.limit.is_none_or(|limit| d.reserved <= limit),
        ),
        ("pageable bytes", p.pageable == 0),
        (
            "no reuse by the manager in the stream-ordered mode",
            pooled || d.reuse_hits == 0,
        ),
        (
            "new blocks",
            new_blocks(d) == calls(&[Allocate, AllocateOrdered]),
        ),
        (
            "new page-locked blocks",
            new_blocks(p) == calls(&[AllocatePinned]),
        ),
        (
            "driver calls",
            d.driver_calls == calls(&[Allocate, Free, AllocateOrdered, FreeOrdered]),
        ),
        (
            "driver calls of page-locked memory",
            p.driver_calls == calls(&[AllocatePinned, FreePinned]),
        ),
    ];
    match facts.iter().find(|(_, holds)| !holds) {
        None => Ok(()),
        Some((fact, _)) => Err(format!(
            "the statistics do not add up ({fact}): {statistics:?}, expected {device:?} and {pinned:?}, {source:?}"
        )),
    }
}
