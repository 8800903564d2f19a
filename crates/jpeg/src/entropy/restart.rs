//! Restart markers.

use crate::entropy::bits::Bits;
use crate::error::Damage;
use crate::file::markers::{RST0, RST7, SOF0};

/// Counts the MCUs of a scan, and finds its restart markers.
#[derive(Clone, Debug)]
pub(crate) struct Restarts {
    interval: u32,
    /// MCUs before the next restart marker.
    left: u32,
    /// Number of the next restart marker, 0 to 7.
    next: u8,
}

/// Where to go on from a marker that is not the expected one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Resync {
    /// Behind the marker.
    Pass,
    /// At the next marker, with the same question.
    Search,
    /// Before the marker: the data are missing.
    Stay,
}

impl Restarts {
    /// Restart markers every `interval` MCUs; none for 0.
    pub(crate) fn new(interval: u16) -> Self {
        let interval = if interval == 0 {
            u32::MAX
        } else {
            interval.into()
        };
        Self {
            interval,
            left: interval,
            next: 0,
        }
    }

    /// Whether a restart marker is due before the next MCU, which is counted.
    #[inline(always)]
    pub(crate) fn due(&mut self) -> bool {
        // A scan without restart markers has fewer MCUs than u32::MAX.
        if self.left == 0 {
            self.left = self.interval - 1;
            return true;
        }
        self.left -= 1;
        false
    }

    /// Goes on behind the restart marker, or where libjpeg-turbo goes on if it is not there.
    pub(crate) fn go(&mut self, bits: &mut Bits<'_>) {
        let expected = RST0 + self.next;
        loop {
            let marker = bits.find_marker();
            if marker != expected {
                bits.note(Damage::Restart {
                    expected,
                    found: marker,
                });
            }
            match resync(marker, self.next) {
                Resync::Pass => {
                    bits.pass_marker();
                    bits.feed();
                    break;
                }
                Resync::Search => bits.pass_marker(),
                Resync::Stay => break,
            }
        }
        self.next = (self.next + 1) & 7;
    }
}

/// What libjpeg-turbo does at `marker` in place of restart marker `next`.
fn resync(marker: u8, next: u8) -> Resync {
    match marker {
        _ if marker < SOF0 => Resync::Search,
        RST0..=RST7 => match (marker - RST0).wrapping_sub(next) & 7 {
            1 | 2 => Resync::Stay,
            6 | 7 => Resync::Search,
            _ => Resync::Pass,
        },
        _ => Resync::Stay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_near_the_expected_one_is_lost_data_and_one_far_away_is_taken() {
        assert_eq!(resync(0xD3, 3), Resync::Pass);
        assert_eq!(resync(0xD4, 3), Resync::Stay);
        assert_eq!(resync(0xD5, 3), Resync::Stay);
        assert_eq!(resync(0xD6, 3), Resync::Pass);
        assert_eq!(resync(0xD7, 3), Resync::Pass);
        assert_eq!(resync(0xD0, 3), Resync::Pass);
        assert_eq!(resync(0xD1, 3), Resync::Search);
        assert_eq!(resync(0xD2, 3), Resync::Search);
        assert_eq!(resync(0xD0, 7), Resync::Stay);
        assert_eq!(resync(0xD7, 0), Resync::Search);
        assert_eq!(resync(0x01, 0), Resync::Search);
        assert_eq!(resync(0xD9, 0), Resync::Stay);
        assert_eq!(resync(0xC4, 0), Resync::Stay);
    }

    #[test]
    fn restarts_are_due_after_every_interval_and_not_before_the_first() {
        let mut restarts = Restarts::new(3);
        let due: Vec<bool> = (0..7).map(|_| restarts.due()).collect();
        assert_eq!(due, [false, false, false, true, false, false, true]);
        let mut none = Restarts::new(0);
        assert!((0..100).all(|_| !none.due()));
    }
}
