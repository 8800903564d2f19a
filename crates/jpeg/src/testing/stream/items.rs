//! What the entropy-coded data of a scan consists of, before Huffman codes are chosen for it, and its bytes.

/// A piece of the data of a scan.
pub(super) enum Item {
    /// A symbol of the DC or AC table of this number.
    Symbol {
        is_dc: bool,
        table: usize,
        symbol: u8,
    },
    /// The lowest bits of a number.
    Bits { bits: u32, count: u32 },
    /// A restart marker, with its number.
    Restart(u8),
}

/// Bytes of entropy-coded data.
#[derive(Default)]
pub(super) struct Bytes {
    pub(super) bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bytes {
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        for index in (0..count).rev() {
            self.pending = self.pending << 1 | (bits >> index & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = self.pending as u8;
                self.bytes.push(byte);
                if byte == 0xff {
                    self.bytes.push(0);
                }
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn align(&mut self) {
        while self.count > 0 {
            self.put(1, 1);
        }
    }
}

/// The category of a value and the bits that say which value of the category it is.
pub(super) fn category(value: i32) -> (u32, u32) {
    let category = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (category, bits as u32 & ((1_u32 << category) - 1))
}
