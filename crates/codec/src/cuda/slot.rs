//! Batches in flight on the GPU: ordinary files go up as they are, and become pixels there.
#![expect(unsafe_code, reason = "enqueues kernels, which act on addresses")]

use crate::cuda::entropy::Functions;
use crate::cuda::error::BatchError;
use crate::cuda::options::BatchConfig;
use crate::cuda::pass::{DeviceFile, Pass};
use crate::cuda::resources::{Kept, Needs, Recent, Resources};
use parking_lot::Mutex;
use pixelflume_device::{Device, DeviceError, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, PinnedBuffer, copy_past_caches};
use std::ops::Range;

/// The most bytes of files that the calling thread copies alone: to wake other threads takes as long as to copy a part of them.
const SMALL: usize = 1 << 20;

/// Bytes that a thread copies at a time, at most: several threads share the copy of a large file.
const PART: usize = 256 << 10;

/// Threads from which on copies go past the caches of the processor. Fewer of them do not fill the bus, and are faster without.
const FILL_THE_BUS: usize = 8;

/// The memory of a batch in flight: its files and tables, and what became of them. Batches take turns with it.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The stream of the uploads: those of one batch go on while another one is decoded.
    uploads: Stream,
    pinned: Kept<PinnedBuffer>,
    device: Kept<DeviceBuffer>,
    statuses: Kept<PinnedBuffer>,
    /// Passes; those of the batch are the first `used`.
    passes: Vec<Pass>,
    used: usize,
    recently_used: Recent,
    table_needs: Needs,
    /// The files of all passes in order: their numbers in the batch, and their bytes in `pinned`.
    files: Vec<(usize, Range<usize>)>,
}

impl Slot {
    pub(crate) fn new(device: &Device) -> Result<Self, DeviceError> {
        Ok(Slot {
            uploads: device.stream()?,
            pinned: Kept::default(),
            device: Kept::default(),
            statuses: Kept::default(),
            passes: Vec::new(),
            used: 0,
            recently_used: Recent::default(),
            table_needs: Needs::default(),
            files: Vec::new(),
        })
    }

    /// Puts the work for files into the stream, in passes as `config` says. Those that the
    /// kernels do not take stay in `files`; the others are told by [`Slot::odd`]. `scratch` is memory that passes share, one after the
    /// other in the stream.
    pub(crate) fn run(
        &mut self,
        files: &mut Vec<DeviceFile<'_>>,
        config: &BatchConfig,
        functions: &Functions,
        scratch: &mut Kept<DeviceBuffer>,
        resources: Resources<'_>,
    ) -> Result<(), BatchError> {
        let (taken, end) = self.plan(files, config);
        if taken.is_empty() {
            return Ok(());
        }
        let Slot {
            uploads,
            pinned,
            device,
            statuses,
            passes,
            used,
            files,
            ..
        } = self;
        let passes = &mut passes[..*used];
        let status_bytes = 4 * taken.len();
        let scratch_bytes = passes.iter().map(Pass::scratch_bytes).max().unwrap_or(0);
        let memory = resources.memory;
        let pinned = pinned.grown(end, |bytes| memory.pinned(bytes))?;
        let device = device.grown(end, |bytes| memory.allocate(bytes, uploads))?;
        let statuses = statuses.grown(status_bytes, |bytes| memory.pinned(bytes))?;
        let allocate = |bytes| memory.allocate(bytes, resources.stream);
        let scratch = scratch.grown(scratch_bytes, allocate)?;

        let staged = pinned.as_mut_slice()?;
        stage(&taken, files, staged, resources);
        let mut first = 0;
        for pass in passes.iter_mut() {
            let end = first + pass.len();
            pass.write(&taken[first..end], scratch.address(), staged);
            first = end;
        }
        device.upload(0, pinned, 0..end, uploads)?;
        device.order_before(resources.stream)?;
        let enqueued = enqueue(passes, functions, (device, scratch, statuses), resources);
        // Also behind work that failed: a part of it may be in the stream.
        device.order_after(resources.stream)?;
        enqueued
    }

    /// Divides the files into passes, and places what is uploaded for them; returns the files that were taken in order, and the end of
    /// what is uploaded.
    fn plan<'a>(
        &mut self,
        files: &mut Vec<DeviceFile<'a>>,
        config: &BatchConfig,
    ) -> (Vec<DeviceFile<'a>>, usize) {
        self.used = 0;
        self.files.clear();
        let bound = config.pass_bytes;
        let mut taken = Vec::with_capacity(files.len());
        let mut refused = Vec::new();
        let mut end = 0;
        let mut rest = std::mem::take(files).into_iter().peekable();
        while rest.peek().is_some() {
            if self.used == self.passes.len() {
                self.passes.push(Pass::default());
            }
            let pass = &mut self.passes[self.used];
            pass.clear();
            let first = taken.len();
            while let Some(file) = rest.peek() {
                let most = pass.most_with(file);
                // What is uploaded for the passes of a batch is in memory at a time.
                let fits_upload = |uploaded| taken.is_empty() || end as u64 + uploaded <= bound;
                let Some((_, bytes)) = most.filter(|&(uploaded, _)| fits_upload(uploaded)) else {
                    refused.extend(rest.next());
                    continue;
                };
                let fits = pass.len() == 0 || bytes <= bound;
                match fits && pass.push(file) {
                    true => taken.extend(rest.next()),
                    // The next pass begins with it.
                    false if pass.len() > 0 => break,
                    false => refused.extend(rest.next()),
                }
            }
            if pass.len() == 0 {
                continue;
            }
            match pass.place(end, config.window_bits) {
                Some(behind) => {
                    end = behind;
                    self.used += 1;
                    self.recently_used.note(self.used);
                    self.table_needs.note(pass.table_bytes());
                    for (number, file) in taken[first..].iter().enumerate() {
                        let bytes = pass.file(number, file.file.len());
                        self.files.push((file.index, bytes));
                    }
                }
                None => refused.extend(taken.drain(first..)),
            }
        }
        *files = refused;
        (taken, end)
    }

    /// Ends the batch: frees what the last batches did not need.
    pub(crate) fn end(&mut self) {
        self.pinned.end();
        self.device.end();
        self.statuses.end();
        self.passes.truncate(self.recently_used.end());
        let most = self.table_needs.end();
        self.passes.retain(|pass| pass.kept_bytes() <= most);
        (self.used, self.files) = (0, Vec::new());
    }

    /// The number of files of the batch that the GPU decodes.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Waits for the batch, and returns the files that the GPU could not decode: their numbers in the batch, and their bytes.
    ///
    /// # Errors
    /// The device failed.
    pub(crate) fn odd(&self) -> Result<Vec<(usize, &[u8])>, MemoryError> {
        let (Some(statuses), Some(pinned)) = (self.statuses.get(), self.pinned.get()) else {
            return Ok(Vec::new());
        };
        if self.files.is_empty() {
            return Ok(Vec::new());
        }
        let statuses = statuses.as_slice()?.chunks_exact(4);
        let files = pinned.as_slice()?;
        let odd = self.files.iter().zip(statuses);
        let odd = odd.filter(|(_, status)| status.iter().any(|&byte| byte != 0));
        Ok(odd
            .map(|((index, bytes), _)| (*index, &files[bytes.clone()]))
            .collect())
    }
}

/// Copies the files to their places, on several threads, with zeros between them.
fn stage(
    files: &[DeviceFile<'_>],
    places: &[(usize, Range<usize>)],
    mut staged: &mut [u8],
    resources: Resources<'_>,
) {
    let mut before = 0;
    let mut copies = Vec::with_capacity(files.len());
    for (file, (_, bytes)) in files.iter().zip(places) {
        let (gap, rest) = std::mem::take(&mut staged).split_at_mut(bytes.start - before);
        gap.fill(0);
        let (target, rest) = rest.split_at_mut(bytes.len());
        (staged, before) = (rest, bytes.end);
        let parts = target.chunks_mut(PART).zip(file.file.chunks(PART));
        copies.extend(parts.map(Mutex::new));
    }
    let copy_part = |index: usize, copy: fn(&mut [u8], &[u8])| {
        let (target, part) = &mut *copies[index].lock();
        copy(target, part);
    };
    if before <= SMALL {
        return (0..copies.len()).for_each(|index| copy_part(index, <[u8]>::copy_from_slice));
    }
    let threads = resources.memory.copy_threads();
    let copy = match copies.len().min(threads.count() + 1) < FILL_THE_BUS {
        true => <[u8]>::copy_from_slice,
        false => copy_past_caches,
    };
    threads.for_each(copies.len(), &|index| copy_part(index, copy));
}

fn enqueue(
    passes: &[Pass],
    functions: &Functions,
    (device, scratch, statuses): (&DeviceBuffer, &DeviceBuffer, &mut PinnedBuffer),
    resources: Resources<'_>,
) -> Result<(), BatchError> {
    let mut first = 0;
    for pass in passes {
        let addresses = (device.address(), scratch.address());
        // SAFETY: the stream is ordered behind the upload of what the pass wrote, and the stream of the upload behind this work. The
        // scratch memory, at which it was written, is as large as the largest pass needs; it and the pixels are memory of this stream.
        let blob = unsafe { pass.enqueue(functions, addresses, resources) }?;
        let end = first + 4 * pass.len();
        device.download(blob, statuses, first..end, resources.stream)?;
        first = end;
    }
    Ok(())
}
