//! Writes traces in Chrome's trace event format, which Perfetto reads too: complete events ("X") and instants ("i") with
//! microseconds, and metadata ("M") that names processes and threads. Process 0 is the host; each executor is one more, with
//! its streams as threads, and so is each group of other rows.

use std::fmt;
use std::io::{self, BufWriter, Write};

use super::trace::{DeviceRows, Event, Log, Name, RowId};

pub(super) fn write(log: &Log, to: impl io::Write) -> io::Result<()> {
    let mut out = BufWriter::new(to);
    writeln!(
        out,
        "{{\"displayTimeUnit\":\"ns\",\"otherData\":{{\"dropped events\":\"{}\"}},\"traceEvents\":[",
        log.dropped
    )?;
    name(&mut out, "process_name", 0, 0, &"host")?;
    for (thread, (_, title)) in log.threads.iter().enumerate() {
        out.write_all(b",\n")?;
        name(&mut out, "thread_name", 0, thread, title)?;
    }
    for (device, DeviceRows { title, rows }) in log.devices.iter().enumerate() {
        out.write_all(b",\n")?;
        name(&mut out, "process_name", device + 1, 0, title)?;
        for (row, title) in rows.iter().enumerate() {
            out.write_all(b",\n")?;
            name(&mut out, "thread_name", device + 1, row, title)?;
        }
    }
    for event in &log.events {
        out.write_all(b",\n")?;
        write_event(&mut out, event)?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}

fn name(
    out: &mut impl Write,
    what: &str,
    process: usize,
    thread: usize,
    title: &dyn fmt::Display,
) -> io::Result<()> {
    let title = title.to_string();
    write!(
        out,
        "{{\"ph\":\"M\",\"name\":\"{what}\",\"pid\":{process},\"tid\":{thread},\"args\":{{\"name\":\"{}\"}}}}",
        Escaped(&title)
    )
}

fn write_event(out: &mut impl Write, event: &Event) -> io::Result<()> {
    let (process, thread) = match event.row {
        RowId::Thread(thread) => (0, thread),
        RowId::Stream { device, stream } => (device + 1, stream),
    };
    let (category, prefix, name) = match &event.name {
        Name::Path(path) => {
            return write!(
                out,
                "{{\"ph\":\"i\",\"s\":\"t\",\"cat\":\"path\",\"name\":\"{}\",\"pid\":{process},\"tid\":{thread},\"ts\":{},\"args\":{{\"batch\":{}}}}}",
                Escaped(&path.to_string()),
                Microseconds(event.start),
                event.batch
            );
        }
        Name::Step(name) => ("step", "", *name),
        Name::Submission(name) => ("submission", "submit ", &**name),
        Name::Task(name) => ("task", "", &**name),
    };
    write!(
        out,
        "{{\"ph\":\"X\",\"cat\":\"{category}\",\"name\":\"{prefix}{}\",\"pid\":{process},\"tid\":{thread},\"ts\":{},\"dur\":{},\"args\":{{\"batch\":{}}}}}",
        Escaped(name),
        Microseconds(event.start),
        Microseconds(event.end.saturating_sub(event.start)),
        event.batch
    )
}

/// Nanoseconds, written as microseconds without rounding.
struct Microseconds(u64);

impl fmt::Display for Microseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A text inside quotes, by the rules of JSON (RFC 8259, section 7).
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\0'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(character))?,
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}
