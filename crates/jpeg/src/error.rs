//! Why a file cannot be decoded.

use thiserror::Error;

/// The reason why a JPEG file cannot be decoded. Offsets are bytes from the beginning of the file.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum JpegError {
    /// The first bytes are not those of a JPEG file.
    #[error("no JPEG file: it does not begin with the bytes FF D8 FF")]
    NotJpeg,
    /// The file ends before the image does.
    #[error(
        "cut off at byte {offset}, before the end of the image; with allow_truncated the part that is there is decoded, if the header is whole"
    )]
    Truncated {
        /// Bytes of the file.
        offset: usize,
    },
    /// The entropy-coded data are damaged. With `allow_truncated` such a file is decoded as libjpeg-turbo decodes it.
    #[error(
        "damaged at byte {offset}: {damage}; with allow_truncated it is decoded as libjpeg-turbo does it"
    )]
    Damaged {
        /// Where the decoder stood, or some bytes after it.
        offset: usize,
        /// What is wrong there.
        damage: Damage,
    },
    /// The structure of the file breaks the rules of the format, so that no decoder can go on.
    #[error("not valid at byte {offset}: {fault}")]
    Invalid {
        /// The beginning of the marker segment.
        offset: usize,
        /// The rule that is broken.
        fault: Fault,
    },
    /// The file is of a kind of JPEG that is not decoded.
    #[error("not supported: {0}")]
    Unsupported(Unsupported),
    /// Decoding takes more memory than [`Options::max_bytes`](crate::Options::max_bytes).
    #[error(
        "decoding takes {bytes} bytes of memory, and may take {limit}; raise max_bytes if the source is to be trusted"
    )]
    TooManyBytes {
        /// Bytes that decoding takes.
        bytes: u64,
        /// The most bytes.
        limit: u64,
    },
    /// The scans of the file visit more blocks than an image of this size may ask for with as much entropy-coded data.
    #[error(
        "its scans visit {blocks} blocks, and {limit} is the limit for an image of this size with as much entropy-coded data"
    )]
    TooManyScans {
        /// Blocks of all scans up to the one that is too much.
        blocks: u64,
        /// The most blocks.
        limit: u64,
    },
    /// The rectangle to decode is empty or not inside the image.
    #[error(
        "the crop of {width}x{height} at ({x}, {y}) is not inside the image of {image_width}x{image_height}"
    )]
    Crop {
        /// Left column of the crop.
        x: u32,
        /// Top row of the crop.
        y: u32,
        /// Width of the crop.
        width: u32,
        /// Height of the crop.
        height: u32,
        /// Width of the image.
        image_width: u32,
        /// Height of the image.
        image_height: u32,
    },
    /// The memory for the samples does not hold them.
    #[error(
        "the target has {bytes} bytes in rows of {pitch}; {rows} rows of {row} bytes do not fit"
    )]
    Target {
        /// Bytes of the target.
        bytes: usize,
        /// Bytes from a row of the target to the next.
        pitch: usize,
        /// Rows to write.
        rows: usize,
        /// Bytes to write in a row.
        row: usize,
    },
}

/// Damage of entropy-coded data, at which libjpeg-turbo warns and goes on.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum Damage {
    /// The data of a scan end before its last block.
    #[error("a marker ends the data of a scan too early")]
    EarlyMarker,
    /// The data have bits that are no code of the Huffman table.
    #[error("bits that are no Huffman code")]
    BadCode,
    /// Another marker stands where a restart marker must be.
    #[error("marker {found:02X} in place of restart marker {expected:02X}")]
    Restart {
        /// Second byte of the marker that must be there.
        expected: u8,
        /// Second byte of the marker that is there.
        found: u8,
    },
}

/// A broken rule of the format, at which libjpeg-turbo gives up.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The length of a marker segment does not fit what the segment contains.
    #[error(
        "marker segment {marker:02X} has a length of {length}, which does not fit its contents"
    )]
    Length {
        /// Second byte of the marker.
        marker: u8,
        /// Length in the segment.
        length: u16,
    },
    /// A marker that has no meaning in such a file.
    #[error("marker {marker:02X} has no meaning here")]
    Marker {
        /// Second byte of the marker.
        marker: u8,
    },
    /// A marker that may stand only once.
    #[error("a second marker {marker:02X}")]
    Twice {
        /// Second byte of the marker.
        marker: u8,
    },
    /// The image ends before its first scan.
    #[error("the image ends without a scan")]
    NoScan,
    /// A scan begins before the frame header.
    #[error("a scan without a frame header")]
    NoFrame,
    /// The width or height is 0.
    #[error(
        "a size of {width}x{height}; a height of 0, to be defined by a DNL marker, is not supported"
    )]
    Empty {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A sampling factor is not 1 to 4.
    #[error("sampling factors {h}x{v} of component {component}; each must be 1 to 4")]
    Factors {
        /// Position of the component in the frame.
        component: usize,
        /// Horizontal factor.
        h: u8,
        /// Vertical factor.
        v: u8,
    },
    /// An MCU has more than 10 blocks.
    #[error("an MCU of {blocks} blocks; 10 is the most")]
    Mcu {
        /// Blocks of an MCU.
        blocks: u32,
    },
    /// A scan names a component that the frame does not have, names one twice, or in another order than the frame.
    #[error("component {id} of a scan is not one of the frame, or out of order")]
    Component {
        /// Identifier of the component.
        id: u8,
    },
    /// A table has a slot that does not exist.
    #[error("a table for slot {slot}; there are slots 0 to 3")]
    Slot {
        /// Slot of the table.
        slot: u8,
    },
    /// A scan uses a quantizer that was not defined.
    #[error("quantizer {slot} is used and not defined")]
    NoQuantizer {
        /// Slot of the quantizer.
        slot: u8,
    },
    /// A scan uses a Huffman table that was not defined.
    #[error("Huffman table {slot} is used and not defined")]
    NoHuffmanTable {
        /// Slot of the table.
        slot: u8,
    },
    /// The code lengths or symbols of a Huffman table are not possible.
    #[error("a Huffman table with impossible code lengths or symbols")]
    HuffmanTable,
    /// The spectral selection or successive approximation of a progressive scan is not possible.
    #[error(
        "a progressive scan of coefficients {start} to {end}, bits {high} to {low}, is not possible"
    )]
    Progression {
        /// First coefficient in zigzag order.
        start: u8,
        /// Last coefficient in zigzag order.
        end: u8,
        /// Successive approximation, high.
        high: u8,
        /// Successive approximation, low.
        low: u8,
    },
    /// The differences of DC coefficients add up to more than 32 bits.
    #[error("DC coefficients beyond 32 bits")]
    DcOverflow,
    /// A parameter of arithmetic coding is not possible.
    #[error("a parameter of arithmetic coding is not possible")]
    Arithmetic,
}

/// A kind of JPEG that is not decoded.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unsupported {
    /// Samples of another depth than 8 bits.
    #[error("{bits} bits for a sample; files of 8 bits are decoded")]
    Precision {
        /// Bits of a sample.
        bits: u8,
    },
    /// Another coding than baseline, extended or progressive Huffman coding.
    #[error("{0} coding")]
    Coding(&'static str),
    /// Another number of components than 1, 3 and 4.
    #[error("{count} components; 1, 3 or 4 are decoded")]
    Components {
        /// Components of the frame.
        count: u8,
    },
    /// A width or height above 65500, which libjpeg-turbo does not decode.
    #[error("a size of {width}x{height}; 65500 is the most for each")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Sampling factors that are not a whole fraction of the largest.
    #[error(
        "sampling factors {h}x{v} of component {component}, which do not divide the largest, {max_h}x{max_v}"
    )]
    Ratio {
        /// Position of the component in the frame.
        component: usize,
        /// Horizontal factor.
        h: u8,
        /// Vertical factor.
        v: u8,
        /// Largest horizontal factor.
        max_h: u8,
        /// Largest vertical factor.
        max_v: u8,
    },
}

/// The reason why a file cannot be read on, without the place in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    Fault(Fault),
    Unsupported(Unsupported),
}

impl Stop {
    /// The error at a place of the file.
    pub(crate) fn at(self, offset: usize) -> JpegError {
        match self {
            Self::Fault(fault) => JpegError::Invalid { offset, fault },
            Self::Unsupported(what) => JpegError::Unsupported(what),
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unsupported> for Stop {
    fn from(what: Unsupported) -> Self {
        Self::Unsupported(what)
    }
}
