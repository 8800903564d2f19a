//! How long the threads of a job are on a processor, as Linux tells it.

use serde::Serialize;
use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// The share of the time that the busiest thread of each kind was on a processor.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Busy {
    /// The thread that reads the source.
    pub(super) source: f64,
    /// The thread that admits items and forms batches.
    pub(super) batches: f64,
    /// The threads that give batches to devices.
    pub(super) device: f64,
    /// The threads that take results from devices.
    pub(super) results: f64,
    /// The threads that read headers, files and images.
    pub(super) workers: f64,
    /// The threads of engines, which wait for devices.
    pub(super) engines: f64,
    /// The thread that takes batches from the job.
    pub(super) caller: f64,
    /// All threads of the process together: 1 is one processor.
    pub(super) all: f64,
}

/// The times of all threads at one moment, by their numbers: the name, and nanoseconds on a processor.
type Times = HashMap<u32, (String, u64)>;

/// The begin of a measurement.
pub(super) struct Begun(Option<Times>);

impl Busy {
    /// Begins to measure the threads of this process.
    pub(super) fn start() -> Begun {
        Begun(times())
    }

    fn of(begun: &Times, ended: &Times, process: u32, time: Duration) -> Self {
        let mut busy = Busy::default();
        for (&thread, (name, at_end)) in ended {
            let before = begun.get(&thread).map_or(0, |&(_, time)| time);
            let share = at_end.saturating_sub(before) as f64 / time.as_nanos().max(1) as f64;
            busy.all += share;
            // The system keeps 15 characters of a name.
            let kind = match name.as_str() {
                "pixelflume sour" => &mut busy.source,
                "pixelflume batc" => &mut busy.batches,
                "pixelflume devi" => &mut busy.device,
                "pixelflume resu" => &mut busy.results,
                "pixelflume work" => &mut busy.workers,
                "pixelflume-engi" => &mut busy.engines,
                _ if thread == process => &mut busy.caller,
                _ => continue,
            };
            *kind = kind.max(share);
        }
        busy
    }
}

impl Begun {
    /// The shares of the time that has passed.
    pub(super) fn end(&self, time: Duration) -> Option<Busy> {
        let (begun, ended) = (self.0.as_ref()?, times()?);
        Some(Busy::of(begun, &ended, std::process::id(), time))
    }
}

/// The times of all threads of this process, where the system tells them.
fn times() -> Option<Times> {
    let threads = fs::read_dir("/proc/self/task").ok()?.flatten();
    let mut times = Times::new();
    for thread in threads {
        let read = |file: &str| fs::read_to_string(thread.path().join(file)).ok();
        let number = thread
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        // A thread may end meanwhile.
        let (Some(number), Some(name), Some(time)) = (number, read("comm"), read("schedstat"))
        else {
            continue;
        };
        let first = time.split_whitespace().next();
        let Some(time) = first.and_then(|time| time.parse().ok()) else {
            continue;
        };
        times.insert(number, (name.trim().to_owned(), time));
    }
    (!times.is_empty()).then_some(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_thread_of_a_kind_counts() {
        let times = |of: [(u32, &str, u64); 5]| -> Times {
            let entries = of.into_iter();
            entries
                .map(|(thread, name, time)| (thread, (name.to_owned(), time)))
                .collect()
        };
        let begun = times([
            (7, "pixelflume", 10),
            (8, "pixelflume batc", 100),
            (9, "pixelflume work", 0),
            (10, "pixelflume work", 50),
            (11, "cuda", 0),
        ]);
        let ended = times([
            (7, "pixelflume", 20),
            (8, "pixelflume batc", 200),
            (9, "pixelflume work", 25),
            (10, "pixelflume work", 60),
            (11, "cuda", 100),
        ]);
        let busy = Busy::of(&begun, &ended, 7, Duration::from_nanos(100));
        let expected = Busy {
            batches: 1.0,
            workers: 0.25,
            caller: 0.1,
            all: 2.45,
            ..Busy::default()
        };
        assert!((busy.all - expected.all).abs() < 1e-9);
        assert_eq!(Busy { all: 2.45, ..busy }, expected);
    }
}
