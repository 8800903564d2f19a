//! Bits of the entropy-coded data of a scan.

use crate::error::Damage;
use crate::file::markers::EOI;

/// Reads the bits of a scan, most significant first. FF 00 is a byte FF; a marker ends the data, and the bits after it are 0.
pub(crate) struct Bits<'a> {
    file: &'a [u8],
    /// Where `window.clean` ends: at an FF or at the end of the file.
    clean_end: usize,
    /// The marker at `clean_end`, which ends the data.
    marker: Option<u8>,
    /// Zero bits that were put into the window after the end of the data.
    padding: u64,
    damage: Option<Noted>,
    pub(crate) window: Window<'a>,
}

/// The first damage of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// Where it was found, in bytes of the file.
    pub(crate) at: usize,
    pub(crate) damage: Damage,
    /// Whether the file had no further bytes there.
    pub(crate) file_ended: bool,
}

/// The bits that come next. It is a value of its own, so that the loops over symbols keep it in registers.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    /// The next bits, from the most significant one on.
    buffer: u64,
    /// How many bits of the buffer are valid.
    count: u32,
    /// The bytes after them that are no FF.
    clean: &'a [u8],
}

/// The bits that [`Bits::refill`] provides at least: the longest code with the longest value.
pub(crate) const REFILLED: u32 = 32;

impl<'a> Window<'a> {
    /// The next `count` bits, 1 to 32, which remain.
    #[inline(always)]
    pub(crate) fn peek(&self, count: u32) -> u32 {
        (self.buffer >> (64 - count)) as u32
    }

    /// Passes over `count` bits, at most as many as [`Bits::refill`] provided.
    #[inline(always)]
    pub(crate) fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.count -= count;
    }

    /// The next `count` bits, 1 to 32.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        let bits = self.peek(count);
        self.skip(count);
        bits
    }

    /// The value of category `category`, 1 to 15, that the next bits are (T.81, table F.1).
    #[inline(always)]
    pub(crate) fn value(&mut self, category: u32) -> i32 {
        let bits = self.take(category) as i32;
        // A first bit of 0 stands for a negative value.
        if bits < 1 << (category - 1) {
            bits - (1 << category) + 1
        } else {
            bits
        }
    }
}

impl<'a> Bits<'a> {
    /// The bits from byte `at` of a file on.
    pub(crate) fn new(file: &'a [u8], at: usize) -> Self {
        let mut bits = Self {
            file,
            clean_end: 0,
            marker: None,
            padding: 0,
            damage: None,
            window: Window {
                buffer: 0,
                count: 0,
                clean: &[],
            },
        };
        bits.go_to(at);
        if at > file.len() && !(at - file.len()).is_multiple_of(2) {
            // The bytes after the file are FF D9 for ever, and the scan begins between them.
            bits.window.buffer = u64::from(EOI) << 56;
            bits.window.count = 8;
        }
        bits
    }

    /// Where the data were read to, in bytes of the file.
    pub(crate) fn position(&self) -> usize {
        self.clean_end - self.window.clean.len()
    }

    /// Whether a bit was consumed that is not in the data.
    #[inline(always)]
    pub(crate) fn starved(&self) -> bool {
        u64::from(self.window.count) < self.padding
    }

    /// The first damage of the scan.
    pub(crate) fn damage(&self) -> Option<Noted> {
        self.damage
    }

    /// Remembers damage, if it is the first.
    #[cold]
    pub(crate) fn note(&mut self, damage: Damage) {
        if self.damage.is_none() {
            self.damage = Some(Noted {
                at: self.position(),
                damage,
                file_ended: self.at_file_end(),
            });
        }
    }

    /// Whether the data end with the file, and not at a marker.
    fn at_file_end(&self) -> bool {
        self.file[self.position()..]
            .iter()
            .all(|&byte| byte == 0xFF)
    }

    /// Makes at least [`REFILLED`] bits of the window valid.
    #[inline(always)]
    pub(crate) fn refill(&mut self, window: &mut Window<'a>) {
        if window.count < REFILLED {
            self.fill(window);
        }
    }

    /// Makes at least 56 bits of the window valid.
    #[inline(always)]
    pub(crate) fn fill(&mut self, window: &mut Window<'a>) {
        match window.clean.first_chunk() {
            Some(chunk) => {
                // The bits of a byte that is not counted yet are put there again by the next refill.
                window.buffer |= u64::from_be_bytes(*chunk) >> window.count;
                let bytes = (63 - window.count) / 8;
                window.clean = &window.clean[bytes as usize..];
                window.count += bytes * 8;
            }
            None => *window = self.refill_by_bytes(*window),
        }
    }

    /// Refills near an FF, byte by byte.
    #[cold]
    #[inline(never)]
    fn refill_by_bytes(&mut self, mut window: Window<'a>) -> Window<'a> {
        while window.count < 56 {
            let byte = match window.clean.split_first() {
                Some((&byte, rest)) => {
                    window.clean = rest;
                    byte
                }
                None => match self.next_clean() {
                    Some(clean) => {
                        window.clean = clean;
                        0xFF
                    }
                    None => {
                        self.padding += 8;
                        0
                    }
                },
            };
            window.buffer |= u64::from(byte) << (56 - window.count);
            window.count += 8;
        }
        window
    }

    /// Passes over a stuffed FF and returns the bytes after it, or `None` at a marker.
    fn next_clean(&mut self) -> Option<&'a [u8]> {
        if self.marker.is_some() {
            return None;
        }
        let rest = &self.file[self.clean_end..];
        match rest.iter().position(|&byte| byte != 0xFF) {
            Some(fill) if rest[fill] == 0 => Some(self.clean_from(self.clean_end + fill + 1)),
            Some(fill) => {
                self.marker = Some(rest[fill]);
                None
            }
            None => {
                // The bytes after the file are FF D9.
                self.marker = Some(EOI);
                None
            }
        }
    }

    fn clean_from(&mut self, at: usize) -> &'a [u8] {
        let rest = &self.file[at..];
        let length = memchr::memchr(0xFF, rest).unwrap_or(rest.len());
        self.clean_end = at + length;
        &rest[..length]
    }

    fn go_to(&mut self, at: usize) {
        let clean = self.clean_from(at.min(self.file.len()));
        self.window = Window {
            buffer: 0,
            count: 0,
            clean,
        };
        self.marker = None;
    }

    /// Drops the bits and goes on to the next marker, which is returned.
    pub(crate) fn find_marker(&mut self) -> u8 {
        self.window.buffer = 0;
        let starved = self.starved();
        loop {
            self.window.clean = &[];
            match self.next_clean() {
                Some(_) => {}
                None => break,
            }
        }
        // No bits are left; of the padding only that a bit of it was consumed.
        (self.window.count, self.padding) = (0, u64::from(starved));
        self.marker.unwrap_or(EOI)
    }

    /// Goes behind the marker that [`find_marker`](Self::find_marker) returned.
    pub(crate) fn pass_marker(&mut self) {
        let rest = &self.file[self.clean_end..];
        let fill = rest.iter().position(|&byte| byte != 0xFF);
        let fill = fill.unwrap_or(rest.len());
        self.go_to(self.clean_end.saturating_add(fill + 1));
    }

    /// Forgets that bits were consumed after the end of the data: new data begin here.
    pub(crate) fn feed(&mut self) {
        self.padding = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bits of a file from its beginning up to its first marker, and that marker.
    fn model(file: &[u8]) -> (Vec<bool>, u8) {
        let mut bits = Vec::new();
        let mut at = 0;
        let byte = |at: usize| match file.get(at) {
            Some(&byte) => byte,
            None if (at - file.len()).is_multiple_of(2) => 0xFF,
            None => EOI,
        };
        loop {
            let mut data = byte(at);
            at += 1;
            if data == 0xFF {
                while byte(at) == 0xFF {
                    at += 1;
                }
                if byte(at) != 0 {
                    return (bits, byte(at));
                }
                at += 1;
                data = 0xFF;
            }
            bits.extend((0..8).rev().map(|bit| data >> bit & 1 == 1));
        }
    }

    proptest! {
        #[test]
        fn bits_are_those_of_the_unstuffed_bytes_and_then_zeros(
            file in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => Just(0xFF), 1 => Just(0)], 0..60),
            takes in prop::collection::vec(1u32..=31, 0..60),
        ) {
            let (expected, marker) = model(&file);
            let mut bits = Bits::new(&file, 0);
            let mut at = 0;
            for count in takes {
                let mut window = bits.window;
                bits.refill(&mut window);
                let got = window.take(count);
                bits.window = window;
                let want = (at..at + count as usize)
                    .fold(0, |sum, at| sum << 1 | u32::from(expected.get(at) == Some(&true)));
                at += count as usize;
                prop_assert_eq!(got, want);
                prop_assert_eq!(bits.starved(), at > expected.len());
            }
            prop_assert_eq!(bits.find_marker(), marker);
            prop_assert_eq!(bits.starved(), at > expected.len());
        }
    }

    #[test]
    fn behind_a_marker_the_data_go_on() {
        let mut bits = Bits::new(&[0xA5, 0xFF, 0xFF, 0xD3, 0x5A, 0xFF], 0);
        assert_eq!(bits.find_marker(), 0xD3);
        assert_eq!((bits.position(), bits.at_file_end()), (1, false));
        bits.pass_marker();
        let mut window = bits.window;
        bits.refill(&mut window);
        assert_eq!(window.take(8), 0x5A);
        bits.window = window;
        assert!(!bits.starved());
        assert_eq!(bits.find_marker(), EOI);
        assert!(bits.at_file_end());
        // There is nothing behind the end of the file but its end marker, again and again.
        bits.pass_marker();
        assert_eq!(bits.find_marker(), EOI);
    }

    #[test]
    fn starving_lasts_until_new_data_begin() {
        let mut bits = Bits::new(&[0xFF, 0xD9, 1], 0);
        let mut window = bits.window;
        bits.refill(&mut window);
        window.skip(1);
        bits.window = window;
        assert!(bits.starved());
        bits.find_marker();
        assert!(bits.starved());
        bits.pass_marker();
        assert!(bits.starved());
        bits.feed();
        assert!(!bits.starved());
    }

    #[test]
    fn a_scan_that_begins_inside_the_end_marker_behind_the_file_reads_its_second_byte() {
        let mut bits = Bits::new(&[1, 2], 3);
        let mut window = bits.window;
        bits.refill(&mut window);
        assert_eq!(window.take(16), u32::from(EOI) << 8);
    }
}
