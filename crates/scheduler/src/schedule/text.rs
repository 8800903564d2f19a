//! Schedules as text, for people and for tests.

use std::fmt;

use super::Schedule;
use pixelflume_graph::text::Shown;

/// Writes one line per step, in the order of submission, between the start and the end of the run:
///
/// ```text
/// schedule of 4 nodes on 2 streams with 2 events
/// stream 0: input, records event 0
/// stream 1: blur, waits for event 0, records event 1
/// stream 0: gray
/// stream 0: difference, waits for event 1
/// ```
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, streams, events) = (self.len(), self.streams_used(), self.event_count());
        writeln!(
            f,
            "schedule of {nodes} nodes on {streams} streams with {events} events"
        )?;
        for stream in self.forks() {
            writeln!(f, "stream {stream}: waits for the start")?;
        }
        for step in self.steps() {
            write!(f, "stream {}: {}", step.stream, Shown(self.name(step.node)))?;
            list(f, ", waits for event ", &step.waits)?;
            if let Some(event) = step.record {
                write!(f, ", records event {event}")?;
            }
            writeln!(f)?;
        }
        if !self.joins().is_empty() {
            list(f, "stream 0: the end, waits for event ", self.joins())?;
            writeln!(f)?;
        }
        Ok(())
    }
}

fn list(f: &mut fmt::Formatter<'_>, before: &str, events: &[usize]) -> fmt::Result {
    for (i, event) in events.iter().enumerate() {
        let before = if i == 0 { before } else { " and " };
        write!(f, "{before}{event}")?;
    }
    Ok(())
}
