//! Files in memory that are decoded together: on several threads, and within the memory of a batch.

use crate::decode::OpenImage;
use crate::decode::admission::Admission;
use crate::decode::file_header::FileHeader;
use crate::decode::options::DecodeOptions;
use crate::error::DecodeError;
use crate::format::Format;
use crate::threads;
use pixelflume_ops::{Image, ImageShape};

/// Decodes image files in memory together; gives their images, or the reasons why one is missing, in the order of the files. The calling
/// thread takes part, and as many others as [`default_threads`](pixelflume_device::default_threads) says.
///
/// A file whose image does not fit into [`Limits::max_batch_bytes`](crate::Limits::max_batch_bytes) beside those before it is not decoded; its error is
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
/// ([`Limits::max_batch_bytes`](crate::Limits::max_batch_bytes)), and what their images will be.
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
    /// Those of the files that can be decoded.
    headers: Vec<Option<FileHeader>>,
    admission: Admission,
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

    /// Reads the headers of files by `read`; one that it refuses takes no room of the batch.
    pub(crate) fn read(
        files: Vec<F>,
        options: &DecodeOptions,
        read: impl Fn(&[u8], &DecodeOptions) -> Result<FileHeader, DecodeError> + Sync,
    ) -> Self {
        let contents: Vec<&[u8]> = files.iter().map(AsRef::as_ref).collect();
        let is_jpeg = |file: &&[u8]| Format::of_content(file) == Some(Format::Jpeg);
        // A header of JPEG is read in less time than it takes to wake a thread.
        let headers: Vec<_> = match contents.iter().all(is_jpeg) {
            true => contents.iter().map(|file| read(file, options)).collect(),
            false => threads::map(contents, |_, file| read(file, options)),
        };
        let divided = headers.into_iter().map(|header| match header {
            Ok(header) => (Ok(header.need), Some(header)),
            Err(error) => (Err(error), None),
        });
        let (needs, headers): (Vec<_>, Vec<_>) = divided.unzip();
        let admission = Admission::new(needs, &options.limits);
        FileBatch {
            headers,
            admission,
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
        let (_, header) = self.admitted(file)?;
        Some(header.need.shape)
    }

    /// Decodes the admitted ones of these files on threads of the CPU; gives the number and the result of each, in the order of
    /// `files`. Files that are refused are left out.
    pub fn decode(&self, files: &[usize]) -> Vec<(usize, Result<Image, DecodeError>)> {
        let (admission, options) = (&self.admission, &self.options);
        let admitted = files.iter().filter_map(|&number| {
            let (file, header) = self.admitted(number)?;
            Some((number, file, header))
        });
        threads::map(admitted.collect(), |_, (number, file, header)| {
            let decode = || OpenImage::of_header(file, header.jpeg, options)?.decode();
            (number, admission.with_memory(number, decode))
        })
    }

    /// Takes for each file the reason why it is refused; `None` where it was admitted.
    pub fn take_refusals(&mut self) -> Vec<Option<DecodeError>> {
        self.admission.take_refusals()
    }

    /// A file that was admitted, and its header.
    pub(crate) fn admitted(&self, number: usize) -> Option<(&[u8], &FileHeader)> {
        let header = self.headers.get(number)?.as_ref()?;
        if !self.admission.is_admitted(number) {
            return None;
        }
        Some((self.files[number].as_ref(), header))
    }

    pub(crate) fn options(&self) -> &DecodeOptions {
        &self.options
    }
}
