//! Files of several scans: all coefficients are stored before pixels are made.

use crate::decoder::Decoder;
use crate::decoder::common::{check_damage, latch, quantizers, transform};
use crate::decoder::job::Job;
use crate::decoder::options::{Options, Target};
use crate::entropy::scan::{BlockRows, ScanDecoder};
use crate::error::JpegError;
use crate::file::frame::{Frame, Process};
use crate::file::markers::Reader;
use crate::file::scan::Scan;
use crate::file::segments::{Next, Segments};
use crate::samples::smoothing::{Precision, Smoothed, smooth};

/// The number of times that the scans of a file may visit every block of its frame, however little data they have: files that are cut
/// or damaged have scans without data. A scan can visit blocks that have no bit in the file, so that a small file could take long
/// without a limit.
const VISITS: u64 = 4;
/// The number of visits that no file exceeds in vain: small images with all scans of a script, none of which has data.
const LEAST_VISITS: u64 = 1 << 16;
/// The number of further blocks that the scans may visit for every byte of entropy-coded data that was read before. Bytes of other
/// segments do not count: a comment would pay for scans. A scan of DC coefficients has a bit for each of its blocks at least, and
/// every encoder writes one first, so that this allows 100 scans; the scripts of encoders have at most 64.
const VISITS_FOR_BYTE: u64 = 8 * 100;

impl Decoder {
    /// Reads all scans of a file, and smooths its coefficients if it is incomplete.
    pub(super) fn read_all<'a>(
        &mut self,
        file: &'a [u8],
        job: &mut Job<'a>,
        options: &Options,
    ) -> Result<(), JpegError> {
        let opened = &mut job.opened;
        let (frame, mut scan) = (opened.frame, opened.scan);
        if frame.process() == Process::Sequential {
            opened.segments.huffman.fill_with_standard();
        }
        self.coefficients.start(&frame);
        let mut progress = Progress::new();
        let (mut visits, mut data_bytes) = (0, 0);
        loop {
            visits += scan.blocks(&frame);
            let without_data = (VISITS * frame.all_stored_blocks()).max(LEAST_VISITS);
            let limit = without_data + VISITS_FOR_BYTE * data_bytes;
            if visits > limit {
                return Err(JpegError::TooManyScans {
                    blocks: visits,
                    limit,
                });
            }
            let parts = (&frame, &opened.segments, &scan);
            let rows = match job.header.single_scan() {
                true => job.geometry.mcu_rows().end * scan.rows_of_mcu(&frame),
                false => u32::MAX,
            };
            let from = (file, opened.reader.at());
            let end = self.read_scan(from, rows, parts, &mut progress, options)?;
            if job.header.single_scan() {
                break;
            }
            data_bytes += end.saturating_sub(from.1) as u64;
            opened.reader = Reader::new(file, end);
            match opened
                .segments
                .read(&mut opened.reader, options.allow_truncated)?
            {
                Next::Scan(next) => scan = next,
                Next::End => break,
            }
        }
        if frame.process() == Process::Progressive {
            self.smooth(&frame, &progress);
        }
        Ok(())
    }

    /// Adds the first `rows` MCU rows of a scan, or all that it has, to the coefficients. Returns where its data were read to.
    fn read_scan(
        &mut self,
        (file, at): (&[u8], usize),
        rows: u32,
        (frame, segments, scan): (&Frame, &Segments, &Scan),
        progress: &mut Progress,
        options: &Options,
    ) -> Result<usize, JpegError> {
        let fault = |fault| JpegError::Invalid { offset: at, fault };
        let planes = self.coefficients.planes();
        latch(frame, scan, segments, planes).map_err(fault)?;
        let parts = (frame, segments, scan);
        let mut decoder =
            ScanDecoder::new((file, at), parts, &mut self.lookups, false).map_err(fault)?;
        if frame.process() == Process::Progressive {
            progress.begin(scan);
        }
        let rows = rows.min(decoder.rows());
        for row in 0..rows {
            let mut unused = [const { None }; 4];
            for (slot, plane) in unused.iter_mut().zip(&mut *planes) {
                *slot = Some(plane);
            }
            let mut rows = [(); 4].map(|()| BlockRows::default());
            let mut mcu_row = row;
            for (rows, component) in rows.iter_mut().zip(scan.components()) {
                let Some(plane) = unused[component.index].take() else {
                    continue;
                };
                let v = frame.components()[component.index].v;
                if scan.interleaved() {
                    let first = row as usize * usize::from(v);
                    *rows = plane.rows(first..first + usize::from(v));
                } else {
                    mcu_row = row / u32::from(v);
                    *rows = plane.rows(row as usize..row as usize + 1);
                }
            }
            let good = decoder
                .row(&mut rows[..scan.components().len()])
                .map_err(fault)?;
            if good {
                progress.last_good = mcu_row;
            }
            check_damage(&decoder, file, options)?;
        }
        Ok(decoder.position())
    }

    fn smooth(&mut self, frame: &Frame, progress: &Progress) {
        let planes = self.coefficients.planes();
        let mut components = Vec::with_capacity(planes.len());
        let precisions = progress.precisions.iter();
        for (index, (plane, precision)) in planes.iter_mut().zip(precisions).enumerate() {
            let (columns, rows) = frame.blocks(index);
            let Some(divisors) = &plane.quantizer else {
                return;
            };
            components.push(Smoothed {
                blocks: &mut plane.blocks,
                stored_columns: plane.columns,
                real: (columns as usize, rows as usize),
                block_rows: frame.components()[index].v.into(),
                divisors,
                precision,
            });
        }
        if smooth(&mut components, progress.last_good, progress.scans) {
            for mark in planes.iter_mut().flat_map(|plane| &mut plane.marks) {
                *mark |= 1 << 9;
            }
        }
    }

    /// Makes pixels of the coefficients.
    pub(super) fn render(&mut self, job: &Job<'_>, target: Target<'_>) {
        let Self {
            coefficients,
            sampler,
            extents,
            ..
        } = self;
        let (frame, geometry) = (&job.opened.frame, &job.geometry);
        sampler.start(geometry.shapes(), &geometry.region, geometry.conversion);
        let planes = coefficients.planes();
        let quantizers = quantizers(planes);
        for row in sampler.mcu_rows() {
            for (component, quantizer) in quantizers
                .iter()
                .enumerate()
                .take(geometry.conversion.components())
            {
                let plane = &mut planes[component];
                let v = usize::from(frame.components()[component].v);
                let first = row as usize * v;
                let end = (first + v).min(frame.blocks(component).1 as usize);
                for y in first..end {
                    transform(
                        sampler,
                        component,
                        y - first,
                        &plane.rows(y..y + 1),
                        extents,
                        quantizer,
                    );
                }
            }
            sampler.emit(row, target.data, target.pitch);
        }
    }
}

/// What the scans so far have given.
struct Progress {
    precisions: [Precision; 4],
    scans: u32,
    /// MCU row of the last MCU at whose beginning the data had not ended.
    last_good: u32,
}

impl Progress {
    fn new() -> Self {
        Self {
            precisions: [(); 4].map(|()| Precision::new()),
            scans: 0,
            last_good: 0,
        }
    }

    /// Takes note of a progressive scan before its data.
    fn begin(&mut self, scan: &Scan) {
        for component in scan.components() {
            let precision = &mut self.precisions[component.index];
            precision.scan(scan.start..=scan.end, scan.low, self.scans == 0);
        }
        self.scans += 1;
    }
}
