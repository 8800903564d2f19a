//! Size classes: every request is rounded up to one, so that blocks can be reused for requests of about their size.

/// The part of a block, at most, that a request leaves unused: classes are an eighth of a power of two apart. Requests
/// under 4 KiB are rounded up to the next 512 bytes.
pub const MAX_WASTE: f64 = 1.0 / 9.0;

/// The smallest block, and the alignment of all blocks, in bytes.
const GRAIN: usize = 512;
/// Classes between a power of two and the next.
const STEPS: usize = 8;
/// Bits of `GRAIN * STEPS`: up to there classes are one grain apart.
const LINEAR_BITS: u32 = (GRAIN * STEPS).trailing_zeros();

/// A size class, which rounds requests up to the bytes of its blocks.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct SizeClass(usize);

impl SizeClass {
    /// Number of size classes.
    pub const COUNT: usize = STEPS + (usize::BITS as usize - LINEAR_BITS as usize - 1) * STEPS;

    /// The class for a request of `bytes`; `None` where no block can be that large.
    pub fn of(bytes: usize) -> Option<Self> {
        let bytes = bytes.max(1);
        if bytes <= GRAIN * STEPS {
            return Some(SizeClass(bytes.div_ceil(GRAIN) - 1));
        }
        let octave = (bytes - 1).ilog2();
        let step = 1usize << (octave - STEPS.trailing_zeros());
        let index = (bytes - (1 << octave)).div_ceil(step) - 1;
        let class = SizeClass(STEPS + (octave - LINEAR_BITS) as usize * STEPS + index);
        (class.0 < Self::COUNT).then_some(class)
    }

    /// Bytes of a block of this class.
    pub fn bytes(self) -> usize {
        if self.0 < STEPS {
            return (self.0 + 1) * GRAIN;
        }
        let above = self.0 - STEPS;
        let octave = LINEAR_BITS as usize + above / STEPS;
        (1 << octave) + (above % STEPS + 1) * (1 << (octave - STEPS.trailing_zeros() as usize))
    }

    /// Number of the class, less than [`SizeClass::COUNT`].
    pub fn index(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn classes_ascend_and_are_aligned() {
        let sizes: Vec<usize> = (0..SizeClass::COUNT - STEPS)
            .map(|i| SizeClass(i).bytes())
            .collect();
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(sizes.iter().all(|bytes| bytes % GRAIN == 0));
        assert_eq!(
            sizes[..9],
            [512, 1024, 1536, 2048, 2560, 3072, 3584, 4096, 4608]
        );
    }

    proptest! {
        #[test]
        fn a_request_fits_its_class_and_no_smaller_one(bytes in prop_oneof![0usize..10_000, 0usize..1 << 45]) {
            let class = SizeClass::of(bytes).unwrap();
            prop_assert!(class.bytes() >= bytes);
            if class.index() > 0 {
                prop_assert!(SizeClass(class.index() - 1).bytes() < bytes);
            }
            if bytes > GRAIN * STEPS {
                prop_assert!((class.bytes() - bytes) as f64 <= MAX_WASTE * class.bytes() as f64);
            }
        }
    }
}
