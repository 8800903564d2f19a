//! The header of a `.npy` file: magic, version, length, and a Python dictionary of literals, padded to a multiple of 64 bytes.
//!
//! The format is described in NumPy's documentation, `numpy.lib.format`.

use super::error::NpyError;
use super::literal::Literals;
use crate::bytes::{fill, shown};
use pixelflume_ops::SampleType;
use std::io::Read;

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The most bytes of a header's text: those that NumPy reads.
pub const MAX_HEADER: usize = 10_000;

/// The most dimensions of an array.
pub const MAX_DIMENSIONS: usize = 32;

/// The type and shape of an array in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// The type of the samples.
    pub sample: SampleType,
    /// The shape; empty for a single number.
    pub dimensions: Vec<usize>,
    /// Whether the samples have the other byte order than this machine.
    swapped: bool,
}

impl Header {
    /// Reads magic, version and text, and stops before the samples.
    ///
    /// # Errors
    /// The bytes are no header of a `.npy` file, or its array is none that is read: in Fortran order, of another type than `u8`, `i16`, `f16`,
    /// `f32` and the `V2` of bf16, or of more than [`MAX_DIMENSIONS`] dimensions.
    pub fn read(source: &mut impl Read) -> Result<Self, NpyError> {
        let mut bytes = Vec::new();
        let got = fill(source, &mut bytes, 8).ok()?;
        let begin = &bytes[..got];
        // A file that is shorter than the magic may be one that was cut.
        if !begin.starts_with(&MAGIC[..got.min(MAGIC.len())]) {
            return Err(NpyError::Magic {
                found: shown(begin),
            });
        }
        let ends = |part, got, expected| NpyError::Ends {
            part,
            got,
            expected,
        };
        let &[.., major, minor] = begin else {
            return Err(ends("first bytes", got, 8));
        };
        if got < 8 {
            return Err(ends("first bytes", got, 8));
        }
        let length_bytes = match (major, minor) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            _ => return Err(NpyError::Version { major, minor }),
        };
        let got = fill(source, &mut bytes, length_bytes).ok()?;
        if got < length_bytes {
            return Err(ends("length", got, length_bytes));
        }
        let digits = bytes.iter().rev();
        let length = digits.fold(0, |length, &byte| length << 8 | u64::from(byte));
        let length = match usize::try_from(length) {
            Ok(length) if length <= MAX_HEADER => length,
            _ => {
                return Err(NpyError::HeaderTooLong {
                    bytes: length,
                    limit: MAX_HEADER,
                });
            }
        };
        let got = fill(source, &mut bytes, length).ok()?;
        if got < length {
            return Err(ends("header", got, length));
        }
        Header::parse(&bytes)
    }

    /// The bytes of the samples; `None` where they are more than memory can have.
    pub fn bytes(&self) -> Option<usize> {
        array_bytes(self.sample, &self.dimensions)
    }

    /// Whether the samples have the other byte order than this machine.
    pub(super) fn is_swapped(&self) -> bool {
        self.swapped
    }

    fn parse(text: &[u8]) -> Result<Self, NpyError> {
        let mut literals = Literals::new(text);
        let (mut sample, mut order, mut dimensions) = (None, None, None);
        literals.expect(b'{', "{ (a dictionary)")?;
        while !literals.take(b'}') {
            let key = literals.string("a key in quotes, or }")?;
            literals.expect(b':', ":")?;
            let twice = match key {
                b"descr" => {
                    if literals.peeks(b'[') || literals.peeks(b'(') {
                        return Err(type_error(
                            literals.rest(),
                            "structured records are no numbers; save each field as an array of its own",
                        ));
                    }
                    sample
                        .replace(sample_type(literals.string("a type in quotes")?)?)
                        .is_some()
                }
                b"fortran_order" => order.replace(literals.boolean()?).is_some(),
                b"shape" => dimensions
                    .replace(literals.tuple(MAX_DIMENSIONS)?)
                    .is_some(),
                key => {
                    return Err(NpyError::Key {
                        problem: format!("an unknown key {}", shown(key)),
                    });
                }
            };
            if twice {
                return Err(NpyError::Key {
                    problem: format!("the key {} twice", shown(key)),
                });
            }
            if !literals.take(b',') {
                literals.expect(b'}', ", or }")?;
                break;
            }
        }
        literals.end()?;
        let missing = |key: &str| NpyError::Key {
            problem: format!("no key \"{key}\""),
        };
        let (sample, swapped) = sample.ok_or_else(|| missing("descr"))?;
        let dimensions = dimensions.ok_or_else(|| missing("shape"))?;
        match order.ok_or_else(|| missing("fortran_order"))? {
            true => Err(NpyError::FortranOrder),
            false => Ok(Header {
                sample,
                dimensions,
                swapped,
            }),
        }
    }
}

/// The bytes of an array; `None` where memory cannot have them.
pub(super) fn array_bytes(sample: SampleType, dimensions: &[usize]) -> Option<usize> {
    // However large the others are, and in whatever order.
    if dimensions.contains(&0) {
        return Some(0);
    }
    let mut sizes = dimensions.iter();
    let bytes = sizes.try_fold(sample.bytes(), |bytes, &size| bytes.checked_mul(size))?;
    isize::try_from(bytes).is_ok().then_some(bytes)
}

fn type_error(descr: &[u8], advice: &'static str) -> NpyError {
    NpyError::Type {
        descr: shown(descr),
        advice,
    }
}

/// The sample type of a text such as `<f4`, and whether its byte order is not the machine's.
fn sample_type(descr: &[u8]) -> Result<(SampleType, bool), NpyError> {
    let (order, kind) = match descr {
        [order @ (b'<' | b'>' | b'|' | b'='), kind @ ..] => (*order, kind),
        kind => (b'=', kind),
    };
    let sample = match kind {
        b"u1" => SampleType::U8,
        b"i2" => SampleType::I16,
        b"f2" => SampleType::F16,
        b"f4" => SampleType::F32,
        b"V2" => SampleType::Bf16,
        _ => return Err(type_error(descr, type_advice(kind))),
    };
    let foreign = if cfg!(target_endian = "little") {
        b'>'
    } else {
        b'<'
    };
    Ok((sample, order == foreign && sample.bytes() > 1))
}

/// What a type is that is not read, or what to do.
fn type_advice(kind: &[u8]) -> &'static str {
    match kind {
        [b'O', ..] => {
            "Python objects are pickled, and reading them would run code; save arrays of numbers"
        }
        b"f8" => "array.astype(\"float32\") is read",
        b"b1" => "array.astype(\"uint8\") is read",
        [b'i' | b'u', ..] => {
            "of integers, uint8 and int16 are read; array.astype(\"float32\") keeps all below 2^24"
        }
        [b'S' | b'U' | b'a', ..] => "text is not read",
        [b'M' | b'm', ..] => "dates are not read",
        [b'c', ..] => "complex numbers are not read",
        _ => "u1, i2, f2, f4 and, for bf16, V2 are read",
    }
}

/// The header of an array, in the byte order of this machine.
pub(super) fn header(sample: SampleType, dimensions: &[usize]) -> Vec<u8> {
    let order = if cfg!(target_endian = "little") {
        '<'
    } else {
        '>'
    };
    let descr = match sample {
        SampleType::U8 => "|u1".to_owned(),
        SampleType::I16 => format!("{order}i2"),
        SampleType::F16 => format!("{order}f2"),
        SampleType::F32 => format!("{order}f4"),
        SampleType::F64 => format!("{order}f8"),
        SampleType::I32 => format!("{order}i4"),
        // NumPy has no bf16. The package `ml_dtypes` has, and this is how `numpy.save` writes its arrays.
        SampleType::Bf16 => format!("{order}V2"),
        other => format!("|V{}", other.bytes()),
    };
    let sizes: Vec<String> = dimensions.iter().map(usize::to_string).collect();
    // A tuple of one has a comma.
    let comma = if dimensions.len() == 1 { "," } else { "" };
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        sizes.join(", ")
    );
    // Magic, version and length take 10 bytes; the samples begin at a multiple of 64, after a newline.
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(
        ' ',
        unpadded.next_multiple_of(64) - unpadded,
    ));
    text.push('\n');
    // 32 numbers of at most 20 digits are shorter than 1,000 bytes, so the length fits in 16 bits.
    let length = text.len() as u16;
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&[1, 0]);
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(text.as_bytes());
    header
}
