//! What allocations cost on the GPU: the pools beside the driver's own calls.

use pixelflume::prelude::*;
use pixelflume_memory::testing::measure_allocators;

/// Prints a table of medians.
pub(crate) fn run(device: &Device) -> anyhow::Result<()> {
    println!("one allocation with its free on {device}, median of one thread");
    println!("{:>12}  way", "ns");
    for (name, ns) in measure_allocators(device)? {
        println!("{ns:>12.1}  {name}");
    }
    Ok(())
}
