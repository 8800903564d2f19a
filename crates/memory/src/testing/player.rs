//! One thread of a random sequence: its buffers and its steps.
#![expect(unsafe_code, reason = "fills buffers by address")]

use super::model::{Books, LiveBlocks, Random, check_statistics};
use super::slow::Slow;
use super::{Summary, TestSource};
use crate::buffer::DeviceBuffer;
use crate::class::SizeClass;
use crate::error::MemoryError;
use crate::manager::MemoryManager;
use crate::pinned::PinnedBuffer;
use pixelflume_device::Stream;

/// The most buffers that a thread has at a time.
const MOST_BUFFERS: usize = 16;

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// A buffer that is filled with one value.
struct Owned {
    buffer: DeviceBuffer,
    block: usize,
    value: u8,
}

/// A copy of a buffer in flight, and its expected content.
struct Download {
    target: PinnedBuffer,
    block: usize,
    value: u8,
}

/// One thread of a sequence.
pub(super) struct Player<'a> {
    memory: &'a MemoryManager,
    live: &'a LiveBlocks,
    random: Random,
    buffers: Vec<Owned>,
    downloads: Vec<Download>,
    device_books: Books,
    pinned_books: Books,
    streams: Vec<Stream>,
    slow: Slow,
    summary: Summary,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        memory: &'a MemoryManager,
        live: &'a LiveBlocks,
        seed: u64,
    ) -> Result<Self, String> {
        let mut random = Random::new(seed);
        let device = memory.device();
        let streams: Vec<_> = (0..1 + random.below(4))
            .map(|_| device.stream())
            .collect::<Result<_, _>>()
            .map_err(text)?;
        Ok(Player {
            memory,
            live,
            random,
            buffers: Vec::new(),
            downloads: Vec::new(),
            device_books: Books::default(),
            pinned_books: Books::default(),
            slow: Slow::new(device, streams.len())?,
            streams,
            summary: Summary::default(),
        })
    }

    pub(super) fn check(&self, source: &TestSource) -> Result<(), String> {
        let statistics = self.memory.statistics();
        check_statistics(&statistics, &self.device_books, &self.pinned_books, source)
    }

    pub(super) fn step(&mut self) -> Result<(), String> {
        match self.random.below(20) {
            0..5 => self.allocate(),
            5..9 => self.free(),
            9..12 => self.refill(),
            12..14 => self.upload(),
            14..16 => self.download(),
            16 | 17 => self.check_download(),
            18 => self.join_streams(),
            _ => match self.random.below(8) {
                0 => self.memory.trim().map_err(text),
                1 => self.stream().synchronize().map_err(text),
                _ => Ok(()),
            },
        }
    }

    fn stream(&mut self) -> Stream {
        self.streams[self.random.below(self.streams.len())].clone()
    }

    /// Puts slow work into a stream, at times.
    fn delay(&mut self, stream: &Stream) -> Result<(), String> {
        if self.random.below(2) == 0 {
            return Ok(());
        }
        let index = self.streams.iter().position(|s| s.id() == stream.id());
        self.slow.enqueue(stream, index.unwrap_or(0))
    }

    fn allocate(&mut self) -> Result<(), String> {
        if self.buffers.len() == MOST_BUFFERS {
            return self.free();
        }
        let bytes = self.random.size();
        self.allocate_bytes(bytes)
    }

    fn allocate_bytes(&mut self, bytes: usize) -> Result<(), String> {
        let stream = self.stream();
        let block = SizeClass::of(bytes).map_or(usize::MAX, SizeClass::bytes);
        let in_use = self.device_books.in_use;
        let statistics_limit = self.memory.statistics().limit;
        let fits = statistics_limit.is_none_or(|limit| in_use + block <= limit);
        match self.memory.allocate(bytes, &stream) {
            Ok(buffer) => {
                self.device_books.handed_out(block);
                self.summary.allocations += 1;
                let address = buffer.address().raw();
                if !fits {
                    return Err(format!("{bytes} bytes passed the limit, {in_use} in use"));
                }
                if address % 512 != 0 {
                    return Err(format!("a block at {address:#x} is not aligned to 512"));
                }
                self.live.insert(address, block)?;
                self.buffers.push(Owned {
                    buffer,
                    block,
                    value: 0,
                });
                let last = self.buffers.len() - 1;
                self.fill(last, &stream)
            }
            Err(MemoryError::OverLimit {
                asked,
                block: b,
                limit,
                in_use: i,
            }) if !fits
                && (asked, b, Some(limit), i) == (bytes, block, statistics_limit, in_use) =>
            {
                self.device_books.refused();
                self.summary.refusals += 1;
                Ok(())
            }
            Err(error) => Err(format!(
                "{bytes} bytes were refused, {in_use} in use: {error}"
            )),
        }
    }

    /// Fills a buffer with a new value, in the order of any stream.
    fn fill(&mut self, index: usize, stream: &Stream) -> Result<(), String> {
        self.delay(stream)?;
        let value = self.random.byte();
        let owned = &mut self.buffers[index];
        owned.value = value;
        let (buffer, home) = (&owned.buffer, owned.buffer.stream());
        let other = stream.id() != home.id();
        let event = self.memory.device().event().map_err(text)?;
        let fill = || {
            if other {
                home.record(&event)?;
                stream.wait(&event)?;
            }
            // SAFETY: the range is the buffer's own, which lives until its drop; the work is on its stream, or ordered
            // between two points of it.
            unsafe { stream.fill(buffer.address(), value, buffer.len()) }?;
            if other {
                stream.record(&event)?;
                home.wait(&event)?;
            }
            Ok::<_, pixelflume_device::DeviceError>(())
        };
        fill().map_err(text)
    }

    fn refill(&mut self) -> Result<(), String> {
        if self.buffers.is_empty() {
            return self.allocate();
        }
        let index = self.random.below(self.buffers.len());
        let stream = self.stream();
        self.fill(index, &stream)
    }

    /// Frees a buffer, often while its last work is still in flight.
    fn free(&mut self) -> Result<(), String> {
        if self.buffers.is_empty() {
            return self.allocate();
        }
        let index = self.random.below(self.buffers.len());
        if self.random.below(2) == 0 {
            let stream = self.stream();
            self.fill(index, &stream)?;
        }
        let Owned { buffer, block, .. } = self.buffers.swap_remove(index);
        let bytes = buffer.len();
        self.live.remove(buffer.address().raw());
        drop(buffer);
        self.device_books.returned(block);
        // Sometimes the same size is requested at once, on any stream: the worst moment for the pool.
        if self.random.below(3) == 0 {
            return self.allocate_bytes(bytes);
        }
        Ok(())
    }

    fn pinned(&mut self, bytes: usize) -> Result<(PinnedBuffer, usize), String> {
        let block = SizeClass::of(bytes).map_or(usize::MAX, SizeClass::bytes);
        let pinned = self.memory.pinned(bytes).map_err(text)?;
        self.pinned_books.handed_out(block);
        self.live.insert(pinned.address().raw(), block)?;
        Ok((pinned, block))
    }

    fn drop_pinned(&mut self, pinned: PinnedBuffer, block: usize) {
        self.live.remove(pinned.address().raw());
        drop(pinned);
        self.pinned_books.returned(block);
    }

    /// Gives a buffer its value by a copy, whose source is dropped while the copy may be in flight.
    fn upload(&mut self) -> Result<(), String> {
        if self.buffers.is_empty() {
            return self.allocate();
        }
        let index = self.random.below(self.buffers.len());
        let (stream, value) = (self.stream(), self.random.byte());
        let bytes = self.buffers[index].buffer.len();
        let (mut source, block) = self.pinned(bytes)?;
        source.as_mut_slice().map_err(text)?.fill(value);
        self.delay(&stream)?;
        let owned = &mut self.buffers[index];
        owned.value = value;
        let copied = owned.buffer.upload(0, &mut source, 0..bytes, &stream);
        self.drop_pinned(source, block);
        copied.map_err(text)
    }

    fn download(&mut self) -> Result<(), String> {
        if self.buffers.is_empty() {
            return self.allocate();
        }
        let index = self.random.below(self.buffers.len());
        self.download_of(index)
    }

    /// Starts a copy of a buffer, to be compared later; the buffer may be freed before the copy is
    /// complete.
    fn download_of(&mut self, index: usize) -> Result<(), String> {
        let stream = self.stream();
        self.delay(&stream)?;
        let bytes = self.buffers[index].buffer.len();
        let (mut target, block) = self.pinned(bytes)?;
        let Owned { buffer, value, .. } = &self.buffers[index];
        let value = *value;
        buffer
            .download(0, &mut target, 0..bytes, &stream)
            .map_err(text)?;
        self.downloads.push(Download {
            target,
            block,
            value,
        });
        Ok(())
    }

    fn check_download(&mut self) -> Result<(), String> {
        if self.downloads.is_empty() {
            return Ok(());
        }
        let index = self.random.below(self.downloads.len());
        let Download {
            target,
            block,
            value,
        } = self.downloads.swap_remove(index);
        let bytes = target.as_slice().map_err(text)?;
        self.summary.checks += 1;
        self.summary.bytes += bytes.len() as u64;
        // Equal to the first, and each to the next: one fast comparison, so that the streams are not at rest after it.
        let same = bytes.first().is_none_or(|first| *first == value)
            && bytes
                .get(1..)
                .is_none_or(|rest| *rest == bytes[..rest.len()]);
        if !same {
            let len = bytes.len();
            let at = bytes.iter().position(|byte| *byte != value).unwrap_or(0);
            let found = bytes[at];
            return Err(format!(
                "the content of a buffer of {len} bytes is not its own: byte {at} is {found:#04x}, not {value:#04x}"
            ));
        }
        self.drop_pinned(target, block);
        Ok(())
    }

    /// Makes one stream wait for another.
    fn join_streams(&mut self) -> Result<(), String> {
        let (first, second) = (self.stream(), self.stream());
        let event = self.memory.device().event().map_err(text)?;
        first
            .record(&event)
            .and_then(|()| second.wait(&event))
            .map_err(text)
    }

    /// Compares all buffers and copies that are left, and frees them.
    pub(super) fn finish(mut self) -> Result<Summary, String> {
        for index in 0..self.buffers.len() {
            self.download_of(index)?;
        }
        while !self.downloads.is_empty() {
            self.check_download()?;
        }
        for Owned { buffer, .. } in self.buffers.drain(..) {
            self.live.remove(buffer.address().raw());
        }
        for stream in &self.streams {
            stream.synchronize().map_err(text)?;
        }
        Ok(self.summary)
    }
}
