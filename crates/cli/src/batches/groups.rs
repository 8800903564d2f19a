//! Decoded images that wait for their batch.

use super::Decoded;
use crate::budget::{Amount, Budget};
use pixelflume::pipeline::engine::{BatchKey, EngineSource};

/// Decoded images that wait for their batch, by what images of one batch have in common; what was seen least recently comes first.
pub(super) struct Groups<'a, 'e, S> {
    engines: &'e S,
    waiting: Vec<Group<'a>>,
    /// Batches to which the next image of their kind could not be added.
    full: Vec<Vec<Decoded<'a>>>,
    /// The part of the budget that all waiting images take.
    held: Amount,
}

struct Group<'a> {
    key: BatchKey,
    most: usize,
    images: Vec<Decoded<'a>>,
    /// Bytes that the images take of the room for pixels of their engine.
    bytes: usize,
    /// Bytes that they take of the device memory for tensors.
    tensor_bytes: usize,
}

impl<'a, 'e, S: EngineSource> Groups<'a, 'e, S> {
    /// Makes an empty list of groups, for batches of these engines.
    pub(super) fn new(engines: &'e S) -> Self {
        Groups {
            engines,
            waiting: Vec::new(),
            full: Vec::new(),
            held: Amount::default(),
        }
    }

    /// Adds an image to those that can share a batch with it.
    pub(super) fn push(&mut self, decoded: Decoded<'a>) {
        let shapes = decoded.shapes();
        let is_on_device = decoded.is_on_device();
        let batching = match is_on_device {
            true => self.engines.tensor_batching(&shapes),
            false => self.engines.batching(&shapes),
        };
        let known = self
            .waiting
            .iter()
            .position(|group| group.key == batching.key);
        let mut group = match known {
            Some(position) => self.waiting.remove(position),
            None => Group {
                most: match is_on_device {
                    true => self.engines.max_tensor_frames(&shapes),
                    false => self.engines.max_frames(&shapes),
                } as usize,
                key: batching.key,
                images: Vec::new(),
                bytes: 0,
                tensor_bytes: 0,
            },
        };
        let bytes = group.bytes.saturating_add(batching.frame_bytes);
        let tensor_bytes = group.tensor_bytes.saturating_add(batching.tensor_bytes);
        let is_over = bytes > batching.max_bytes || tensor_bytes > batching.max_tensor_bytes;
        if is_over && !group.images.is_empty() {
            self.full.push(std::mem::take(&mut group.images));
            (group.bytes, group.tensor_bytes) = (batching.frame_bytes, batching.tensor_bytes);
        } else {
            (group.bytes, group.tensor_bytes) = (bytes, tensor_bytes);
        }
        self.held = self.held.plus(decoded.permit.amount());
        group.images.push(decoded);
        self.waiting.push(group);
    }

    /// Divides sets into batches, as if all of them came anew.
    pub(super) fn of_sets(engines: &'e S, sets: Vec<Decoded<'a>>) -> Vec<Vec<Decoded<'a>>> {
        let mut groups = Groups::new(engines);
        let mut batches = Vec::new();
        for set in sets {
            groups.push(set);
            let full = |group: &Group<'_>| group.images.len() >= group.most;
            if let Some(position) = groups.waiting.iter().position(full) {
                batches.push(groups.take(position));
            }
            batches.append(&mut groups.full);
        }
        while let Some(batch) = groups.take_first() {
            batches.push(batch);
        }
        batches
    }

    /// Takes a full batch, with `true`; or the first group, which is the least likely to grow, when more than half of the
    /// budget waits here, or a decoding thread waits for this part of the budget alone.
    pub(super) fn take_ready(&mut self, budget: &Budget) -> Option<(Vec<Decoded<'a>>, bool)> {
        if let Some(images) = self.full.pop() {
            return Some((self.taken(images), true));
        }
        let full = |group: &Group<'_>| group.images.len() >= group.most;
        if let Some(position) = self.waiting.iter().position(full) {
            return Some((self.take(position), true));
        }
        if budget.is_over_half(self.held) || budget.waits_for(self.held) {
            return self.take_first().map(|group| (group, false));
        }
        None
    }

    /// Takes the group that was added to least recently; `None` when no image waits.
    pub(super) fn take_first(&mut self) -> Option<Vec<Decoded<'a>>> {
        (!self.waiting.is_empty()).then(|| self.take(0))
    }

    fn take(&mut self, position: usize) -> Vec<Decoded<'a>> {
        let images = self.waiting.remove(position).images;
        self.taken(images)
    }

    /// Gives the images of a batch away.
    fn taken(&mut self, images: Vec<Decoded<'a>>) -> Vec<Decoded<'a>> {
        for decoded in &images {
            self.held = self.held.minus(decoded.permit.amount());
        }
        images
    }
}
