//! What jobs leave behind.

use std::fmt;

/// What is left when a job is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    /// Bytes on the heap, less the results of runners that are kept to compare with.
    pub(super) heap: i64,
    /// Bytes in the pools of device memory and page-locked memory.
    pub(super) pools: i64,
}

impl Left {
    /// What is left behind a job in the middle: the thread that reads a source may end after its job.
    pub(super) fn median(left: &[Left]) -> Left {
        let middle = |of: fn(&Left) -> i64| {
            let mut all: Vec<i64> = left.iter().map(of).collect();
            all.sort_unstable();
            all[all.len() / 2]
        };
        Left {
            heap: middle(|left| left.heap),
            pools: middle(|left| left.pools),
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Left { heap, pools } = self;
        write!(
            f,
            "{} KiB on the heap and {} KiB in pools",
            heap >> 10,
            pools >> 10
        )
    }
}

/// Bytes of the process in memory; 0 where that is not known.
pub(super) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
