//! Random sequences of allocations, work, events and frees, compared with a model.

use super::TestSource;
use super::model::LiveBlocks;
use super::player::{Player, text};
use crate::config::{AllocatorMode, MemoryConfig};
use crate::manager::MemoryManager;
use pixelflume_device::Device;
use std::sync::Arc;

/// The limit in bytes under which some sequences run.
const LIMIT: usize = 3 << 20;

/// The counters of a random sequence.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Buffers that were allocated.
    pub allocations: u64,
    /// Requests that were rightly refused, since the limit would have been passed.
    pub refusals: u64,
    /// Requests served by a free block.
    pub reuse_hits: u64,
    /// Buffers whose content was compared.
    pub checks: u64,
    /// Bytes that were compared.
    pub bytes: u64,
}

/// Runs `steps` random steps on one to four streams of `device`: allocate, fill, copy, order streams by events, check
/// content, free, trim; with slow work in the streams, so that much work is in flight when a buffer is dropped. Every third seed
/// runs under a memory limit.
///
/// Held against a model: no two live blocks overlap; a buffer's content is its own until its free is ordered; the
/// statistics add up after every step, with each other and with the calls that the driver got; requests are refused
/// where the limit says so, and nowhere else; at the end everything is given back.
///
/// # Errors
/// What did not hold, with the seed and the step. The same seed takes the same steps; how they meet in time may differ.
pub fn random_sequence(
    device: &Device,
    mode: AllocatorMode,
    seed: u64,
    steps: usize,
) -> Result<Summary, String> {
    run(device, mode, TestSource::of(device), seed, steps, 1)
}

/// Like [`random_sequence`], by several threads on streams of their own with one memory manager. The statistics are
/// compared at the end only.
///
/// # Errors
/// As for [`random_sequence`].
pub fn random_threads(
    device: &Device,
    mode: AllocatorMode,
    seed: u64,
    steps: usize,
    threads: usize,
) -> Result<Summary, String> {
    run(device, mode, TestSource::of(device), seed, steps, threads)
}

/// Runs the suite over a source.
pub(super) fn run(
    device: &Device,
    mode: AllocatorMode,
    source: Arc<TestSource>,
    seed: u64,
    steps: usize,
    threads: usize,
) -> Result<Summary, String> {
    let config = MemoryConfig::default().with_mode(mode);
    let limited = threads == 1 && seed.is_multiple_of(3);
    let config = if limited {
        config.with_limit(LIMIT)
    } else {
        config
    };
    let memory = MemoryManager::with_source(device, config, source.clone());
    let named = |error: String| format!("{device}, {mode}, seed {seed}: {error}");
    if memory.effective_mode().mode != mode {
        return Err(named(memory.effective_mode().to_string()));
    }
    let live = LiveBlocks::default();
    let play = |thread: usize| {
        let mut player = Player::new(&memory, &live, seed.wrapping_add(thread as u64 * 7919))?;
        for step in 0..steps {
            let alone = threads == 1;
            player
                .step()
                .and_then(|()| if alone { player.check(&source) } else { Ok(()) })
                .map_err(|error| format!("step {step}: {error}"))?;
        }
        player.finish()
    };
    let players: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || play(thread)))
            .collect();
        let ended = handles.into_iter().map(|handle| handle.join());
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err("a thread panicked".to_owned())))
            .collect()
    });
    let mut summary = Summary::default();
    for player in players {
        let player = player.map_err(named)?;
        summary.allocations += player.allocations;
        summary.refusals += player.refusals;
        summary.checks += player.checks;
        summary.bytes += player.bytes;
    }
    summary.reuse_hits = memory.statistics().device.reuse_hits;
    end(&memory, &source).map_err(named)?;
    Ok(summary)
}

/// Checks that all memory was given back, and that the statistics say so.
fn end(memory: &MemoryManager, source: &TestSource) -> Result<(), String> {
    memory.trim().map_err(text)?;
    let statistics = memory.statistics();
    for (pool, what) in [(statistics.device, "device"), (statistics.pinned, "pinned")] {
        if (pool.buffers, pool.in_use, pool.reserved) != (0, 0, 0) {
            return Err(format!("{what} memory is left at the end: {pool:?}"));
        }
    }
    if source.live() != (0, 0) {
        return Err(format!("the source misses memory: {source:?}"));
    }
    let leaks = memory.shutdown().map_err(text)?;
    if leaks.is_empty() {
        Ok(())
    } else {
        Err(format!("leaks at the end: {leaks:?}"))
    }
}
