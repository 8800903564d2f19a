//! Markers and the segments after them.

use crate::error::Fault;

pub(crate) const SOF0: u8 = 0xC0;
pub(crate) const DHT: u8 = 0xC4;
pub(crate) const RST0: u8 = 0xD0;
pub(crate) const RST7: u8 = 0xD7;
pub(crate) const SOI: u8 = 0xD8;
pub(crate) const EOI: u8 = 0xD9;
pub(crate) const SOS: u8 = 0xDA;
pub(crate) const DQT: u8 = 0xDB;
pub(crate) const DRI: u8 = 0xDD;
pub(crate) const DAC: u8 = 0xCC;

/// A position in a file. Past the end of the file the bytes are FF D9 FF D9 for ever, as in libjpeg-turbo: a cut file ends with EOI.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a [u8], at: usize) -> Self {
        Self { file, at }
    }

    /// Bytes from the beginning of the file.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Bytes of the file.
    pub(crate) fn length(&self) -> usize {
        self.file.len()
    }

    /// Whether a byte after the end of the file was read or passed.
    pub(crate) fn past_end(&self) -> bool {
        self.at > self.file.len()
    }

    fn byte(&mut self) -> u8 {
        let byte = match self.file.get(self.at) {
            Some(&byte) => byte,
            None if (self.at - self.file.len()).is_multiple_of(2) => 0xFF,
            None => EOI,
        };
        self.at += 1;
        byte
    }

    /// Goes behind the next marker and returns its second byte. Bytes that belong to no marker are passed over.
    pub(crate) fn marker(&mut self) -> u8 {
        loop {
            while self.byte() != 0xFF {}
            let code = loop {
                match self.byte() {
                    0xFF => {}
                    code => break code,
                }
            };
            if code != 0 {
                return code;
            }
        }
    }

    /// Begins the segment of a marker.
    pub(crate) fn segment(&mut self) -> Segment<'_, 'a> {
        let length = u16::from_be_bytes([self.byte(), self.byte()]);
        Segment {
            length,
            left: i32::from(length) - 2,
            reader: self,
        }
    }
}

/// The contents of a marker segment.
pub(crate) struct Segment<'r, 'a> {
    length: u16,
    left: i32,
    reader: &'r mut Reader<'a>,
}

impl<'a> Segment<'_, 'a> {
    /// Bytes of the segment that were not read, negative where more were read.
    pub(crate) fn left(&self) -> i32 {
        self.left
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.left -= 1;
        self.reader.byte()
    }

    pub(crate) fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Passes over the rest of the segment, and returns the part of it that is in the file.
    pub(crate) fn rest(self) -> &'a [u8] {
        let file = self.reader.file;
        let length = usize::try_from(self.left).unwrap_or(0);
        let start = self.reader.at.min(file.len());
        self.reader.at += length;
        &file[start..self.reader.at.min(file.len())]
    }

    /// Refuses the segment of marker `marker` if its length is not what was read of it.
    pub(crate) fn end(&self, marker: u8) -> Result<(), Fault> {
        match self.left {
            0 => Ok(()),
            _ => Err(self.wrong_length(marker)),
        }
    }

    /// The error for a length that does not fit.
    pub(crate) fn wrong_length(&self, marker: u8) -> Fault {
        Fault::Length {
            marker,
            length: self.length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_behind_junk_and_fill_bytes() {
        let mut reader = Reader::new(&[1, 0xFF, 0, 2, 0xFF, 0xFF, 0xFF, SOS, 3], 0);
        assert_eq!((reader.marker(), reader.at()), (SOS, 8));
        assert!(!reader.past_end());
    }

    #[test]
    fn a_file_that_ends_goes_on_with_end_markers() {
        let mut reader = Reader::new(&[7], 1);
        assert_eq!(reader.marker(), EOI);
        assert!(reader.past_end());
        assert_eq!(reader.segment().left(), 0xFFD9 - 2);
    }

    #[test]
    fn a_segment_counts_what_is_read_of_it() {
        let mut reader = Reader::new(&[0, 5, 1, 2, 3, 4], 0);
        let mut segment = reader.segment();
        assert_eq!((segment.word(), segment.left()), (0x0102, 1));
        assert_eq!(
            segment.end(DRI),
            Err(Fault::Length {
                marker: DRI,
                length: 5
            })
        );
        assert_eq!(segment.rest(), [3]);
        assert_eq!(reader.at(), 5);
    }

    #[test]
    fn a_length_too_small_for_itself_is_no_contents() {
        let mut reader = Reader::new(&[0, 0, 9], 0);
        assert_eq!(reader.segment().rest(), []);
        assert_eq!(reader.at(), 2);
    }
}
