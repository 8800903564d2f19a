//! Bounds what is decoded and not yet written.
//!
//! A decoder takes a [`Permit`] before it decodes an image, and the permit lives until the results of that image are
//! written. One permit never takes more than half of the budget. So whoever collects images into batches cannot bring
//! the run to a halt as long as it lets go of some when it holds more than half ([`Budget::is_over_half`]): with half
//! or less kept back and everything else written, the next image is always admitted.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of images and of bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Amount {
    /// Images.
    pub(crate) images: usize,
    /// Bytes of decoded pixels.
    pub(crate) bytes: u64,
}

impl Amount {
    fn plus(self, other: Amount) -> Amount {
        Amount {
            images: self.images + other.images,
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn fits_in(self, limit: Amount) -> bool {
        self.images <= limit.images && self.bytes <= limit.bytes
    }
}

/// The bound, and how much of it is taken.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Amount,
    held: Mutex<Amount>,
    freed: Condvar,
}

impl Budget {
    /// A budget of this many images (at least 2) and bytes (at least 2).
    pub(crate) fn new(images: usize, bytes: u64) -> Self {
        let limit = Amount {
            images: images.max(2),
            bytes: bytes.max(2),
        };
        Budget {
            limit,
            held: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Waits until an image of this many bytes fits. An image of more than half of the bytes counts as half.
    pub(crate) fn admit(&self, bytes: u64) -> Permit<'_> {
        let amount = Amount {
            images: 1,
            bytes: bytes.min(self.limit.bytes / 2),
        };
        let mut held = self.lock();
        while !held.plus(amount).fits_in(self.limit) {
            held = self
                .freed
                .wait(held)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *held = held.plus(amount);
        Permit {
            budget: self,
            amount,
        }
    }

    /// Whether permits like these take more than half of the images or of the bytes.
    pub(crate) fn is_over_half<'a>(
        &self,
        permits: impl IntoIterator<Item = &'a Permit<'a>>,
    ) -> bool {
        let total = permits
            .into_iter()
            .fold(Amount::default(), |sum, permit| sum.plus(permit.amount));
        total.images > self.limit.images / 2 || total.bytes > self.limit.bytes / 2
    }

    /// The guarded value is a pair of counters that every holder leaves whole, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Amount> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to hold one decoded image; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    budget: &'a Budget,
    amount: Amount,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut held = self.budget.lock();
        held.images -= self.amount.images;
        held.bytes -= self.amount.bytes;
        drop(held);
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn never_more_than_the_limit_is_held() {
        let budget = Budget::new(3, 1 << 30);
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let permit = budget.admit(10);
                        let now = held.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        held.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 3);
        assert_eq!(*budget.lock(), Amount::default());
    }

    #[test]
    fn images_larger_than_the_budget_are_admitted_two_at_a_time() {
        let budget = Budget::new(10, 100);
        let first = budget.admit(u64::MAX);
        let second = budget.admit(1000);
        assert_eq!(
            *budget.lock(),
            Amount {
                images: 2,
                bytes: 100
            }
        );
        assert!(!budget.is_over_half([&first]));
        assert!(budget.is_over_half([&first, &second]));
        drop(first);
        let third = budget.admit(50);
        assert_eq!(budget.lock().bytes, 100);
        drop((second, third));
    }

    #[test]
    fn more_than_half_is_told_for_images_and_for_bytes() {
        let budget = Budget::new(4, 1000);
        let permits: Vec<_> = (0..3).map(|_| budget.admit(1)).collect();
        assert!(!budget.is_over_half(&permits[..2]));
        assert!(budget.is_over_half(&permits));
        let large = budget.admit(500);
        assert!(!budget.is_over_half([&large]));
        assert!(budget.is_over_half([&large, &permits[0]]));
    }
}
