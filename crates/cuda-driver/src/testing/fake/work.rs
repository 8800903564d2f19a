//! Work of the fake driver, which is done as late as possible: when a call waits for it, or has queried it often
//! enough.

use std::sync::Arc;

use super::memory::Place;
use super::module::{DeviceMemory, KernelLaunch, Launch};
use super::state::{FakeState, Handle};
use super::stream::EventRecord;
use crate::result::CuResult;

/// One piece of work.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Work {
    Launch(Launch),
    Copy {
        dst: u64,
        src: u64,
        bytes: usize,
    },
    Fill {
        dst: u64,
        value: u8,
        bytes: usize,
    },
    Free {
        address: u64,
    },
    /// The record of an event, by the number of the record.
    Record {
        event: Handle,
        number: u64,
    },
    /// The record that a graph makes of an event each time it runs.
    RecordInGraph {
        event: Handle,
    },
    /// A wait for the work of a stream up to a number.
    Wait {
        stream: Handle,
        number: u64,
    },
    /// A run of an executable graph: its work in an order that its edges allow.
    Run(Arc<Vec<Work>>),
}

impl Work {
    /// Whether the work reads or writes any of these bytes. What kernels touch is not known.
    pub(super) fn touches(&self, address: u64, bytes: usize) -> bool {
        let overlaps = |from: u64, length: usize| {
            from < address + bytes as u64 && address < from + length as u64
        };
        match self {
            Work::Copy { dst, src, bytes } => overlaps(*dst, *bytes) || overlaps(*src, *bytes),
            Work::Fill { dst, bytes, .. } => overlaps(*dst, *bytes),
            Work::Run(all) => all.iter().any(|work| work.touches(address, bytes)),
            _ => false,
        }
    }

    /// The kernels that the work launches.
    pub(super) fn kernels(&self) -> Vec<&Launch> {
        match self {
            Work::Launch(launch) => vec![launch],
            Work::Run(all) => all.iter().flat_map(Work::kernels).collect(),
            _ => Vec::new(),
        }
    }
}

impl FakeState {
    /// Does the work of a stream up to a number, after the work that it waits for.
    pub(super) fn run_to(&mut self, stream: Handle, number: u64) {
        let mut ahead = vec![(stream, number)];
        while let Some(&(stream, number)) = ahead.last() {
            let before = match self.next_of(stream, number) {
                None => {
                    ahead.pop();
                    continue;
                }
                Some(&Work::Wait { stream, number }) => Some((stream, number)),
                Some(_) => None,
            };
            match before {
                Some((other, number)) if self.is_pending(other, number) => {
                    ahead.push((other, number));
                }
                _ => self.run_next(stream),
            }
        }
    }

    /// Does all pending work.
    pub(super) fn run_all(&mut self) {
        let streams: Vec<Handle> = self.streams.iter().map(|(handle, _)| *handle).collect();
        for stream in streams {
            self.run_to(stream, u64::MAX);
        }
    }

    /// Does a single piece of a stream's work, as if time had passed.
    pub(super) fn advance(&mut self, stream: Handle) {
        if let Some(number) = self.oldest_of(stream) {
            self.run_to(stream, number);
        }
    }

    fn run_next(&mut self, stream: Handle) {
        if let Some(work) = self.take_next(stream) {
            self.perform(&work);
        }
    }

    fn perform(&mut self, work: &Work) {
        self.done += 1;
        match work {
            Work::Launch(launch) => self.perform_launch(launch),
            Work::Copy { dst, src, bytes } => self.perform_copy(*dst, *src, *bytes),
            Work::Fill { dst, value, bytes } => self.perform_fill(*dst, *value, *bytes),
            Work::Free { address } => self.freed(*address),
            Work::Record { event, number } => {
                let now = self.done;
                // An event that was destroyed meanwhile is of no interest to anybody.
                if let Ok(event) = self.events.at(*event)
                    && matches!(event.recorded, EventRecord::On { number: newest, .. } if newest == *number)
                {
                    event.recorded = EventRecord::Done { time: now };
                }
            }
            Work::RecordInGraph { event } => {
                let now = self.done;
                match self.events.at(*event) {
                    Ok(event) => event.recorded = EventRecord::Done { time: now },
                    Err(_) => {
                        self.note(format_args!("a graph records an event that was destroyed"));
                    }
                }
            }
            Work::Wait { .. } => {}
            Work::Run(all) => all.iter().for_each(|work| self.perform(work)),
        }
    }

    fn perform_launch(&mut self, launch: &Launch) {
        self.launches += 1;
        let loaded = self
            .modules
            .iter()
            .any(|(_, module)| module.has(launch.function));
        if !loaded {
            self.note(format_args!(
                "kernel {} runs, but its module was unloaded",
                launch.name
            ));
            return;
        }
        let loaded = self.loaded(launch.function);
        let body = self.kernels.body(&launch.name);
        let mut memory = DeviceMemory::new(&mut self.memory, &mut self.violations, &launch.name);
        if let Some(body) = body {
            body(&launch.args, &mut memory);
        } else if let Some(module) = loaded {
            let kernel = KernelLaunch {
                kernel: &launch.name,
                geometry: launch.grid,
                parameters: &launch.args,
            };
            if let Err(reason) = module.run(&kernel, &mut memory) {
                self.note(format_args!("{reason}"));
                self.lose(CuResult::ILLEGAL_ADDRESS);
            }
        }
    }

    fn perform_copy(&mut self, dst: u64, src: u64, bytes: usize) {
        let mut buffer = vec![0; bytes];
        if self.read(src, &mut buffer) {
            self.write(dst, &buffer);
        }
    }

    fn perform_fill(&mut self, dst: u64, value: u8, bytes: usize) {
        self.write(dst, &vec![value; bytes]);
    }

    fn read(&mut self, address: u64, into: &mut [u8]) -> bool {
        if self.memory.place(address) == Place::Device {
            match self.memory.device(address, into.len()) {
                Some(bytes) => into.copy_from_slice(bytes),
                None => return self.not_there(address, into.len()),
            }
            return true;
        }
        if self.memory.place(address) == Place::Pinned
            && !self.memory.is_pinned(address, into.len())
        {
            return self.not_there(address, into.len());
        }
        #[expect(unsafe_code, reason = "reads memory of the process")]
        // SAFETY: the bytes are all in one live page-locked block, which others write only in an order that streams give; or
        // the caller of the copy promised that they are the process's, and such copies are done before the call returns.
        unsafe {
            let source = std::ptr::with_exposed_provenance::<u8>(address as usize);
            source.copy_to_nonoverlapping(into.as_mut_ptr(), into.len());
        }
        true
    }

    fn write(&mut self, address: u64, from: &[u8]) -> bool {
        if self.memory.place(address) == Place::Device {
            match self.memory.device(address, from.len()) {
                Some(bytes) => bytes.copy_from_slice(from),
                None => return self.not_there(address, from.len()),
            }
            return true;
        }
        if self.memory.place(address) == Place::Pinned
            && !self.memory.is_pinned(address, from.len())
        {
            return self.not_there(address, from.len());
        }
        #[expect(unsafe_code, reason = "writes memory of the process")]
        // SAFETY: as in `read`; no other thread reads or writes them at the same time.
        unsafe {
            let target = std::ptr::with_exposed_provenance_mut::<u8>(address as usize);
            target.copy_from_nonoverlapping(from.as_ptr(), from.len());
        }
        true
    }

    fn not_there(&mut self, address: u64, bytes: usize) -> bool {
        self.note(format_args!(
            "{bytes} bytes at {address:#x} are not all in one live block"
        ));
        false
    }
}
