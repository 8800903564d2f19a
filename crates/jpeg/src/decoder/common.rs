//! What files of one scan and of several have in common.

use crate::coefficients::Plane;
use crate::decoder::options::Options;
use crate::entropy::scan::{BlockRows, ScanDecoder};
use crate::error::{Damage, Fault, JpegError};
use crate::file::frame::Frame;
use crate::file::scan::Scan;
use crate::file::segments::Segments;
use crate::samples::idct::Quantizer;
use crate::samples::sampler::Sampler;

/// Stores the quantizer of each component that a scan has for the first time, as it is defined at that scan.
///
/// # Errors
/// [`Fault::NoQuantizer`] if it is not defined.
pub(super) fn latch(
    frame: &Frame,
    scan: &Scan,
    segments: &Segments,
    planes: &mut [Plane],
) -> Result<(), Fault> {
    for component in scan.components() {
        let plane = &mut planes[component.index];
        if plane.quantizer.is_none() {
            let slot = frame.components()[component.index].quantizer;
            let quantizer = segments
                .quantizers
                .get(usize::from(slot))
                .copied()
                .flatten();
            plane.quantizer = Some(quantizer.ok_or(Fault::NoQuantizer { slot })?);
        }
    }
    Ok(())
}

/// The quantizers of the components. All coefficients of a component without a scan are 0, whatever its quantizer.
pub(super) fn quantizers(planes: &[Plane]) -> [Quantizer; 4] {
    [0, 1, 2, 3].map(|component| {
        let plane = planes.get(component);
        Quantizer::new(&plane.and_then(|plane| plane.quantizer).unwrap_or([0; 64]))
    })
}

/// Refuses a scan that has damage so far, unless the options allow it.
///
/// # Errors
/// [`JpegError::Truncated`] if the first damage is that the file ends, [`JpegError::Damaged`] otherwise.
pub(super) fn check_damage(
    scan: &ScanDecoder<'_, '_>,
    file: &[u8],
    options: &Options,
) -> Result<(), JpegError> {
    match scan.damage() {
        Some(noted) if !options.allow_truncated => match noted.damage {
            Damage::EarlyMarker | Damage::Restart { .. } if noted.file_ended => {
                Err(JpegError::Truncated { offset: file.len() })
            }
            damage => Err(JpegError::Damaged {
                offset: noted.at,
                damage,
            }),
        },
        _ => Ok(()),
    }
}

/// Transforms the blocks of one block row that the region needs.
pub(super) fn transform(
    sampler: &mut Sampler,
    component: usize,
    block_row: usize,
    row: &BlockRows<'_>,
    extents: &mut Vec<u8>,
    quantizer: &Quantizer,
) {
    let columns = sampler.blocks(component);
    extents.clear();
    extents.reserve_exact(columns.len());
    extents.extend(
        row.marks[columns.clone()]
            .iter()
            .map(|mark| (mark | 1).ilog2() as u8),
    );
    sampler.transform(
        component,
        block_row,
        &row.blocks[columns],
        extents,
        quantizer,
    );
}
