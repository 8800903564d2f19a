//! Writes bits to a file, with the bytes that keep them apart from markers.

/// The bytes of a scan. A byte 0xff is followed by a 0.
#[derive(Default)]
pub(super) struct BitWriter {
    /// The bytes that are complete.
    pub(super) bytes: Vec<u8>,
    /// The bits behind them.
    pub(super) pending: Pending,
}

/// Bits that are not yet bytes. They are apart from the bytes so that a loop has them in registers.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    /// The bits; the first one is the most significant of the lowest `64 - free`.
    bits: u64,
    /// The number of bits that fit in beside them.
    free: u32,
}

impl Default for Pending {
    fn default() -> Self {
        Pending {
            bits: 0,
            free: u64::BITS,
        }
    }
}

impl BitWriter {
    /// Forgets everything and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.pending = Pending::default();
    }

    /// Appends the lowest `count` bits of `bits`, of which the others are 0, to the pending ones; at most 32.
    #[inline(always)]
    pub(super) fn put(&mut self, pending: &mut Pending, bits: u32, count: u32) {
        let bits = u64::from(bits);
        if count < pending.free {
            pending.bits = (pending.bits << count) | bits;
            pending.free -= count;
        } else {
            let beyond = count - pending.free;
            // Bits that were appended before are shifted out.
            self.append((pending.bits << pending.free) | (bits >> beyond));
            pending.bits = bits;
            pending.free = u64::BITS - beyond;
        }
    }

    /// Appends 8 bytes.
    #[inline(always)]
    fn append(&mut self, word: u64) {
        let bytes = word.to_be_bytes();
        if has_ff(word) {
            self.append_stuffed(&bytes);
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    #[cold]
    fn append_stuffed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
    }

    /// Fills the last byte with ones and completes it.
    pub(super) fn align(&mut self) {
        let Pending { bits, free } = std::mem::take(&mut self.pending);
        let count = u64::BITS - free;
        let bytes = count.div_ceil(8);
        let fill = 8 * bytes - count;
        let word = (bits << fill) | ((1 << fill) - 1);
        let from = 8 - bytes as usize;
        self.append_stuffed(&word.to_be_bytes()[from..]);
    }

    /// Appends a marker. The bits before it are aligned.
    pub(super) fn marker(&mut self, marker: u8) {
        debug_assert_eq!(self.pending.free, u64::BITS);
        self.bytes.extend([0xff, marker]);
    }
}

/// Whether a byte of the word is 0xff.
#[inline(always)]
fn has_ff(word: u64) -> bool {
    // A byte of `!word` is 0 where one of `word` is 0xff. Subtracting 1 from it sets its high bit, which `word` has there.
    const ONES: u64 = 0x0101_0101_0101_0101;
    (!word).wrapping_sub(ONES) & word & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_come_in_their_order_with_stuffing(parts in prop::collection::vec((any::<u32>(), 0..=32_u32), 0..200)) {
            let mut writer = BitWriter::default();
            let mut pending = Pending::default();
            let mut bits = Vec::new();
            for &(value, count) in &parts {
                let value = (u64::from(value) & ((1 << count) - 1)) as u32;
                writer.put(&mut pending, value, count);
                bits.extend((0..count).rev().map(|i| value >> i & 1 == 1));
            }
            writer.pending = pending;
            writer.align();
            bits.resize(bits.len().next_multiple_of(8), true);
            let mut expected = Vec::new();
            for byte in bits.chunks(8) {
                let byte = byte.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
                expected.push(byte);
                expected.extend((byte == 0xff).then_some(0));
            }
            prop_assert_eq!(writer.bytes, expected);
        }

        #[test]
        fn a_byte_of_ones_is_found(word: u64, at in 0..8, ones: bool) {
            let word = if ones { word | 0xff_u64 << (8 * at) } else { word };
            prop_assert_eq!(has_ff(word), word.to_be_bytes().contains(&0xff));
        }
    }
}
