//! Decoded images that wait for their batch.

use super::Decoded;
use crate::budget::{Amount, Budget};
use pixelflume::ops::ImageShape;

/// Decoded images that wait for their batch, by their shapes; the least recently seen shapes come first.
pub(super) struct Groups<'a, F> {
    /// Returns the most images of a batch of these shapes.
    most: F,
    waiting: Vec<Group<'a>>,
    /// The part of the budget that all waiting images take.
    held: Amount,
}

struct Group<'a> {
    shapes: Vec<ImageShape>,
    most: usize,
    images: Vec<Decoded<'a>>,
}

impl<'a, F: Fn(&[ImageShape]) -> usize> Groups<'a, F> {
    /// Makes an empty list of groups.
    pub(super) fn new(most: F) -> Self {
        Groups {
            most,
            waiting: Vec::new(),
            held: Amount::default(),
        }
    }

    /// Adds an image to those of its shapes.
    pub(super) fn push(&mut self, decoded: Decoded<'a>) {
        let shapes = decoded.shapes();
        let known = self.waiting.iter().position(|group| group.shapes == shapes);
        let mut group = match known {
            Some(position) => self.waiting.remove(position),
            None => Group {
                most: (self.most)(&shapes),
                shapes,
                images: Vec::new(),
            },
        };
        self.held = self.held.plus(decoded.permit.amount());
        group.images.push(decoded);
        self.waiting.push(group);
    }

    /// Takes a full batch, with `true`; or the first group, which is the least likely to grow, when more than half of the
    /// budget waits here, or a decoding thread waits for this part of the budget alone.
    pub(super) fn take_ready(&mut self, budget: &Budget) -> Option<(Vec<Decoded<'a>>, bool)> {
        let full = |group: &Group<'_>| group.images.len() >= group.most;
        if let Some(position) = self.waiting.iter().position(full) {
            return Some((self.take(position), true));
        }
        if budget.is_over_half(self.held) || budget.waits_for(self.held) {
            return self.take_first().map(|group| (group, false));
        }
        None
    }

    /// Takes the group whose shapes were seen least recently; `None` when no image waits.
    pub(super) fn take_first(&mut self) -> Option<Vec<Decoded<'a>>> {
        (!self.waiting.is_empty()).then(|| self.take(0))
    }

    fn take(&mut self, position: usize) -> Vec<Decoded<'a>> {
        let images = self.waiting.remove(position).images;
        for decoded in &images {
            self.held = self.held.minus(decoded.permit.amount());
        }
        images
    }
}
