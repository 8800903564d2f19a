//! Refinement against the specification, coefficient by coefficient.

use super::*;
use crate::file::huffman::AC_LUMA;
use proptest::prelude::*;

/// Reads bits one by one.
struct Model<'a> {
    bits: Bits<'a>,
}

impl Model<'_> {
    fn bits(&mut self, count: u32) -> u32 {
        let mut window = self.bits.window;
        let mut sum = 0;
        for _ in 0..count {
            self.bits.refill(&mut window);
            sum = sum << 1 | window.take(1);
        }
        self.bits.window = window;
        sum
    }

    fn symbol(&mut self) -> (i32, u32) {
        let mut code = 0;
        for length in 1..=16u8 {
            code = code << 1 | self.bits(1) as u16;
            let found = AC_LUMA
                .codes()
                .find(|of| (of.length, of.bits) == (length, code));
            if let Some(found) = found {
                return (i32::from(found.symbol >> 4), u32::from(found.symbol & 15));
            }
        }
        self.bits(1);
        (0, 0)
    }

    fn correct(&mut self, coefficient: &mut i16, bit: i16) {
        if self.bits(1) == 1 && *coefficient & bit == 0 {
            let step = if *coefficient >= 0 { bit } else { -bit };
            *coefficient = coefficient.wrapping_add(step);
        }
    }

    /// The refinement of one block, coefficient by coefficient, in the words of the specification (T.81, G.1.2.3).
    fn refine(&mut self, block: &mut [i16; 64], band: Band, empty_blocks: &mut u32) {
        let at = |position: usize| usize::from(ZIGZAG[position]);
        let bit = 1i16 << band.low;
        let end = usize::from(band.end);
        let mut k = usize::from(band.start);
        if *empty_blocks == 0 {
            while k <= end {
                let (mut run, category) = self.symbol();
                let mut new = 0;
                if category != 0 {
                    new = if self.bits(1) == 1 { bit } else { -bit };
                } else if run != 15 {
                    *empty_blocks = (1 << run) + self.bits(run as u32);
                    break;
                }
                loop {
                    if block[at(k)] != 0 {
                        self.correct(&mut block[at(k)], bit);
                    } else {
                        run -= 1;
                        if run < 0 {
                            break;
                        }
                    }
                    k += 1;
                    if k > end {
                        break;
                    }
                }
                if new != 0 {
                    block[at(k)] = new;
                }
                k += 1;
            }
        }
        if *empty_blocks > 0 {
            for k in k..=end {
                if block[at(k)] != 0 {
                    self.correct(&mut block[at(k)], bit);
                }
            }
            *empty_blocks -= 1;
        }
    }
}

proptest! {
    #[test]
    fn refining_whole_blocks_is_refining_coefficient_by_coefficient(
        data in prop::collection::vec(prop_oneof![9 => any::<u8>(), 1 => Just(0)], 0..300),
        contents in prop::collection::vec((0usize..64, any::<i16>()), 0..200),
        (start, length, low) in (1u8..64, 0u8..64, 0u8..14),
    ) {
        let band = Band { start, end: (start + length).min(63), low };
        // No FF, so that all bytes are data.
        let data: Vec<u8> = data.iter().map(|byte| byte & 0xFE).collect();
        let mut blocks = vec![[0i16; 64]; 5];
        for (n, &(at, value)) in contents.iter().enumerate() {
            blocks[n % 5][at] = value;
        }
        let marks = blocks.iter().map(|block| {
            (0..64).filter(|&k| block[usize::from(ZIGZAG[k])] != 0).fold(1, |mark, k| mark | 1 << k)
        });
        let mut marks: Vec<u64> = marks.collect();
        let (mut expected, mut empty_blocks) = (blocks.clone(), 0);
        let mut model = Model { bits: Bits::new(&data, 0) };
        let lookup = Lookup::new(&AC_LUMA, false);
        let mut coding = AcRefine::new(&lookup, band);
        let mut bits = Bits::new(&data, 0);
        for ((block, mark), expected) in blocks.iter_mut().zip(&mut marks).zip(&mut expected) {
            coding.block(&mut bits, 0, block, mark);
            model.refine(expected, band, &mut empty_blocks);
            prop_assert_eq!(&*block, &*expected);
            prop_assert_eq!(coding.empty_blocks, empty_blocks);
            for k in 1..64 {
                prop_assert_eq!(*mark >> k & 1 == 1, block[usize::from(ZIGZAG[k])] != 0);
            }
        }
    }
}

#[test]
fn a_dc_coefficient_beyond_32_bits_is_noted() {
    let table = crate::file::huffman::DC_LUMA;
    let lookup = Lookup::new(&table, true);
    let mut coding = DcFirst::new([&lookup; 4], 13);
    coding.predictions[0] = i32::MAX - 1;
    // Code 010 is category 1, its value bit 1 is 1.
    let mut bits = Bits::new(&[0b0101_0101, 0], 0);
    let (mut block, mut mark) = ([0; 64], 0);
    coding.block(&mut bits, 0, &mut block, &mut mark);
    assert!(!coding.overflow());
    assert_eq!(block[0], (i32::MAX << 13) as i16);
    coding.block(&mut bits, 0, &mut block, &mut mark);
    assert!(coding.overflow());
}
