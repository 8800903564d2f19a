//! The decoder of the CPU: on one thread, on all, and with the pipeline on the host.

use super::{BATCHES, Row, decode_options, pipeline};
use crate::error::Measured;
use crate::spread::Spread;
use pixelflume::codec::{DecodeError, decode};
use pixelflume::device::Device;
use pixelflume::device::sync::Mutex;
use pixelflume::memory::MemoryManager;
use pixelflume::pipeline::{ExecutionConfig, Input, Output, Runner};
use std::hint::black_box;
use std::time::Instant;

/// Rows of about `images` images each.
pub(super) fn rows(memory: &MemoryManager, files: &[&[u8]], images: usize) -> Measured<Vec<Row>> {
    let threads = memory.copy_threads().count() + 1;
    let row = |name: String, to, batch, rates| Row {
        decoder: name,
        to,
        batch,
        images_per_s: Some(Spread::new(rates)),
        us: None,
        difference: None,
    };
    let mut rows = vec![row(
        "CPU, 1 thread".to_owned(),
        "RGB",
        1,
        one(files, images)?,
    )];
    if threads > 1 {
        let name = format!("CPU, {threads} threads");
        rows.push(row(name, "RGB", files.len(), all(memory, files, images)?));
    }
    let batch = BATCHES[0].min(files.len());
    let rates = tensors(&files[..batch], images)?;
    rows.push(row("host device".to_owned(), "tensors", batch, rates));
    Ok(rows)
}

/// Files one after the other on this thread; an eighth of the images, since each has a figure.
fn one(files: &[&[u8]], images: usize) -> Measured<Vec<f64>> {
    let mut rates = Vec::new();
    for file in files.iter().cycle().take(images.div_ceil(8)) {
        let start = Instant::now();
        black_box(decode(file, &decode_options())?);
        rates.push(1.0 / start.elapsed().as_secs_f64());
    }
    Ok(rates)
}

/// All files on all threads, several times.
fn all(memory: &MemoryManager, files: &[&[u8]], images: usize) -> Measured<Vec<f64>> {
    let mut rates = Vec::new();
    for _ in 0..images.div_ceil(files.len()).max(3) {
        let failed: Mutex<Option<DecodeError>> = Mutex::default();
        let start = Instant::now();
        memory.copy_threads().for_each(files.len(), &|index| {
            if let Err(error) = decode(files[index], &decode_options()).map(black_box) {
                failed.lock().get_or_insert(error);
            }
        });
        rates.push(files.len() as f64 / start.elapsed().as_secs_f64());
        if let Some(error) = failed.into_inner() {
            return Err(error.into());
        }
    }
    Ok(rates)
}

/// A batch of files to tensors by the host device, several times.
fn tensors(files: &[&[u8]], images: usize) -> Measured<Vec<f64>> {
    let config = ExecutionConfig::default().with_max_batch(files.len() as u32);
    let mut runner = Runner::new(pipeline()?, &Device::host(), config)?;
    let mut rates = Vec::new();
    for _ in 0..images.div_ceil(files.len()).max(3) {
        let mut tensor = None;
        let outputs = &mut [Output::Tensor(&mut tensor)];
        let start = Instant::now();
        let execution = runner.execute(&[Input::Encoded(files)], outputs)?;
        execution.into_result()?;
        rates.push(files.len() as f64 / start.elapsed().as_secs_f64());
    }
    Ok(rates)
}
