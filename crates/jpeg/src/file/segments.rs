//! What the marker segments of a file have defined so far.

use crate::error::{Fault, JpegError, Stop, Unsupported};
use crate::file::color::ColorSpace;
use crate::file::exif;
use crate::file::frame::{Component, Frame, Process};
use crate::file::huffman::HuffmanSlots;
use crate::file::markers::{DAC, DHT, DQT, DRI, EOI, Reader, SOF0, SOI, SOS, Segment};
use crate::file::quantizers::{self, Quantizer};
use crate::file::scan::Scan;

/// What stands after the segments that were read.
#[derive(Debug)]
pub(crate) enum Next {
    /// A scan, whose entropy-coded data follow.
    Scan(Scan),
    /// The end of the image.
    End,
}

/// What the marker segments of a file have defined so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segments {
    pub(crate) quantizers: [Option<Quantizer>; 4],
    pub(crate) huffman: HuffmanSlots,
    /// MCUs from one restart marker to the next, 0 for no restart markers.
    pub(crate) restart_interval: u16,
    frame: Option<Frame>,
    jfif: bool,
    /// The transform of the Adobe segment.
    adobe: Option<u8>,
    orientation: Option<u8>,
}

impl Segments {
    /// The frame.
    ///
    /// # Errors
    /// [`Fault::NoFrame`] before the frame header.
    pub(crate) fn frame(&self) -> Result<Frame, Fault> {
        self.frame.ok_or(Fault::NoFrame)
    }

    /// What the components of `frame` mean.
    pub(crate) fn color(&self, frame: &Frame) -> ColorSpace {
        ColorSpace::of(frame.components(), self.jfif, self.adobe)
    }

    /// The EXIF orientation, 1 to 8.
    pub(crate) fn orientation(&self) -> u8 {
        self.orientation.unwrap_or(1)
    }

    /// The reader of a file behind its first marker.
    pub(crate) fn start(file: &[u8]) -> Result<Reader<'_>, JpegError> {
        match file {
            [0xFF, SOI, 0xFF, ..] => Ok(Reader::new(file, 2)),
            // What there is may be the beginning of one.
            [] | [0xFF] | [0xFF, SOI] => Err(JpegError::Truncated { offset: file.len() }),
            _ => Err(JpegError::NotJpeg),
        }
    }

    /// Reads segments to the next scan or the end of the image.
    ///
    /// With `to_end`, a file that ends here is one with an end marker; otherwise it is an error.
    pub(crate) fn read(
        &mut self,
        reader: &mut Reader<'_>,
        to_end: bool,
    ) -> Result<Next, JpegError> {
        loop {
            let offset = reader.at();
            let next = self.step(reader);
            if reader.past_end() && (!to_end || next.is_err()) {
                return Err(JpegError::Truncated {
                    offset: reader.length(),
                });
            }
            match next {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(stop) => return Err(stop.at(offset)),
            }
        }
    }

    /// Reads one marker and its segment.
    fn step(&mut self, reader: &mut Reader<'_>) -> Result<Option<Next>, Stop> {
        let marker = reader.marker();
        match marker {
            // RST0 to RST7 and TEM have no segment, and no meaning here.
            0x01 | 0xD0..=0xD7 => return Ok(None),
            SOI => return Err(Fault::Twice { marker }.into()),
            EOI => {
                return match self.frame {
                    Some(_) => Ok(Some(Next::End)),
                    None => Err(Fault::NoScan.into()),
                };
            }
            0x02..=0xBF | 0xDE | 0xDF | 0xF0..=0xFD | 0x00 | 0xFF => {
                return Err(Fault::Marker { marker }.into());
            }
            _ => {}
        }
        let mut segment = reader.segment();
        match marker {
            DHT => self.huffman.read(&mut segment)?,
            DQT => quantizers::read(&mut segment, &mut self.quantizers)?,
            DRI => {
                let interval = segment.word();
                segment.end(DRI)?;
                self.restart_interval = interval;
            }
            DAC => arithmetic(&mut segment)?,
            SOS => {
                let scan = Scan::read(&mut segment, &self.frame()?)?;
                return Ok(Some(Next::Scan(scan)));
            }
            0xC0..=0xCF => self.read_frame(&mut segment, marker)?,
            0xE0 => {
                let data = segment.rest();
                self.jfif |= data.len() >= 14 && data.starts_with(b"JFIF\0");
            }
            0xE1 => {
                // The first segment that has one counts, valid or not.
                let orientation = exif::orientation(segment.rest());
                self.orientation = self.orientation.or(orientation);
            }
            0xEE => {
                if let Some(&[b'A', b'd', b'o', b'b', b'e', .., transform]) =
                    segment.rest().first_chunk::<12>()
                {
                    self.adobe = Some(transform);
                }
            }
            // Other applications' data, comments and DNL.
            _ => {
                segment.rest();
            }
        }
        Ok(None)
    }

    fn read_frame(&mut self, segment: &mut Segment<'_, '_>, marker: u8) -> Result<(), Stop> {
        let process = match marker {
            SOF0 | 0xC1 => Process::Sequential,
            0xC2 => Process::Progressive,
            0xC9 | 0xCA => return Err(Unsupported::Coding("arithmetic").into()),
            0xC3 => return Err(Unsupported::Coding("lossless").into()),
            _ => return Err(Unsupported::Coding("hierarchical or arithmetic lossless").into()),
        };
        let precision = segment.byte();
        let (height, width) = (segment.word(), segment.word());
        let count = segment.byte();
        if self.frame.is_some() {
            return Err(Fault::Twice { marker }.into());
        }
        if segment.left() != 3 * i32::from(count) {
            return Err(segment.wrong_length(marker).into());
        }
        let mut components = [Component::default(); 4];
        let Some(components) = components.get_mut(..usize::from(count)) else {
            return Err(Unsupported::Components { count }.into());
        };
        for component in &mut *components {
            let id = segment.byte();
            let factors = segment.byte();
            let (h, v) = (factors >> 4, factors & 15);
            *component = Component {
                id,
                h,
                v,
                quantizer: segment.byte(),
            };
        }
        if precision != 8 {
            return Err(Unsupported::Precision { bits: precision }.into());
        }
        let frame = Frame::of(width.into(), height.into(), process, components);
        self.frame = Some(frame?);
        Ok(())
    }
}

/// Reads the segment of arithmetic coding's parameters, which mean nothing here, with libjpeg-turbo's checks.
fn arithmetic(segment: &mut Segment<'_, '_>) -> Result<(), Fault> {
    while segment.left() > 0 {
        let (index, value) = (segment.byte(), segment.byte());
        if index >= 32 || (index < 16 && value & 15 > value >> 4) {
            return Err(Fault::Arithmetic);
        }
    }
    segment.end(DAC)
}
