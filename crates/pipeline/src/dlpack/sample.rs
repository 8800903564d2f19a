//! Sample types as types of DLPack.

use crate::dlpack::abi::{DLDataType, DLDataTypeCode};
use crate::dlpack::error::DlpackError;
use pixelflume_ops::SampleType;

/// The sample types with their kinds of numbers in DLPack; the number of bits is that of a sample.
const KINDS: &[(SampleType, DLDataTypeCode)] = &[
    (SampleType::U8, DLDataTypeCode::UINT),
    (SampleType::I16, DLDataTypeCode::INT),
    (SampleType::F16, DLDataTypeCode::FLOAT),
    (SampleType::Bf16, DLDataTypeCode::BFLOAT),
    (SampleType::F32, DLDataTypeCode::FLOAT),
    (SampleType::F64, DLDataTypeCode::FLOAT),
    (SampleType::I32, DLDataTypeCode::INT),
];

/// The type of DLPack of a sample type; `None` where DLPack has none.
pub(super) fn to_dlpack(sample: SampleType) -> Option<DLDataType> {
    let (_, code) = KINDS.iter().find(|(kind, _)| *kind == sample)?;
    Some(DLDataType {
        code: *code,
        bits: 8 * sample.bytes() as u8,
        lanes: 1,
    })
}

/// The sample type of a type of DLPack.
pub(super) fn from_dlpack(dtype: DLDataType) -> Result<SampleType, DlpackError> {
    let mut samples = KINDS.iter().map(|(sample, _)| *sample);
    samples
        .find(|&sample| to_dlpack(sample) == Some(dtype))
        .ok_or(DlpackError::SampleType {
            code: dtype.code.0,
            bits: dtype.bits,
            lanes: dtype.lanes,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type of DLPack is either the type of one sample type or refused with its numbers.
    #[test]
    fn types_and_samples_agree() {
        let mut samples = Vec::new();
        for (code, bits) in
            (0..=u8::MAX).flat_map(|code| (0..=u8::MAX).map(move |bits| (code, bits)))
        {
            for lanes in [0, 1, 2, 4, u16::MAX] {
                let code = DLDataTypeCode(code);
                let dtype = DLDataType { code, bits, lanes };
                match from_dlpack(dtype) {
                    Ok(sample) => {
                        assert_eq!(to_dlpack(sample), Some(dtype));
                        samples.push(sample);
                    }
                    Err(DlpackError::SampleType { code, bits, lanes }) => {
                        assert_eq!((code, bits, lanes), (dtype.code.0, dtype.bits, dtype.lanes));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }
        assert_eq!(
            samples,
            [
                SampleType::I16,
                SampleType::I32,
                SampleType::U8,
                SampleType::F16,
                SampleType::F32,
                SampleType::F64,
                SampleType::Bf16
            ]
        );
    }
}
