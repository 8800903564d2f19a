//! Files whose first scan has the whole image: decoded MCU row by MCU row.

use crate::decoder::Decoder;
use crate::decoder::common::{check_damage, latch, quantizers, transform};
use crate::decoder::job::Job;
use crate::decoder::options::{Options, Target};
use crate::entropy::scan::{BlockRows, ScanDecoder};
use crate::error::JpegError;

impl Decoder {
    /// Decodes a file of one scan. Rows above the region are passed over, and rows below it are not decoded.
    pub(super) fn decode_single(
        &mut self,
        file: &[u8],
        job: &mut Job<'_>,
        options: &Options,
        target: Target<'_>,
    ) -> Result<(), JpegError> {
        let Self {
            lookups,
            coefficients,
            sampler,
            extents,
        } = self;
        let Job {
            opened, geometry, ..
        } = job;
        let (frame, scan, at) = (opened.frame, opened.scan, opened.reader.at());
        let fault = |fault| JpegError::Invalid { offset: at, fault };
        opened.segments.huffman.fill_with_standard();
        coefficients.start_rows(&frame);
        let planes = coefficients.planes();
        latch(&frame, &scan, &opened.segments, planes).map_err(fault)?;
        let parts = (&frame, &opened.segments, &scan);
        let mut decoder = ScanDecoder::new((file, at), parts, lookups, true).map_err(fault)?;
        sampler.start(geometry.shapes(), &geometry.region, geometry.conversion);
        let rows = sampler.mcu_rows();
        let used = geometry.conversion.components();
        let quantizers = quantizers(planes);
        for row in 0..rows.end {
            for plane in &mut *planes {
                plane.marks.fill(0);
            }
            if let [plane] = &mut *planes {
                // The MCUs of one component are blocks, row by row.
                let v = usize::from(frame.components()[0].v);
                let left = frame.blocks(0).1 as usize - row as usize * v;
                for y in 0..v.min(left) {
                    decoder.row(&mut [plane.rows(y..y + 1)]).map_err(fault)?;
                }
            } else {
                let mut rows = [(); 4].map(|()| BlockRows::default());
                for (rows, plane) in rows.iter_mut().zip(&mut *planes) {
                    *rows = plane.all_rows();
                }
                decoder.row(&mut rows).map_err(fault)?;
            }
            check_damage(&decoder, file, options)?;
            if row < rows.start {
                continue;
            }
            for (component, plane) in planes.iter_mut().enumerate().take(used) {
                if decoder.damage().is_some() {
                    // Damaged data leave out blocks.
                    plane.clear_unmarked();
                }
                let v = usize::from(frame.components()[component].v);
                let left = frame.blocks(component).1 as usize - row as usize * v;
                for y in 0..left.min(v) {
                    let row = plane.rows(y..y + 1);
                    transform(sampler, component, y, &row, extents, &quantizers[component]);
                }
            }
            sampler.emit(row, target.data, target.pitch);
        }
        Ok(())
    }
}
