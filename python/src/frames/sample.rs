//! Sample types by the names that Python's protocols give them.

use crate::frames::error::Problem;
use pixelflume::ops::SampleType;

const TO_U8: &str = "convert them, for example with `array.astype(\"uint8\")`";
const OF_F64: &str = "make 8 bits of them, with `(array * 255).round().astype(\"uint8\")` where they go from 0 to 1; of the operators \
                      few take float32, and no resize";
const MASK: &str = "make 0 and 255 of a mask, with `array.astype(\"uint8\") * 255`";
const SCALE: &str = "scale them to 8 bits, with `(array >> 8).astype(\"uint8\")`";

/// The most characters of a name that are shown.
const SHOWN: usize = 40;

/// The sample type of a format of the module `struct`, as the buffer protocol gives it.
pub(super) fn of_format(format: &[u8]) -> Result<SampleType, Problem> {
    let (order, code) = match format {
        [order @ (b'@' | b'=' | b'<' | b'>' | b'!'), code @ ..] => (*order, code),
        code => (b'@', code),
    };
    let one_byte = matches!(code, b"B" | b"c" | b"b" | b"?");
    if is_other_order(order) && !one_byte {
        return Err(Problem::ByteOrder {
            format: shown(format),
        });
    }
    let (name, advice) = match code {
        b"B" | b"c" => return Ok(SampleType::U8),
        b"h" => return Ok(SampleType::I16),
        b"e" => return Ok(SampleType::F16),
        b"f" => return Ok(SampleType::F32),
        b"?" => ("bool", MASK),
        b"b" => ("int8", TO_U8),
        b"H" => ("uint16", SCALE),
        b"i" | b"l" | b"q" | b"n" => ("int32 or int64", TO_U8),
        b"I" | b"L" | b"Q" | b"N" => ("uint32 or uint64", TO_U8),
        b"d" | b"g" => ("float64", OF_F64),
        b"O" => (
            "object",
            "pass an array of images as a list, with `list(array)`",
        ),
        code => return Err(unknown(&shown(code))),
    };
    Err(refused(name, advice))
}

/// The sample type of a type string of NumPy's array interface, such as `|u1` and `<f4`.
pub(super) fn of_typestr(typestr: &str) -> Result<SampleType, Problem> {
    let (order, code) = match typestr.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), code @ ..] => (*order, code),
        code => (b'=', code),
    };
    if is_other_order(order) && !code.ends_with(b"1") {
        return Err(Problem::ByteOrder {
            format: shown(typestr.as_bytes()),
        });
    }
    let (name, advice) = match code {
        b"u1" => return Ok(SampleType::U8),
        b"i2" => return Ok(SampleType::I16),
        b"f2" => return Ok(SampleType::F16),
        b"f4" => return Ok(SampleType::F32),
        b"b1" => ("bool", MASK),
        b"u2" => ("uint16", SCALE),
        b"f8" => ("float64", OF_F64),
        code => return Err(unknown(&shown(code))),
    };
    Err(refused(name, advice))
}

fn is_other_order(order: u8) -> bool {
    match cfg!(target_endian = "little") {
        true => matches!(order, b'>' | b'!'),
        false => order == b'<',
    }
}

fn refused(name: &str, advice: &'static str) -> Problem {
    Problem::Sample {
        name: name.to_owned(),
        advice,
    }
}

fn unknown(name: &str) -> Problem {
    refused(name, TO_U8)
}

fn shown(name: &[u8]) -> String {
    let name = &name[..name.len().min(SHOWN)];
    String::from_utf8_lossy(name).into_owned()
}
