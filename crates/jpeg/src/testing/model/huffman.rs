//! Huffman tables of the model: a search for the code, bit by bit.

use crate::testing::model::bits::Reader;
use crate::testing::model::refusal::{Refusal, refuse};

/// A table as DHT has it: how many codes of each length 1..=16, and their symbols in the order of codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::testing) struct Table {
    pub(in crate::testing) counts: [u8; 16],
    pub(in crate::testing) symbols: Vec<u8>,
}

impl Table {
    /// Refuses what cannot be used in a scan.
    pub(in crate::testing::model) fn check(&self, is_dc: bool) -> Result<(), Refusal> {
        let used = |length: &usize| self.counts[length - 1] > 0;
        let shortest = (1..=16).find(used).unwrap_or(1);
        let longest = (1..=16).rfind(used).unwrap_or(0);
        let mut code = 0_u32;
        for length in shortest..=longest {
            code += u32::from(self.counts[length - 1]);
            if code >= 1 << length {
                return refuse("the codes of a Huffman table do not fit");
            }
            code <<= 1;
        }
        if is_dc && self.symbols.iter().any(|symbol| *symbol > 15) {
            return refuse("a DC table has a symbol above 15");
        }
        Ok(())
    }

    /// The symbol of the next bits. A pattern that is no code takes 17 bits and is 0.
    pub(in crate::testing::model) fn symbol(&self, reader: &mut Reader<'_>) -> u8 {
        let (mut code, mut first, mut index) = (0_u32, 0_u32, 0_usize);
        for count in self.counts {
            code = code << 1 | reader.bit();
            first <<= 1;
            if code < first + u32::from(count) {
                return self.symbols[index + (code - first) as usize];
            }
            first += u32::from(count);
            index += usize::from(count);
        }
        reader.bit();
        reader.damaged = true;
        0
    }
}

fn counts(list: &[u8]) -> [u8; 16] {
    let mut counts = [0; 16];
    counts.copy_from_slice(list);
    counts
}

/// The tables of T.81 K.3 to K.6, which a file without tables means: luminance and chrominance, for DC or for AC.
pub(in crate::testing) fn standard(is_dc: bool) -> [Table; 2] {
    if is_dc {
        let luminance = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        let chrominance = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
        return [luminance, chrominance].map(|list| Table {
            counts: counts(&list),
            symbols: (0..12).collect(),
        });
    }
    let luminance = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
    let chrominance = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
    [
        Table {
            counts: counts(&luminance),
            symbols: hexadecimal(
                "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435\
                 363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798\
                 999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4\
                 f5f6f7f8f9fa",
            ),
        },
        Table {
            counts: counts(&chrominance),
            symbols: hexadecimal(
                "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26272829\
                 2a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495\
                 969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3\
                 f4f5f6f7f8f9fa",
            ),
        },
    ]
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}
