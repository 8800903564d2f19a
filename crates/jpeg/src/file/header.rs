//! The header of a file: what is known before its entropy-coded data are read.

use crate::error::{Fault, JpegError};
use crate::file::color::ColorSpace;
use crate::file::frame::{Frame, Process};
use crate::file::markers::Reader;
use crate::file::scan::Scan;
use crate::file::segments::{Next, Segments};

/// What a file says before its entropy-coded data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    frame: Frame,
    color: ColorSpace,
    orientation: u8,
    single_scan: bool,
}

impl Header {
    /// Reads the header of a file, up to the first scan. It takes no memory, and time for the segments before the scan only.
    ///
    /// # Errors
    /// [`JpegError`] for a file that cannot be decoded, as far as the header tells.
    pub fn read(file: &[u8]) -> Result<Self, JpegError> {
        Ok(Opened::read(file)?.header())
    }

    /// The size of the image and its components.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What the components mean.
    #[must_use]
    pub fn color(&self) -> ColorSpace {
        self.color
    }

    /// The orientation of the EXIF data, 1 to 8 (CIPA DC-008, tag Orientation); 1, upright, if the file has none that is valid. The
    /// decoder does not turn images: its caller does.
    #[must_use]
    pub fn orientation(&self) -> u8 {
        self.orientation
    }

    /// Whether one scan has the whole image, so that it is decoded row by row. The coefficients of other images are stored.
    #[must_use]
    pub fn single_scan(&self) -> bool {
        self.single_scan
    }
}

/// A file whose header was read.
pub(crate) struct Opened<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) segments: Segments,
    pub(crate) frame: Frame,
    pub(crate) scan: Scan,
}

impl<'a> Opened<'a> {
    /// Reads a file up to the data of its first scan. A file that is cut in the header of the scan is no error yet.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, JpegError> {
        let mut reader = Segments::start(file)?;
        let mut segments = Segments::default();
        let next = segments.read(&mut reader, true)?;
        let fault = |fault| JpegError::Invalid { offset: 0, fault };
        let frame = segments.frame().map_err(fault)?;
        match next {
            Next::Scan(scan) => Ok(Self {
                reader,
                segments,
                frame,
                scan,
            }),
            Next::End if reader.past_end() => Err(JpegError::Truncated { offset: file.len() }),
            Next::End => Err(fault(Fault::NoScan)),
        }
    }

    pub(crate) fn header(&self) -> Header {
        let components = self.frame.components().len();
        Header {
            frame: self.frame,
            color: self.segments.color(&self.frame),
            orientation: self.segments.orientation(),
            single_scan: self.frame.process() == Process::Sequential
                && self.scan.components().len() == components,
        }
    }
}
