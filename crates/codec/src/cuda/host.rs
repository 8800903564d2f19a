//! The CPU's share of a batch: files whose entropy-coded data the GPU does not take become coefficients on threads, which are
//! uploaded and become pixels on the GPU like all others.
#![expect(unsafe_code, reason = "enqueues kernels, which act on addresses")]

use crate::cuda::error::BatchError;
use crate::cuda::image::DecodedImage;
use crate::cuda::layout::ImageLayout;
use crate::cuda::pixels::{PassImage, PixelTables};
use crate::cuda::resources::{Kept, Needs, Resources};
use crate::cuda::times::Milestone;
use crate::decode::guarded;
use crate::decode::options::DecodeOptions;
use crate::error::DecodeError;
use crate::format::Format;
use crate::threads;
use parking_lot::Mutex;
use pixelflume_jpeg::{Decoder, Quantizer};
use pixelflume_memory::{DeviceBuffer, PinnedBuffer};

/// A file for the CPU.
pub(crate) struct HostFile<'a> {
    /// Its number in the batch.
    pub(crate) index: usize,
    pub(crate) file: &'a [u8],
    /// Where its pixels go.
    pub(crate) image: &'a DecodedImage,
}

/// The memory of the passes of the CPU's share, and its decoders. Passes follow one another in one stream, and share it.
#[derive(Debug, Default)]
pub(crate) struct HostShare {
    /// The coefficients of a pass, with its tables behind them.
    pinned: Kept<PinnedBuffer>,
    /// The same on the device, with the samples behind them.
    device: Kept<DeviceBuffer>,
    tables: PixelTables,
    table_needs: Needs,
    /// A decoder for each thread that decoded at a time.
    decoders: Mutex<Vec<Decoder>>,
    decoder_needs: Needs,
}

/// The part of a pass that a thread does.
struct Job<'a> {
    file: &'a [u8],
    layout: &'a ImageLayout,
    target: &'a mut [u8],
    result: Result<[Quantizer; 4], DecodeError>,
}

impl HostShare {
    /// Decodes files in passes that take at most `pass_bytes` bytes of device memory (or one file); when it returns, the work is in `stream`.
    /// Returns a result for each file.
    pub(crate) fn run(
        &mut self,
        files: &[HostFile<'_>],
        options: &DecodeOptions,
        pass_bytes: u64,
        resources: Resources<'_>,
    ) -> Result<Vec<Result<(), DecodeError>>, BatchError> {
        let mut results = Vec::with_capacity(files.len());
        let mut rest = files;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |file: &&HostFile<'_>| {
                let layout = file.image.layout();
                let tables = PixelTables::bytes_for(1, layout.components().len());
                bytes += layout.coefficient_bytes() + layout.sample_bytes() + tables as u64;
                bytes <= pass_bytes
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (pass, behind) = rest.split_at(count);
            results.extend(self.pass(pass, options, resources)?);
            rest = behind;
        }
        Ok(results)
    }

    /// Ends a batch: frees what the last batches did not need.
    pub(crate) fn end(&mut self) {
        self.pinned.end();
        self.device.end();
        let most = self.table_needs.end();
        if self.tables.kept_bytes() > most {
            self.tables = PixelTables::default();
        }
        let most = self.decoder_needs.end() as u64;
        let decoders = self.decoders.get_mut();
        decoders.retain(|decoder| decoder.kept_bytes() <= most);
    }

    fn pass(
        &mut self,
        files: &[HostFile<'_>],
        options: &DecodeOptions,
        resources: Resources<'_>,
    ) -> Result<Vec<Result<(), DecodeError>>, BatchError> {
        let sum = |of: fn(&ImageLayout) -> u64| {
            let all = files.iter().map(|file| of(file.image.layout()));
            usize::try_from(all.sum::<u64>()).unwrap_or(usize::MAX)
        };
        let components = files
            .iter()
            .map(|file| file.image.layout().components().len());
        let coefficients = sum(ImageLayout::coefficient_bytes);
        let tables = PixelTables::bytes_for(files.len(), components.sum());
        let samples = (coefficients + tables).next_multiple_of(64);
        let up = coefficients + tables;
        let all = samples + sum(ImageLayout::sample_bytes);
        self.table_needs.note(tables);
        let pinned = self
            .pinned
            .grown(up, |bytes| resources.memory.pinned(bytes))?;
        let allocate = |bytes| resources.memory.allocate(bytes, resources.stream);
        let device = self.device.grown(all, allocate)?;
        let (mut rest, tables_at) = pinned.as_mut_slice()?.split_at_mut(coefficients);
        let jobs = files.iter().map(|file| {
            let bytes = file.image.layout().coefficient_bytes() as usize;
            let (target, behind) = std::mem::take(&mut rest).split_at_mut(bytes);
            rest = behind;
            Mutex::new(Job {
                file: file.file,
                layout: file.image.layout(),
                target,
                result: Ok([[0; 64]; 4]),
            })
        });
        let jobs: Vec<_> = jobs.collect();
        threads::for_each(jobs.len(), &|index| {
            let decoder = self.decoders.lock().pop();
            let mut decoder = decoder.unwrap_or_default();
            jobs[index].lock().decode(&mut decoder, options);
            self.decoders.lock().push(decoder);
        });
        // All decoders of the pass may have grown to the largest file.
        let of_files = files.iter().map(|file| file.image.layout());
        let largest = of_files.map(ImageLayout::coefficient_bytes).max();
        let largest = usize::try_from(largest.unwrap_or(0)).unwrap_or(usize::MAX);
        self.decoder_needs.note(largest);
        let (mut at, mut samples_at) = (0, samples);
        let mut results = Vec::with_capacity(files.len());
        self.tables.clear();
        for (file, job) in files.iter().zip(jobs) {
            let job = job.into_inner();
            if let Ok(quantizers) = &job.result {
                self.tables.push(&PassImage {
                    layout: file.image.layout(),
                    quantizers,
                    coefficients: device.address().offset(at),
                    samples: device.address().offset(samples_at),
                    pixels: file.image.first_pixel(),
                });
            }
            at += file.image.layout().coefficient_bytes() as usize;
            samples_at += file.image.layout().sample_bytes() as usize;
            results.push(job.result.map(drop));
        }
        if results.iter().all(Result::is_err) {
            return Ok(results);
        }
        let end = coefficients + self.tables.write(tables_at);
        resources.record(Milestone::Begin)?;
        device.upload(0, pinned, 0..end, resources.stream)?;
        let tables_at = device.address().offset(coefficients);
        // SAFETY: the upload is before the launches in the stream, and the tables are at a multiple of 16. Coefficients, samples and
        // pixels lie in buffers of this stream as large as the layouts say, so that whatever uses their memory next comes behind.
        unsafe {
            resources
                .kernels
                .enqueue(&self.tables, tables_at, resources.stream, resources.times)
        }?;
        Ok(results)
    }
}

impl Job<'_> {
    /// Writes the coefficients of the file to the target.
    fn decode(&mut self, decoder: &mut Decoder, options: &DecodeOptions) {
        let Job { file, layout, .. } = *self;
        let options = &options.jpeg(layout.rect);
        let target = &mut *self.target;
        self.result = guarded(Format::Jpeg, || {
            let coefficients = decoder
                .coefficients(file, options)
                .map_err(DecodeError::Jpeg)?;
            let mut quantizers = [[0; 64]; 4];
            let components = coefficients.components().zip(layout.components());
            for ((component, place), quantizer) in components.zip(&mut quantizers) {
                *quantizer = component.quantizer;
                let bytes: &[u8] = bytemuck::cast_slice(component.blocks);
                let start = place.coefficients as usize;
                target[start..start + bytes.len()].copy_from_slice(bytes);
            }
            Ok(quantizers)
        });
    }
}
