//! The C library's allocator, which Rust code of the command does not use: threads and drivers do.

/// Lets all threads share one arena of that allocator where addresses are limited (`ulimit -v`). Otherwise it reserves up to 128 MiB of them for each thread,
/// until another allocation finds none, which ends the program.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn save_addresses() {
    if crate::machine::free_addresses().is_some() {
        #[expect(
            unsafe_code,
            reason = "the C library has no other way to set it from within"
        )]
        // SAFETY: the call takes two numbers and sets one under the allocator's lock; any thread may make it at any time.
        // Where it fails, the program has fewer addresses, as without it.
        let _is_set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn save_addresses() {}
