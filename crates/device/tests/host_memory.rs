//! Memory of the host device is never uninitialized.
#![expect(unsafe_code, reason = "frees by address, and reads what was allocated")]

use pixelflume_device::{Device, StreamOrderedPool};

/// Leaves blocks of these sizes with something in them to the heap.
fn litter(sizes: &[usize]) {
    let blocks: Vec<Vec<u8>> = sizes
        .iter()
        .flat_map(|&size| (0..16).map(move |_| vec![0xab; size + 1024]))
        .collect();
    drop(blocks);
}

#[test]
fn what_the_allocator_gives_is_zero() {
    let device = Device::host();
    let sizes = [1, 100, 4096, 60_000, 3 << 20];
    for bytes in sizes.into_iter().cycle().take(20) {
        litter(&sizes);
        let stream = device.stream().unwrap();
        let pool = StreamOrderedPool::new(&device, 0).unwrap();
        let (plain, pinned) = (
            device.allocate_raw(bytes).unwrap(),
            device.allocate_pinned_raw(bytes).unwrap(),
        );
        let ordered = pool.allocate(bytes, &stream).unwrap();
        for address in [plain, pinned, ordered] {
            assert_eq!(address.raw() % 512, 0);
            // SAFETY: it was allocated with this many bytes, and nobody else has it.
            let memory = unsafe { std::slice::from_raw_parts_mut(address.as_ptr::<u8>(), bytes) };
            assert!(memory.iter().all(|&byte| byte == 0), "{bytes} bytes");
            memory.fill(0xab);
        }
        // SAFETY: each was allocated above by the same function with this many bytes, and is freed once.
        unsafe {
            device.free_raw(plain, bytes).unwrap();
            device.free_pinned_raw(pinned, bytes).unwrap();
            pool.free(ordered, bytes, &stream).unwrap();
        }
        stream.synchronize().unwrap();
    }
}
