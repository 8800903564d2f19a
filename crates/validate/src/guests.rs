//! The check `guests`: what the driver tells of memory that others allocated, and the default streams as streams of somebody
//! else. A fake driver can show only what its author believes of these.
#![expect(unsafe_code, reason = "borrows memory and streams")]

use crate::check::Context;
use anyhow::{Context as _, bail, ensure};
use pixelflume::device::{Address, DeviceError, Stream};
use pixelflume::memory::{BorrowedMemory, DeviceSlice, MemoryAccess, MemoryConfig, MemoryManager};
use pixelflume::prelude::*;
use std::ptr::without_provenance_mut;
use std::sync::Arc;

/// Bytes of the memory, more than two pages of the GPU.
const BYTES: usize = 5 << 20;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let device = &context.cuda;
    memory(device)?;
    let default = device.default_stream()?;
    let streams: Vec<Stream> = [0, 1, 2]
        .into_iter()
        // SAFETY: the default streams live as long as the context.
        .map(|handle| unsafe { device.borrow_stream(without_provenance_mut(handle), Arc::new(())) })
        .collect::<Result<_, _>>()?;
    ensure!(streams[0].id() == default.id() && streams[1].id() == default.id());
    for home in &streams {
        copies(device, home).with_context(|| format!("borrowed memory on {home:?}"))?;
    }
    let of_thread = &streams[2];
    let elsewhere = std::thread::scope(|scope| scope.spawn(|| of_thread.synchronize()).join());
    match elsewhere {
        Ok(Err(DeviceError::WrongThread { .. })) => {}
        other => bail!("the default stream of another thread: {other:?}"),
    }
    Ok("memory and streams of others are taken, and what is not theirs is refused".to_owned())
}

/// Checks what is taken as device memory, and what is refused.
fn memory(device: &Device) -> anyhow::Result<()> {
    let stream = device.stream()?;
    for mode in AllocatorMode::ALL {
        let memory = MemoryManager::new(device, MemoryConfig::default().with_mode(mode));
        let buffer = memory.allocate(BYTES, &stream)?;
        device.check_memory(buffer.address(), BYTES)?;
        device.check_memory(buffer.address().offset(BYTES - 1), 1)?;
        let pinned = memory.pinned(BYTES)?;
        refused(device, "page-locked memory", pinned.address(), BYTES)?;
    }
    let ordinary = vec![0u8; BYTES];
    refused(
        device,
        "ordinary memory",
        Address::from_ptr(ordinary.as_ptr()),
        BYTES,
    )?;
    let total = device.capabilities().total_memory.unwrap_or(1 << 40) as usize;
    let address = device.allocate_raw(BYTES)?;
    let exact = device.check_memory(address, BYTES);
    let beyond = refused(device, "more than all memory", address, 2 * total);
    // SAFETY: allocated above, freed once, and never used.
    unsafe { device.free_raw(address, BYTES) }?;
    exact?;
    beyond?;
    refused(device, "freed memory", address, BYTES)
}

fn refused(device: &Device, what: &str, address: Address, bytes: usize) -> anyhow::Result<()> {
    match device.check_memory(address, bytes) {
        Err(DeviceError::WrongMemory { .. }) => Ok(()),
        other => bail!("{what} as device memory: {other:?}"),
    }
}

/// Copies through borrowed memory on a stream of somebody else, in a stream of this device's, and compares the bytes.
fn copies(device: &Device, home: &Stream) -> anyhow::Result<()> {
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let ours = device.stream()?;
    let [mut up, mut down] = [memory.pinned(BYTES)?, memory.pinned(BYTES)?];
    for (index, byte) in up.as_mut_slice()?.iter_mut().enumerate() {
        *byte = (index % 251) as u8;
    }
    let address = device.allocate_raw(BYTES)?;
    // SAFETY: the memory is freed below, when the device is idle and nothing holds it.
    let borrowed =
        unsafe { BorrowedMemory::new(address, BYTES, MemoryAccess::ReadWrite, home, ()) };
    let copied = borrowed.map_err(anyhow::Error::from).and_then(|borrowed| {
        let slice = DeviceSlice::from(&borrowed);
        // SAFETY: all memory has these bytes, is touched by nothing else, and outlives the wait below.
        unsafe { home.copy(address, up.address(), BYTES) }?;
        slice.order_before(&ours)?;
        // SAFETY: as above.
        unsafe { ours.copy(down.address(), address, BYTES) }?;
        slice.order_after(&ours)?;
        Ok(home.synchronize()?)
    });
    let idle = device.synchronize();
    // SAFETY: allocated above, freed once; where the device is not idle, it is lost.
    unsafe { device.free_raw(address, BYTES) }?;
    idle?;
    copied?;
    ensure!(up.as_slice()? == down.as_mut_slice()?, "the bytes differ");
    Ok(())
}
