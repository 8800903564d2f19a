//! Files that are decoded together: on several threads, and within the memory of a batch.

use crate::decode::file_header::FileHeader;
use crate::decode::options::DecodeOptions;
use crate::decode::{Need, OpenImage};
use crate::error::DecodeError;
use crate::format::Format;
use crate::limits::Limits;
use crate::threads;
use parking_lot::{Condvar, Mutex};
use pixelflume_ops::{Image, ImageShape};

/// Decodes image files in memory together; gives their images, or the reasons why one is missing, in the order of the files. The calling
/// thread takes part, and as many others as [`default_threads`](pixelflume_device::default_threads) says.
///
/// A file whose image does not fit into [`Limits::max_batch_bytes`] beside those before it is not decoded; its error is
/// [`DecodeError::BatchFull`]. Files are measured by their headers before any of them is decoded.
pub fn decode_all(files: &[&[u8]], options: &DecodeOptions) -> Vec<Result<Image, DecodeError>> {
    let mut batch = FileBatch::new(files.to_vec(), options);
    let all: Vec<usize> = (0..files.len()).collect();
    let mut decoded = batch.decode(&all).into_iter();
    let refusals = batch.take_refusals().into_iter();
    let results = refusals.map(|refusal| match refusal {
        Some(error) => Err(error),
        None => {
            let (_, result) = decoded.next().expect("a result for each file");
            result
        }
    });
    results.collect()
}

/// Image files in memory that are decoded together, whose headers are read: which of them fit into the memory of a batch
/// ([`Limits::max_batch_bytes`]), and what their images will be.
///
/// In the order of the files, each is admitted whose image fits beside those admitted before it and beside what decoding one of them
/// takes; another one takes no room from those behind it. So many are decoded at a time as there is memory for.
///
/// ```
/// use pixelflume_codec::{DecodeOptions, FileBatch};
/// use pixelflume_ops::ImageShape;
///
/// let mut batch = FileBatch::new(vec![&b"P5 2 1 255\n\x01\x02"[..], b"none"], &DecodeOptions::default());
/// assert_eq!(batch.shape(0), Some(ImageShape::u8(2, 1, 1)));
/// assert_eq!(batch.shape(1), None);
/// let decoded = batch.decode(&[0, 1]);
/// assert_eq!(decoded.len(), 1);
/// assert_eq!(decoded[0].1.as_ref().unwrap().data(), [1, 2]);
/// assert!(batch.take_refusals()[1].is_some());
/// ```
#[derive(Debug)]
pub struct FileBatch<F> {
    files: Vec<F>,
    /// Those of the files that were admitted.
    headers: Vec<Option<FileHeader>>,
    refusals: Vec<Option<DecodeError>>,
    /// The most bytes that decoding may hold at a time beside the images of the batch.
    beside: u64,
    options: DecodeOptions,
}

impl<F: AsRef<[u8]>> FileBatch<F> {
    /// Reads the headers of files that the CPU decodes.
    pub fn new(files: Vec<F>, options: &DecodeOptions) -> Self {
        FileBatch::read(files, options, FileHeader::read)
    }

    /// Reads the headers of files that a [`BatchDecoder`](crate::cuda::BatchDecoder) decodes, all or some of them.
    pub fn for_device(files: Vec<F>, options: &DecodeOptions) -> Self {
        FileBatch::read(files, options, FileHeader::read_for_device)
    }

    fn read(
        files: Vec<F>,
        options: &DecodeOptions,
        read: fn(&[u8], &DecodeOptions) -> Result<FileHeader, DecodeError>,
    ) -> Self {
        let contents: Vec<&[u8]> = files.iter().map(AsRef::as_ref).collect();
        let is_jpeg = |file: &&[u8]| Format::of_content(file) == Some(Format::Jpeg);
        // A header of JPEG is read in less time than it takes to wake a thread.
        let headers: Vec<_> = match contents.iter().all(is_jpeg) {
            true => contents.iter().map(|file| read(file, options)).collect(),
            false => threads::map(contents, |_, file| read(file, options)),
        };
        let mut room = Room::new(&options.limits);
        let admitted = headers.into_iter().map(|header| {
            let admitted = header.and_then(|header| {
                room.admit(&header.need)?;
                Ok(header)
            });
            match admitted {
                Ok(header) => (Some(header), None),
                Err(error) => (None, Some(error)),
            }
        });
        let (headers, refusals) = admitted.unzip();
        FileBatch {
            headers,
            refusals,
            beside: room.limit - room.used,
            files,
            options: *options,
        }
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The shape of the image of a file, by its number; `None` where the file is refused, or there is none.
    pub fn shape(&self, file: usize) -> Option<ImageShape> {
        let header = self.headers.get(file)?.as_ref()?;
        Some(header.need.shape)
    }

    /// Decodes the admitted ones of these files on threads of the CPU; gives the number and the result of each, in the order of
    /// `files`. Files that are refused are left out.
    pub fn decode(&self, files: &[usize]) -> Vec<(usize, Result<Image, DecodeError>)> {
        let (gate, options) = (Gate::new(self.beside), &self.options);
        let admitted = files.iter().filter_map(|&number| {
            let (file, header) = self.admitted(number)?;
            Some((number, file, header))
        });
        threads::map(admitted.collect(), |_, (number, file, header)| {
            let decode = || OpenImage::of_header(file, header.jpeg, options)?.decode();
            (number, gate.with(beside(&header.need), decode))
        })
    }

    /// Takes for each file the reason why it is refused; `None` where it was admitted.
    pub fn take_refusals(&mut self) -> Vec<Option<DecodeError>> {
        std::mem::take(&mut self.refusals)
    }

    /// A file that was admitted, and its header.
    pub(crate) fn admitted(&self, number: usize) -> Option<(&[u8], &FileHeader)> {
        let header = self.headers.get(number)?.as_ref()?;
        Some((self.files[number].as_ref(), header))
    }

    pub(crate) fn options(&self) -> &DecodeOptions {
        &self.options
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
