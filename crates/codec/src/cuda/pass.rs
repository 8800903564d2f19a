//! Passes: files that the GPU decodes together, with one set of launches.
#![expect(unsafe_code, reason = "enqueues kernels, which act on addresses")]

use crate::cuda::entropy::{Batch, Buffers, Functions, Layout};
use crate::cuda::error::BatchError;
use crate::cuda::image::DecodedImage;
use crate::cuda::layout::BLOCK_BYTES;
use crate::cuda::pixels::{PassImage, PixelTables};
use crate::cuda::resources::Resources;
use crate::cuda::times::Milestone;
use pixelflume_device::Address;
use pixelflume_jpeg::Baseline;
use std::ops::Range;

/// Files and tables begin at multiples of this. What is between the end of a file and the next one has any content.
const ALIGNMENT: usize = 16;

/// A file for the GPU.
pub(crate) struct DeviceFile<'a> {
    /// Its number in the batch.
    pub(crate) index: usize,
    pub(crate) file: &'a [u8],
    pub(crate) baseline: &'a Baseline,
    /// Where its pixels go.
    pub(crate) image: &'a DecodedImage,
}

/// Some files of a batch: what is uploaded for them, and where it lies. Offsets are bytes.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    entropy: Batch,
    layout: Layout,
    tables: PixelTables,
    /// Where each file begins, from the first one on.
    starts: Vec<usize>,
    file_bytes: usize,
    blocks: u64,
    sample_bytes: u64,
    components: usize,
    /// Where the files begin in the memory that is uploaded, and where the tables of the kernels do.
    begin: usize,
    blob: usize,
    pixel_tables: usize,
}

impl Pass {
    /// Removes all files.
    pub(crate) fn clear(&mut self) {
        self.entropy.clear();
        self.tables.clear();
        self.starts.clear();
        (
            self.file_bytes,
            self.blocks,
            self.sample_bytes,
            self.components,
        ) = (0, 0, 0, 0);
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Bytes of the coefficients.
    fn coefficient_bytes(&self) -> u64 {
        self.blocks * BLOCK_BYTES
    }

    /// Bytes that are uploaded for the files and one more at most, and bytes of device memory that all of them take. `None` where
    /// the kernels do not take the file.
    pub(crate) fn most_with(&self, file: &DeviceFile<'_>) -> Option<(u64, u64)> {
        let entropy = self.entropy.most_with(file.baseline)?;
        let layout = file.image.layout();
        let components = self.components + layout.components().len();
        let tables = PixelTables::bytes_for(self.len() + 1, components);
        let files = self.file_bytes + file.file.len() + 2 * ALIGNMENT;
        let uploaded = (files + entropy.blob_bytes + tables) as u64;
        let coefficients = self.coefficient_bytes() + layout.coefficient_bytes();
        let samples = self.sample_bytes + layout.sample_bytes();
        let all = uploaded + entropy.workspace_bytes as u64 + coefficients + samples;
        Some((uploaded, all))
    }

    /// Bytes of the tables that it writes.
    pub(crate) fn table_bytes(&self) -> usize {
        self.layout.blob_bytes + PixelTables::bytes_for(self.len(), self.components)
    }

    /// Bytes of ordinary memory that it keeps for tables.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.entropy.kept_bytes() + self.tables.kept_bytes()
    }

    /// Adds a file; `false`, and nothing else, where the kernels do not take it, or not with the others.
    pub(crate) fn push(&mut self, file: &DeviceFile<'_>) -> bool {
        let start = self.file_bytes as u64;
        if self
            .entropy
            .push(file.baseline, start, self.blocks)
            .is_err()
        {
            return false;
        }
        let layout = file.image.layout();
        self.starts.push(self.file_bytes);
        self.file_bytes += file.file.len().next_multiple_of(ALIGNMENT);
        self.blocks += layout.coefficient_bytes() / BLOCK_BYTES;
        self.sample_bytes += layout.sample_bytes();
        self.components += layout.components().len();
        true
    }

    /// Places what is uploaded behind `begin`, a multiple of 16; returns its end, another one. `None` where it is more than can be
    /// counted. There is at least one file. `window_bits` is that of [`BatchConfig`](crate::cuda::BatchConfig).
    pub(crate) fn place(&mut self, begin: usize, window_bits: Option<u32>) -> Option<usize> {
        let finished = match window_bits {
            Some(bits) => self.entropy.finish_with(bits),
            None => self.entropy.finish(),
        };
        self.layout = finished.ok()?;
        self.begin = begin;
        self.blob = begin.checked_add(self.file_bytes)?;
        let end = self.blob.checked_add(self.layout.blob_bytes)?;
        self.pixel_tables = end.checked_next_multiple_of(ALIGNMENT)?;
        let tables = PixelTables::bytes_for(self.len(), self.components);
        self.pixel_tables.checked_add(tables)
    }

    /// The bytes of its file of this number in the memory that is uploaded.
    pub(crate) fn file(&self, number: usize, length: usize) -> Range<usize> {
        let start = self.begin + self.starts[number];
        start..start + length
    }

    /// Bytes of device memory beside what is uploaded: coefficients, samples and the workspace of the entropy kernels.
    pub(crate) fn scratch_bytes(&self) -> usize {
        let bytes = self.coefficient_bytes() + self.sample_bytes;
        usize::try_from(bytes).map_or(usize::MAX, |bytes| {
            bytes.saturating_add(self.layout.workspace_bytes)
        })
    }

    /// Writes the tables; the files are written by others. `scratch` is where coefficients, samples and workspace will be.
    pub(crate) fn write(&mut self, files: &[DeviceFile<'_>], scratch: Address, staged: &mut [u8]) {
        let mut coefficients = scratch;
        let mut samples = scratch.offset(self.coefficient_bytes() as usize);
        for file in files {
            let quantizers: [_; 4] = std::array::from_fn(|component| {
                let components = file.baseline.components();
                components.get(component).map_or([0; 64], |of| of.quantizer)
            });
            let layout = file.image.layout();
            self.tables.push(&PassImage {
                layout,
                quantizers: &quantizers,
                coefficients,
                samples,
                pixels: file.image.first_pixel(),
            });
            coefficients = coefficients.offset(layout.coefficient_bytes() as usize);
            samples = samples.offset(layout.sample_bytes() as usize);
        }
        self.entropy
            .write(&mut staged[self.blob..][..self.layout.blob_bytes]);
        staged[self.blob + self.layout.blob_bytes..self.pixel_tables].fill(0);
        let tables = PixelTables::bytes_for(self.len(), self.components);
        let target = &mut staged[self.pixel_tables..][..tables];
        let end = self.tables.write(target);
        target[end..].fill(0);
    }

    /// Puts the launches into the stream; returns where the statuses are in the memory that was uploaded, behind them.
    ///
    /// # Safety
    /// When the launches run, what was placed and written is at `uploaded`, and at `scratch`, which is that of [`Pass::write`], are
    /// [`Pass::scratch_bytes`]; and nothing else uses them or the pixels of the files unless streams and events order it.
    pub(crate) unsafe fn enqueue(
        &self,
        functions: &Functions,
        (uploaded, scratch): (Address, Address),
        resources: Resources<'_>,
    ) -> Result<usize, BatchError> {
        let samples = self.coefficient_bytes() as usize;
        let buffers = Buffers {
            bytes: uploaded.offset(self.begin),
            blob: uploaded.offset(self.blob),
            workspace: scratch.offset(samples + self.sample_bytes as usize),
            coefficients: scratch,
        };
        resources.record(Milestone::Begin)?;
        // The end of the last launch is the beginning of those for the pixels.
        let milestones = [
            Milestone::Counted,
            Milestone::Unstuffed,
            Milestone::Guessed,
            Milestone::Met,
            Milestone::Synchronized,
            Milestone::Totaled,
            Milestone::Summed,
        ];
        let mut milestones = milestones.into_iter();
        for launch in self.entropy.launches(functions, &buffers) {
            // SAFETY: the buffers are as large as the layout of the finished batch says, its blob was written, and the files begin and
            // end at multiples of 16, as units of which they are read; the caller promises that they are there. The kernels stay
            // inside of them whatever the files hold.
            unsafe { resources.stream.enqueue(&launch, None) }?;
            if let Some(milestone) = milestones.next() {
                resources.record(milestone)?;
            }
        }
        let tables = uploaded.offset(self.pixel_tables);
        // SAFETY: the tables were written for this scratch memory, and the caller promises that they are there.
        unsafe {
            resources
                .kernels
                .enqueue(&self.tables, tables, resources.stream, resources.times)
        }?;
        Ok(self.blob)
    }
}
