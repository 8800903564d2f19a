//! The rows of nvJPEG.

use super::equality::{Downloaded, with_cpu};
use super::figures::{Difference, per_second};
use super::nvjpeg::{Backend, NvJpeg};
use super::{Effort, Measurement, Row, batches_of, sizes};
use crate::error::{Measured, full_text};
use crate::spread::Latency;
use pixelflume::memory::MemoryManager;
use std::time::Instant;

/// Rows of all backends. A backend that fails, or a library that is not there, is left out with the reason.
pub(super) fn rows(
    memory: &MemoryManager,
    files: &[&[u8]],
    effort: &Effort,
    measurement: &mut Measurement,
) -> Measured<()> {
    for backend in Backend::ALL {
        let name = format!("nvJPEG {}", backend.name);
        if let Err(error) = of_backend(memory, files, effort, backend, &name, &mut measurement.rows)
        {
            let reason = format!("{name}: {}", full_text(&*error));
            measurement.left_out.push(reason);
        }
    }
    Ok(())
}

fn of_backend(
    memory: &MemoryManager,
    files: &[&[u8]],
    effort: &Effort,
    backend: Backend,
    name: &str,
    rows: &mut Vec<Row>,
) -> Measured<()> {
    let mut decoder = NvJpeg::open(memory, backend)?;
    let size = sizes(files)[0];
    let batches = batches_of(files, size);
    let mut difference = Difference::default();
    // It is slower, and how much its samples differ is seen from one batch.
    for batch in batches.iter().take(1) {
        decoder.decode_all(std::iter::once(batch))?;
        let images = decoder.images().iter().map(|image| {
            let pitch = image.shape.row_bytes();
            Downloaded::new(&image.buffer, 0, image.shape, pitch, memory)
        });
        let images = images.collect::<Measured<Vec<_>>>()?;
        difference = difference.and(with_cpu(memory, batch, &images)?);
    }
    let row = |batch| Row {
        decoder: name.to_owned(),
        to: "RGB",
        batch,
        images_per_s: None,
        us: None,
        difference: Some(difference),
    };
    let count = (effort.images / 8 / size).max(8);
    let complete = decoder.decode_all(batches.iter().cycle().take(count))?;
    rows.push(Row {
        images_per_s: Some(per_second(&complete[complete.len() / 5..], size)),
        ..row(size)
    });
    let alone = (effort.alone / 4).max(1);
    let warm_up = alone / 5;
    let mut us = Vec::with_capacity(alone);
    for (number, file) in files.iter().cycle().take(warm_up + alone).enumerate() {
        let start = Instant::now();
        decoder.decode_one(file)?;
        if number >= warm_up {
            us.push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    rows.push(Row {
        us: Some(Latency::new(us)),
        ..row(1)
    });
    Ok(())
}
