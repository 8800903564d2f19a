//! What the header of an image file in memory says, read once for all that is done with the file.

use crate::decode::OpenImage;
use crate::decode::options::{Color, DecodeOptions};
use crate::decode::{Need, format_of, guarded};
use crate::error::DecodeError;
use crate::format::{Format, MAGIC_BYTES};
use pixelflume_jpeg::{Baseline, Header};

/// The most bytes before the entropy-coded data of a JPEG file that a device decodes: they go up with the data, and an image of any size
/// could have any number of them.
const DEVICE_HEADER_BYTES: usize = 1 << 20;

/// The header of an image file in memory, whose image is within the limits.
#[derive(Debug)]
pub(crate) struct FileHeader {
    /// What the image takes when the CPU decodes it.
    pub(crate) need: Need,
    /// That of a JPEG file; headers of other formats are read again.
    pub(crate) jpeg: Option<Header>,
    /// What a device needs to decode an ordinary JPEG file from its bytes on, where it was read for one. The end of its data is that of
    /// the bytes that the device gets.
    pub(crate) baseline: Option<Box<Baseline>>,
}

impl FileHeader {
    /// Reads a header for the CPU.
    pub(crate) fn read(file: &[u8], options: &DecodeOptions) -> Result<Self, DecodeError> {
        let jpeg = match format_of(&file[..file.len().min(MAGIC_BYTES)])? {
            Format::Jpeg => {
                let read = || Header::read(file).map_err(DecodeError::Jpeg);
                Some(guarded(Format::Jpeg, read)?)
            }
            _ => None,
        };
        FileHeader::new(file, jpeg, None, options)
    }

    /// Reads a header for a device that decodes JPEG files, and for the CPU.
    pub(crate) fn read_for_device(
        file: &[u8],
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let is_jpeg = Format::of_content(file) == Some(Format::Jpeg);
        if !is_jpeg || options.color == Color::Rgba {
            return FileHeader::read(file, options);
        }
        let baseline = guarded(Format::Jpeg, || Ok(Baseline::of(file).map(Box::new)))?;
        let Some(mut baseline) = baseline else {
            return FileHeader::read(file, options);
        };
        let jpeg = Some(baseline.header);
        let is_bounded = baseline.data.start <= DEVICE_HEADER_BYTES && baseline.end_data(file);
        FileHeader::new(file, jpeg, is_bounded.then_some(baseline), options)
    }

    fn new(
        file: &[u8],
        jpeg: Option<Header>,
        baseline: Option<Box<Baseline>>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let opened = OpenImage::of_header(file, jpeg, options)?;
        Ok(FileHeader {
            need: opened.need(),
            jpeg,
            baseline,
        })
    }
}
