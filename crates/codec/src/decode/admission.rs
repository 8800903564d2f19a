//! Which files fit into the memory of a batch, and how many of them are decoded at a time.

use crate::decode::options::DecodeOptions;
use crate::decode::{Need, OpenImage};
use crate::error::DecodeError;
use crate::limits::Limits;
use crate::threads;
use parking_lot::{Condvar, Mutex};
use pixelflume_ops::ImageShape;
use std::path::Path;

/// Where an image file is.
#[derive(Clone, Copy, Debug)]
pub enum ImageFile<'a> {
    /// Its bytes, in memory.
    Bytes(&'a [u8]),
    /// On disk.
    Path(&'a Path),
}

/// Reads the headers of files, and tells which of their images fit into [`Limits::max_batch_bytes`]: for programs that decode them
/// by themselves. [`FileBatch`](crate::FileBatch) does both for files in memory.
pub fn admit(files: &[ImageFile<'_>], options: &DecodeOptions) -> Admission {
    let needs = threads::map(files.to_vec(), |_, file| {
        let opened = match file {
            ImageFile::Bytes(bytes) => OpenImage::of_bytes(bytes, options),
            ImageFile::Path(path) => OpenImage::of_file(path, options),
        };
        opened.map(|image| image.need())
    });
    Admission::new(needs, &options.limits)
}

/// Which files of a batch are decoded. In their order, each is admitted whose image fits beside those admitted before it and beside
/// what decoding one of them takes; another one takes no room from those behind it.
#[derive(Debug)]
pub struct Admission {
    /// What each file that was admitted needs.
    needs: Vec<Option<Need>>,
    refusals: Vec<Option<DecodeError>>,
    gate: Gate,
}

impl Admission {
    /// Admits files that need so much, or cannot be decoded.
    pub(crate) fn new(needs: Vec<Result<Need, DecodeError>>, limits: &Limits) -> Self {
        let mut room = Room::new(limits);
        let divided = needs.into_iter().map(|need| {
            let admitted = need.and_then(|need| {
                room.admit(&need)?;
                Ok(need)
            });
            match admitted {
                Ok(need) => (Some(need), None),
                Err(error) => (None, Some(error)),
            }
        });
        let (needs, refusals) = divided.unzip();
        Admission {
            needs,
            refusals,
            gate: Gate::new(room.limit - room.used),
        }
    }

    /// Takes for each file the reason why it is refused; `None` where it was admitted.
    pub fn take_refusals(&mut self) -> Vec<Option<DecodeError>> {
        std::mem::take(&mut self.refusals)
    }

    /// Whether a file was admitted.
    pub(crate) fn is_admitted(&self, file: usize) -> bool {
        self.needs.get(file).is_some_and(Option::is_some)
    }

    /// Decodes a file by `decode`, when there is the memory that it takes beside its image: waits for other threads that decode files
    /// of the batch. A file that was not admitted waits for nothing.
    /// `decode` must not call this for the same batch: it could wait for itself.
    pub fn with_memory<R>(&self, file: usize, decode: impl FnOnce() -> R) -> R {
        let need = self.needs.get(file).and_then(Option::as_ref);
        self.gate.with(need.map_or(0, beside), decode)
    }

    /// Looks at what a file needs that was opened again to be decoded: on disk another file may have its name since.
    ///
    /// # Errors
    /// It needs more memory than was admitted.
    pub fn check(&self, file: usize, need: &Need) -> Result<(), DecodeError> {
        let Some(admitted) = self.needs.get(file).and_then(Option::as_ref) else {
            return Ok(());
        };
        let is_within = image_bytes(&need.shape) <= image_bytes(&admitted.shape)
            && beside(need) <= beside(admitted);
        match is_within {
            true => Ok(()),
            false => Err(DecodeError::Changed {
                shape: need.shape,
                bytes: need.bytes,
                before: admitted.shape,
                admitted: admitted.bytes,
            }),
        }
    }
}

fn image_bytes(shape: &ImageShape) -> u64 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    pixels.saturating_mul(shape.channels.into())
}

/// Bytes that decoding takes beside the image.
fn beside(need: &Need) -> u64 {
    need.bytes.saturating_sub(image_bytes(&need.shape))
}

/// Counts the memory of a batch.
struct Room {
    /// Bytes of the images.
    used: u64,
    /// The most bytes that decoding one of them takes beside its image.
    beside: u64,
    limit: u64,
}

impl Room {
    fn new(limits: &Limits) -> Self {
        Room {
            used: 0,
            beside: 0,
            limit: limits.max_batch_bytes,
        }
    }

    /// Counts an image, if it fits.
    fn admit(&mut self, need: &Need) -> Result<(), DecodeError> {
        let bytes = image_bytes(&need.shape);
        let beside = self.beside.max(beside(need));
        let used = self.used.saturating_add(bytes);
        if used.saturating_add(beside) > self.limit {
            return Err(DecodeError::BatchFull {
                shape: need.shape,
                bytes,
                beside,
                used: self.used,
                limit: self.limit,
            });
        }
        (self.used, self.beside) = (used, beside);
        Ok(())
    }
}

/// Lets threads do work at a time whose memory is within a bound together. No work takes more than the bound.
#[derive(Debug)]
struct Gate {
    left: Mutex<u64>,
    returned: Condvar,
}

/// Bytes that work took; they go back when it is dropped.
struct Pass<'a>(&'a Gate, u64);

impl Gate {
    fn new(bytes: u64) -> Self {
        Gate {
            left: Mutex::new(bytes),
            returned: Condvar::new(),
        }
    }

    /// Does work that takes so many bytes, when they are there.
    fn with<R>(&self, bytes: u64, work: impl FnOnce() -> R) -> R {
        let mut left = self.left.lock();
        self.returned.wait_while(&mut left, |left| *left < bytes);
        *left -= bytes;
        drop(left);
        let _pass = Pass(self, bytes);
        work()
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.left.lock() += self.1;
        self.0.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn work_at_a_time_is_within_the_bound() {
        let gate = Gate::new(100);
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [100, 40, 60, 0, 99, 30, 30, 30, 1] {
                let (gate, now, most) = (&gate, &now, &most);
                scope.spawn(move || {
                    for _ in 0..50 {
                        gate.with(bytes, || {
                            let all = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                            most.fetch_max(all, Ordering::SeqCst);
                            std::thread::yield_now();
                            now.fetch_sub(bytes, Ordering::SeqCst);
                        });
                    }
                });
            }
        });
        assert!((60..=100).contains(&most.into_inner()));
        assert_eq!(*gate.left.lock(), 100);
    }
}
