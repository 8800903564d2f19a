//! Statistics of the rings: fill, and waits of submitters.

use super::{EffectiveConfig, Ring};
use std::fmt;
use std::time::Duration;

/// The counters of one ring, behind the submitters' lock.
#[derive(Default)]
pub(super) struct Meter {
    high_water: u64,
    refusals: u64,
    blocked: Duration,
}

impl Meter {
    pub(super) fn saw(&mut self, used: u64) {
        self.high_water = self.high_water.max(used);
    }

    pub(super) fn was_full(&mut self) {
        self.refusals += 1;
    }

    pub(super) fn blocked(&mut self, time: Duration) {
        self.blocked += time;
    }

    pub(super) fn statistics(&self, ring: Ring, used: u64, capacity: u64) -> RingStatistics {
        RingStatistics {
            ring,
            capacity,
            used,
            high_water: self.high_water,
            refusals: self.refusals,
            blocked: self.blocked,
        }
    }
}

/// Statistics of one ring, in its units.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct RingStatistics {
    /// The part of the rings that is counted.
    pub ring: Ring,
    /// Size of the ring.
    pub capacity: u64,
    /// Amount in use now.
    pub used: u64,
    /// The most that was ever in use.
    pub high_water: u64,
    /// The number of submits that found no room in this ring.
    pub refusals: u64,
    /// The time that submitters waited for room in this ring, summed over all submitters.
    pub blocked: Duration,
}

/// A snapshot of the rings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statistics {
    /// The sizes in force, with their origins.
    pub config: EffectiveConfig,
    /// The number of tasks submitted since the beginning.
    pub submitted: u64,
    /// Length of the released prefix of these tasks.
    pub released: u64,
    /// Length of the consumed prefix of these tasks.
    pub consumed: u64,
    /// Each ring, in the order of [`Ring::ALL`].
    pub rings: [RingStatistics; Ring::ALL.len()],
}

impl Statistics {
    /// The statistics of one ring.
    pub fn ring(&self, ring: Ring) -> &RingStatistics {
        &self.rings[ring as usize]
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks submitted, {} released, {} consumed",
            self.submitted, self.released, self.consumed
        )?;
        for ring in &self.rings {
            write!(
                f,
                "\n{}: {} of {} {} in use, {} at the most, full {} times, blocked {:?}",
                ring.ring,
                ring.used,
                ring.capacity,
                ring.ring.unit(),
                ring.high_water,
                ring.refusals,
                ring.blocked
            )?;
        }
        Ok(())
    }
}
