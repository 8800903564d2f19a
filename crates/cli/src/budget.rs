//! Bounds what is read and not yet written: encoded bytes, decoded pixels and results.
//!
//! A decoder takes a [`Permit`] for all that an image will need before memory is taken for it, and the permit lives until
//! the results of that image are written. An image that needs more than the whole budget has to be alone.
//!
//! Whoever collects images into batches must let go of some when it holds more than half ([`Budget::is_over_half`]), and when
//! a decoder waits for nothing but what is collected ([`Budget::waits_for`]). Then the next image is admitted in the end:
//! as long as anything else is held, that is written and given back; when nothing else is, the collector lets go.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A number of images and of bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Amount {
    /// Images.
    pub(crate) images: usize,
    /// Bytes that they take.
    pub(crate) bytes: u64,
}

impl Amount {
    /// Both together.
    pub(crate) fn plus(self, other: Amount) -> Amount {
        Amount {
            images: self.images + other.images,
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// What is left without a part of it.
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

/// The bound, how much of it is taken, and who waits.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: Amount,
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    held: Amount,
    /// Decoders that wait for room.
    waiting: usize,
}

impl Budget {
    /// A budget of this many images (at least 2) and bytes.
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

    /// Waits until an image of this many bytes fits, or is alone. `short` is called each time before it waits, and must not
    /// wait itself: it tells the collector to ask [`Budget::waits_for`].
    pub(crate) fn admit(&self, bytes: u64, short: impl Fn()) -> Permit<'_> {
        let amount = Amount { images: 1, bytes };
        let mut taken = self.lock();
        while taken.held.images > 0 && !taken.held.plus(amount).fits_in(self.limit) {
            taken.waiting += 1;
            // Under the lock, so that nothing is given back between the call and the wait without being noticed.
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

    /// Whether this is more than half of the images or of the bytes.
    pub(crate) fn is_over_half(&self, total: Amount) -> bool {
        total.images > self.limit.images / 2 || total.bytes > self.limit.bytes / 2
    }

    /// Whether a decoder waits, and this is all that is held.
    pub(crate) fn waits_for(&self, held: Amount) -> bool {
        let taken = self.lock();
        taken.waiting > 0 && taken.held.images <= held.images
    }

    /// The guarded value is a few counters that every holder leaves whole, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to hold one image; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    budget: &'a Budget,
    amount: Amount,
}

impl Permit<'_> {
    /// What it holds.
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
            // The other one is given back without anybody's help.
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
