//! The bytes and the bits of a file, as the model reads them.

/// A position in a file. Past the end of the file its bytes are FF D9 FF D9 for ever.
pub(super) struct Reader<'a> {
    file: &'a [u8],
    at: usize,
    /// A marker that was read and not dealt with.
    pub(super) marker: Option<u8>,
    /// The byte whose bits are read, and how many of them are left.
    byte: u8,
    left: u32,
    /// A bit past the end of a scan's data was used.
    pub(super) starved: bool,
    /// Something in the entropy-coded data is not as it must be: libjpeg-turbo warns of it.
    pub(super) damaged: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self {
            file,
            at: 0,
            marker: None,
            byte: 0,
            left: 0,
            starved: false,
            damaged: false,
        }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let past_the_end = [0xff, 0xd9];
        let byte = match self.file.get(self.at) {
            Some(byte) => *byte,
            None => past_the_end[(self.at - self.file.len()) % 2],
        };
        self.at += 1;
        byte
    }

    pub(super) fn word(&mut self) -> u16 {
        let high = self.byte();
        u16::from_be_bytes([high, self.byte()])
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at += count;
    }

    /// The marker that waits, or else the next one in the file.
    pub(super) fn next_marker(&mut self) -> u8 {
        if let Some(marker) = self.marker.take() {
            return marker;
        }
        loop {
            while self.byte() != 0xff {}
            let mut byte = self.byte();
            while byte == 0xff {
                byte = self.byte();
            }
            if byte != 0 {
                return byte;
            }
        }
    }

    /// Takes note of the end of the image: it is damage if the file ends before it.
    pub(super) fn note_end(&mut self) {
        self.damaged |= self.at > self.file.len();
    }

    /// Makes ready for the data of a scan.
    pub(super) fn start_scan(&mut self) {
        self.drop_bits();
        self.marker = None;
        self.starved = false;
    }

    pub(super) fn drop_bits(&mut self) {
        self.left = 0;
    }

    pub(super) fn bit(&mut self) -> u32 {
        if self.left == 0 && !self.load() {
            self.starved = true;
            self.damaged = true;
            return 0;
        }
        self.left -= 1;
        u32::from(self.byte >> self.left) & 1
    }

    /// Takes the next byte of the data. False where there is none: a marker follows.
    fn load(&mut self) -> bool {
        if self.marker.is_some() {
            return false;
        }
        self.byte = self.byte();
        if self.byte == 0xff {
            let mut second = self.byte();
            while second == 0xff {
                second = self.byte();
            }
            if second != 0 {
                self.marker = Some(second);
                return false;
            }
        }
        self.left = 8;
        true
    }

    pub(super) fn bits(&mut self, count: u32) -> u32 {
        (0..count).fold(0, |bits, _| bits << 1 | self.bit())
    }

    /// A value of a category, that is, of so many bits.
    pub(super) fn value(&mut self, category: u32) -> i32 {
        if category == 0 {
            return 0;
        }
        let bits = self.bits(category) as i32;
        if bits < 1 << (category - 1) {
            bits - (1 << category) + 1
        } else {
            bits
        }
    }
}
