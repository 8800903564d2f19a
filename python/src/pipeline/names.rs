//! Texts that live as long as the process, since the engine names operators and kernels by them.

use crate::pipeline::wrong;
use pixelflume::device::sync::Mutex;
use pyo3::prelude::*;
use std::collections::HashSet;

/// The most texts that are kept. Each is kept once, however often it is used.
const MOST: usize = 4096;

/// The most bytes of one text: PTX of 4 MiB is a very large module.
const MOST_BYTES: usize = 4 << 20;

/// The most bytes of all texts together.
const MOST_BYTES_OF_ALL: usize = 256 << 20;

#[derive(Default)]
struct Kept {
    texts: HashSet<&'static str>,
    bytes: usize,
}

/// The text as one that lives as long as the process.
///
/// # Errors
/// It is too long, or there are too many others.
pub(crate) fn kept(text: &str) -> PyResult<&'static str> {
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
    let mut kept = KEPT.lock();
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.texts.get(text) {
        return Ok(known);
    }
    let bytes = kept.bytes + text.len();
    if text.len() > MOST_BYTES || bytes > MOST_BYTES_OF_ALL || kept.texts.len() >= MOST {
        return Err(wrong(format!(
            "a name or PTX text of {} bytes is one too many for custom operators: a process can have {MOST} different ones, of {MOST_BYTES} bytes at most and {MOST_BYTES_OF_ALL} bytes together; make a custom operator once, and use it in many pipelines",
            text.len()
        )));
    }
    let text: &'static str = Box::leak(text.into());
    kept.texts.insert(text);
    kept.bytes = bytes;
    Ok(text)
}
