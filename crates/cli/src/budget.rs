//! A budget of images and bytes that are read and not yet written: encoded bytes, decoded pixels and results.
//!
//! A decoder takes a [`Permit`] for everything that an image will need before it allocates memory for it. The permit lives
//! until the results of that image are written. An image that needs more than the whole budget is processed alone.
//!
//! The collector of images into batches must submit some of them when it holds more than half of the budget
//! ([`Budget::is_over_half`]), and when a decoder waits and the collector holds everything that is taken
//! ([`Budget::waits_for`]). So the next image is always admitted in the end: what others hold is written and released, and what
//! the collector holds it submits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of images and of bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Amount {
    pub(crate) images: usize,
    pub(crate) bytes: u64,
}

impl Amount {
    pub(crate) fn plus(self, other: Amount) -> Amount {
        Amount {
            images: self.images + other.images,
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    pub(crate) fn minus(self, part: Amount) -> Amount {
        Amount {
            images: self.images.saturating_sub(part.images),
            bytes: self.bytes.saturating_sub(part.bytes),
        }
    }

    fn fits_in(self, limit: Amount) -> bool {
        self.images <= limit.images && self.bytes <= limit.bytes
    }
}

/// The budget, the part of it that is taken, and the number of waiting decoders.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Amount,
    taken: Mutex<InUse>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct InUse {
    held: Amount,
    waiting: usize,
}

impl Budget {
    /// A budget of `images` images (at least 2) and `bytes` bytes.
    pub(crate) fn new(images: usize, bytes: u64) -> Self {
        let limit = Amount {
            images: images.max(2),
            bytes,
        };
        Budget {
            limit,
            taken: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// Waits until an image of `bytes` bytes fits, or nothing else is taken. `short` is called before each wait and must not
    /// block: it tells the collector to ask [`Budget::waits_for`].
    pub(crate) fn admit(&self, bytes: u64, short: impl Fn()) -> Permit<'_> {
        let amount = Amount { images: 1, bytes };
        let mut taken = self.lock();
        while taken.held.images > 0 && !taken.held.plus(amount).fits_in(self.limit) {
            taken.waiting += 1;
            // Called under the lock, so that no release between the call and the wait goes unnoticed.
            short();
            taken = self
                .freed
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
            taken.waiting -= 1;
        }
        taken.held = taken.held.plus(amount);
        Permit {
            budget: self,
            amount,
        }
    }

    /// Whether `total` is more than half of the images or of the bytes.
    pub(crate) fn is_over_half(&self, total: Amount) -> bool {
        total.images > self.limit.images / 2 || total.bytes > self.limit.bytes / 2
    }

    /// Whether a decoder waits while `held` is all that is taken.
    pub(crate) fn waits_for(&self, held: Amount) -> bool {
        let taken = self.lock();
        taken.waiting > 0 && taken.held.images <= held.images
    }

    /// A poisoned lock is usable: the guarded counters are consistent whenever the lock is released.
    fn lock(&self) -> MutexGuard<'_, InUse> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to hold one image in memory. Dropping it releases its part of the budget.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    budget: &'a Budget,
    amount: Amount,
}

impl Permit<'_> {
    /// The image and its bytes.
    pub(crate) fn amount(&self) -> Amount {
        self.amount
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut taken = self.budget.lock();
        taken.held = taken.held.minus(self.amount);
        drop(taken);
        self.budget.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn held(budget: &Budget) -> Amount {
        budget.lock().held
    }

    fn sum(permits: &[&Permit<'_>]) -> Amount {
        let permits = permits.iter();
        permits.fold(Amount::default(), |sum, permit| sum.plus(permit.amount()))
    }

    #[test]
    fn never_more_than_the_limit_is_held() {
        let budget = Budget::new(3, 1 << 30);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let permit = budget.admit(10, || ());
                        let held = now.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(held, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 3);
        assert_eq!(held(&budget), Amount::default());
    }

    #[test]
    fn an_image_larger_than_the_budget_is_alone() {
        let budget = Budget::new(10, 100);
        let large = budget.admit(u64::MAX, || panic!("nothing else is held"));
        let short = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let small = scope.spawn(|| {
                let told = || {
                    short.fetch_add(1, Ordering::SeqCst);
                };
                budget.admit(1, told)
            });
            while !budget.waits_for(large.amount()) {
                std::thread::yield_now();
            }
            assert_eq!(held(&budget).images, 1);
            drop(large);
            assert_eq!(small.join().unwrap().amount.bytes, 1);
        });
        assert_eq!(short.into_inner(), 1);
    }

    #[test]
    fn a_decoder_that_waits_for_more_than_is_collected_is_left_waiting() {
        let budget = Budget::new(2, 100);
        let (collected, computed) = (budget.admit(1, || ()), budget.admit(1, || ()));
        assert!(!budget.waits_for(sum(&[&collected, &computed])));
        std::thread::scope(|scope| {
            scope.spawn(|| budget.admit(1, || ()));
            while !budget.waits_for(sum(&[&collected, &computed])) {
                std::thread::yield_now();
            }
            // The other permit is released by its owner without the collector's help.
            assert!(!budget.waits_for(collected.amount()));
            drop(computed);
        });
        drop(collected);
    }

    #[test]
    fn more_than_half_is_told_for_images_and_for_bytes() {
        let budget = Budget::new(4, 1000);
        let permits: Vec<_> = (0..3).map(|_| budget.admit(1, || ())).collect();
        assert!(!budget.is_over_half(sum(&[&permits[0], &permits[1]])));
        assert!(budget.is_over_half(sum(&[&permits[0], &permits[1], &permits[2]])));
        let large = budget.admit(500, || ());
        assert!(!budget.is_over_half(large.amount()));
        assert!(budget.is_over_half(sum(&[&large, &permits[0]])));
    }
}
