//! The memory of the machine that is available to the process.

use std::fs;

/// Bytes of memory available to the process: the least of the machine's memory, the limit of the control group, and the free
/// address space. `None` where the system tells none of them.
pub(crate) fn memory() -> Option<u64> {
    let known = [physical(), control_group(), free_addresses()];
    known.into_iter().flatten().min()
}

/// Bytes of address space that the process may still take (`ulimit -v`); `None` where there is no limit.
#[cfg(unix)]
pub(crate) fn free_addresses() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::As).current?;
    // The first number is the size of the process in pages. Only Linux has this file.
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages.split(' ').next().and_then(|pages| pages.parse().ok());
    let taken = pages
        .unwrap_or(0_u64)
        .saturating_mul(rustix::param::page_size() as u64);
    Some(limit.saturating_sub(taken))
}

#[cfg(not(unix))]
pub(crate) fn free_addresses() -> Option<u64> {
    None
}

/// Bytes of the machine's memory. Only Linux has this file.
fn physical() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The memory limit of the control group, as seen from within a container.
fn control_group() -> Option<u64> {
    let text = fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?;
    text.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_how_much_there_is() {
        let physical = physical().unwrap();
        assert!(physical > 1 << 20);
        assert!(memory().unwrap() <= physical);
    }
}
