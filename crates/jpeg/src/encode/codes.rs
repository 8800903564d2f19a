//! The codes of Huffman tables, as the encoder looks them up.

use crate::file::huffman::{AC_CHROMA, AC_LUMA, DC_CHROMA, DC_LUMA, HuffmanTable};

/// The Huffman tables of a file: of luma and of color, where the image has color.
pub(super) struct Tables {
    pub(super) dc: [HuffmanTable; 2],
    pub(super) ac: [HuffmanTable; 2],
}

impl Tables {
    /// The tables of T.81, annex K.
    pub(super) fn standard() -> Self {
        Tables {
            dc: [DC_LUMA, DC_CHROMA],
            ac: [AC_LUMA, AC_CHROMA],
        }
    }
}

/// The code of each symbol of one table: the code shifted left by 8 bits, and its length in bits. 0 for a symbol without a code.
pub(super) struct Codes([u32; 256]);

impl Codes {
    pub(super) fn of(table: &HuffmanTable) -> Self {
        let mut codes = [0; 256];
        for code in table.codes() {
            codes[usize::from(code.symbol)] = u32::from(code.bits) << 8 | u32::from(code.length);
        }
        Codes(codes)
    }

    /// The code of a symbol, and its length in bits.
    #[inline(always)]
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        let entry = self.0[usize::from(symbol)];
        (entry >> 8, entry & 0xff)
    }
}
