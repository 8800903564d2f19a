//! Mistakes that `cargo xtask sanitize` must be told of before it believes that there are none. Nothing else runs them.
#![expect(unsafe_code, reason = "breaks promises on purpose")]

use pixelflume_device::Device;

const BYTES: usize = 4096;

#[test]
#[ignore = "copies from freed memory; cargo xtask sanitize runs it, and expects to be told"]
fn a_copy_from_freed_memory() {
    let device = Device::host();
    let stream = device.stream().unwrap();
    let [from, to] = [(); 2].map(|()| device.allocate_raw(BYTES).unwrap());
    // SAFETY: none, and that is what the sanitizer is to find: the first call is right, the second copies from freed memory.
    unsafe {
        device.free_raw(from, BYTES).unwrap();
        stream.copy(to, from, BYTES).unwrap();
    }
    let _ = stream.synchronize();
}

#[test]
#[ignore = "fills more than there is; cargo xtask sanitize runs it, and expects to be told"]
fn a_fill_past_the_end() {
    let device = Device::host();
    let stream = device.stream().unwrap();
    let to = device.allocate_raw(BYTES).unwrap();
    // SAFETY: none, as above: one byte too many.
    unsafe { stream.fill(to, 1, BYTES + 1).unwrap() };
    let _ = stream.synchronize();
}
