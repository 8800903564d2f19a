//! A small cache of executors by the shape of the image.

use crate::host::strips::StripsHost;
use crate::image::ImageShape;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most executors that a chain keeps. One of a photograph has some 10 to 100 KB of tables.
const MOST: usize = 128;

/// The executors of the shapes that were seen last.
#[derive(Default)]
pub(super) struct ExecutorCache {
    by_shape: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// The executors, each with the time of its last use.
    executors: HashMap<ImageShape, (Arc<StripsHost>, u64)>,
    /// The number of uses so far.
    time: u64,
}

impl ExecutorCache {
    /// The executor of this shape, which is made where the cache has none.
    pub(super) fn get<E>(
        &self,
        shape: ImageShape,
        make: impl FnOnce() -> Result<Arc<StripsHost>, E>,
    ) -> Result<Arc<StripsHost>, E> {
        if let Some(executor) = self.find(shape) {
            return Ok(executor);
        }
        // Made without the lock: other threads make those of other shapes meanwhile.
        let executor = make()?;
        let mut entries = self.by_shape.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.executors.len() >= MOST {
            let oldest = entries.executors.iter().min_by_key(|(_, (_, time))| *time);
            if let Some(oldest) = oldest.map(|(&shape, _)| shape) {
                entries.executors.remove(&oldest);
            }
        }
        let time = entries.time;
        entries
            .executors
            .insert(shape, (Arc::clone(&executor), time));
        Ok(executor)
    }

    fn find(&self, shape: ImageShape) -> Option<Arc<StripsHost>> {
        let mut entries = self.by_shape.lock().unwrap_or_else(PoisonError::into_inner);
        entries.time += 1;
        let now = entries.time;
        let (executor, time) = entries.executors.get_mut(&shape)?;
        *time = now;
        Some(Arc::clone(executor))
    }
}
