//! The orientation that EXIF data give an image.

/// The tag of the orientation (CIPA DC-008, 4.6.4).
const ORIENTATION: u16 = 0x0112;

/// The orientation that an APP1 segment with EXIF data gives, 1 to 8; 1 where its value is not valid. `None` if the segment has no
/// orientation: the next one may. Only the first directory (IFD0) is read.
pub(crate) fn orientation(segment: &[u8]) -> Option<u8> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let value = Tiff::of(tiff)?.orientation()?;
    let valid = u8::try_from(value).ok();
    Some(valid.filter(|value| (1..=8).contains(value)).unwrap_or(1))
}

/// TIFF data in either byte order.
struct Tiff<'a> {
    data: &'a [u8],
    big: bool,
}

impl<'a> Tiff<'a> {
    fn of(data: &'a [u8]) -> Option<Self> {
        // What is not little-endian is big-endian, also where MM is damaged: so OpenCV reads it.
        let big = data.get(..2)? != b"II";
        let tiff = Self { data, big };
        (tiff.word(2)? == 42).then_some(tiff)
    }

    fn orientation(&self) -> Option<u16> {
        let directory = self.long(4)? as usize;
        let entries = usize::from(self.word(directory)?);
        for entry in 0..entries {
            // Entries have 12 bytes: tag, type, count and value.
            let entry = directory.saturating_add(2 + 12 * entry);
            match self.word(entry)? {
                ORIENTATION => return self.word(entry + 8),
                tag => self.check(tag, entry)?,
            }
        }
        None
    }

    /// `None` for an entry at which OpenCV stops reading: one of the tags that it knows, whose text or fractions are not in the data.
    fn check(&self, tag: u16, entry: usize) -> Option<()> {
        let offset = || self.long(entry + 8).map(|offset| offset as usize);
        let (at, bytes) = match tag {
            // Texts: ImageDescription, Make, Model, Software, DateTime, Copyright. Four bytes lie in the entry, and are looked for at 8.
            0x010E | 0x010F | 0x0110 | 0x0131 | 0x0132 | 0x8298 => {
                let count = self.long(entry + 4)? as usize;
                (if count > 4 { offset()? } else { 8 }, count)
            }
            // Fractions of 8 bytes: XResolution, YResolution, WhitePoint, YCbCrCoefficients, PrimaryChromaticities, ReferenceBlackWhite.
            0x011A | 0x011B => (offset()?, 8),
            0x013E => (offset()?, 2 * 8),
            0x0211 => (offset()?, 3 * 8),
            0x013F | 0x0214 => (offset()?, 6 * 8),
            // Numbers: ResolutionUnit, YCbCrPositioning.
            0x0128 | 0x0213 => (entry + 8, 2),
            _ => return Some(()),
        };
        (at.checked_add(bytes)? <= self.data.len()).then_some(())
    }

    fn word(&self, at: usize) -> Option<u16> {
        let bytes = self.data.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(*bytes)
        } else {
            u16::from_le_bytes(*bytes)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = self.data.get(at..)?.first_chunk()?;
        Some(if self.big {
            u32::from_be_bytes(*bytes)
        } else {
            u32::from_le_bytes(*bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF data with one entry before the orientation.
    fn exif(big: bool, value: u16) -> Vec<u8> {
        let word = |word: u16| {
            if big {
                word.to_be_bytes()
            } else {
                word.to_le_bytes()
            }
        };
        let long = |long: u32| {
            if big {
                long.to_be_bytes()
            } else {
                long.to_le_bytes()
            }
        };
        let mut data = b"Exif\0\0".to_vec();
        data.extend(if big { b"MM" } else { b"II" });
        data.extend(word(42));
        data.extend(long(8));
        data.extend(word(2));
        for (tag, value) in [(0x9999, 7), (ORIENTATION, value)] {
            data.extend(word(tag));
            data.extend(word(3));
            data.extend(long(1));
            data.extend(word(value));
            data.extend(word(0));
        }
        data
    }

    #[test]
    fn all_orientations_are_read_in_both_byte_orders() {
        for big in [false, true] {
            for value in 0..300 {
                let expected = if (1..=8).contains(&value) {
                    value as u8
                } else {
                    1
                };
                assert_eq!(orientation(&exif(big, value)), Some(expected), "{value}");
            }
        }
    }

    #[test]
    fn cut_data_are_no_orientation() {
        let whole = exif(true, 6);
        // The two bytes after the value are padding.
        for length in 6..whole.len() - 2 {
            assert_eq!(orientation(&whole[..length]), None, "{length}");
        }
        assert_eq!(orientation(&whole[..5]), None);
        assert_eq!(orientation(b"http://ns.adobe.com/xap/1.0/\0"), None);
    }

    #[test]
    fn a_directory_outside_of_the_data_is_no_orientation() {
        let mut data = exif(false, 6);
        data[6 + 4..6 + 8].fill(0xFF);
        assert_eq!(orientation(&data), None);
    }

    /// What cv2.imdecode of OpenCV 5.0.0 does with these entries before the orientation.
    #[test]
    fn entries_that_opencv_cannot_read_end_the_directory() {
        let with = |tag: u16, count: u32, offset: u32| {
            let mut data = exif(true, 6);
            data[16..18].copy_from_slice(&tag.to_be_bytes());
            data[20..24].copy_from_slice(&count.to_be_bytes());
            data[24..28].copy_from_slice(&offset.to_be_bytes());
            orientation(&data)
        };
        for text in [0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x8298] {
            assert_eq!(with(text, 100_000, 8), None, "{text:x}");
            assert_eq!(with(text, 20, 0xFFFF), None, "{text:x}");
            assert_eq!(with(text, 20, 8), Some(6), "{text:x}");
            assert_eq!(with(text, 3, u32::MAX), Some(6), "{text:x}");
        }
        for fraction in [0x011A, 0x011B, 0x013E, 0x013F, 0x0211, 0x0214] {
            assert_eq!(with(fraction, 1, u32::MAX), None, "{fraction:x}");
        }
        assert_eq!(with(0x011A, 1, 8), Some(6));
        for other in [0x0128, 0x0213, 0x013B, 0x8769, 0x8825, 0x9999] {
            assert_eq!(with(other, 100_000, u32::MAX), Some(6), "{other:x}");
        }
    }
}
