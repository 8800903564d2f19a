//! What is known of the images of a batch beside their pixels: their numbers, the pass over the data set, and the values that were given
//! for them.

use crate::mixed::values::BatchParameters;
use pixelflume_ops::ImageValues;
use std::ops::Range;

/// The most parameters for which an image has values of its own.
pub(super) const MOST_SETS: usize = 16;

pub(super) const NO_VALUES: ImageValues<'static> = ImageValues {
    parameter: 0,
    count: 0,
    values: &[],
};

/// The numbers of the images of a batch, and the values that were given for them.
#[derive(Debug)]
pub(super) struct GivenImages {
    /// The numbers that were given for the images of the frames.
    indices: Vec<Option<u64>>,
    /// The number of the pass over the data set.
    pub(super) epoch: u64,
    values: Vec<GivenValues>,
    /// For each frame, the entry of `values` that came last.
    last_values: Vec<Option<usize>>,
    /// The values of all entries of `values`.
    numbers: Vec<f64>,
    /// For each frame, whether something that its descriptors depend on became known after they were made.
    stale: Vec<bool>,
}

/// The values of one parameter for the image of a frame, at `begin` in the list of all numbers.
#[derive(Copy, Clone, Debug)]
struct GivenValues {
    /// The entry of the same frame that came before.
    before: Option<usize>,
    node: usize,
    parameter: usize,
    begin: usize,
    count: usize,
    /// Numbers that the list has for these values, at least `count`.
    capacity: usize,
}

/// The image of a frame has values for as many parameters as it can have.
pub(super) struct TooManyValues;

impl GivenImages {
    /// Makes the lists for batches of at most `frames` frames.
    pub(super) fn new(frames: usize) -> Self {
        GivenImages {
            indices: vec![None; frames],
            epoch: 0,
            values: Vec::new(),
            last_values: vec![None; frames],
            numbers: Vec::new(),
            stale: vec![false; frames],
        }
    }

    /// One image, the first of its data set, with the values for one image that `values` has.
    pub(super) fn example(values: Option<&BatchParameters<'_>>) -> Result<Self, TooManyValues> {
        let mut example = GivenImages::new(1);
        example.indices[0] = Some(0);
        for (node, set) in values.into_iter().flat_map(BatchParameters::sets) {
            example.give(0, node, set.parameter, set.values)?;
        }
        Ok(example)
    }

    /// Forgets all images, for the next batch, of this pass over the data set.
    pub(super) fn clear(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.indices.fill(None);
        self.values.clear();
        self.last_values.fill(None);
        self.numbers.clear();
        self.stale.fill(false);
    }

    /// Notes that the descriptors of these frames, if they have any, are not made of what is known now.
    pub(super) fn mark_stale(&mut self, frames: Range<usize>) {
        self.stale[frames].fill(true);
    }

    /// Whether the descriptors of a frame are to be made again.
    pub(super) fn is_stale(&self, frame: usize) -> bool {
        self.stale[frame]
    }

    /// The number that was given for the image of a frame.
    pub(super) fn index(&self, frame: usize) -> Option<u64> {
        self.indices[frame]
    }

    pub(super) fn set_index(&mut self, frame: usize, index: u64) {
        self.indices[frame] = Some(index);
    }

    /// Gives the images of the first `frames` frames that have no number theirs: the frame's own number, counted from `first` on.
    pub(super) fn count_from(&mut self, first: u64, frames: usize) {
        for (frame, index) in self.indices[..frames].iter_mut().enumerate() {
            index.get_or_insert(first.wrapping_add(frame as u64));
        }
    }

    /// Gives a parameter of a node values for the image of a frame, in place of earlier ones.
    pub(super) fn give(
        &mut self,
        frame: usize,
        node: usize,
        parameter: usize,
        values: &[f64],
    ) -> Result<(), TooManyValues> {
        let (mut known, mut sets) = (self.last_values[frame], 0);
        while let Some(at) = known {
            let given = &mut self.values[at];
            if (given.node, given.parameter) == (node, parameter) {
                if values.len() > given.capacity {
                    (given.begin, given.capacity) = (self.numbers.len(), values.len());
                    self.numbers.extend_from_slice(values);
                } else {
                    // In place, so that values that are given again and again take no memory.
                    self.numbers[given.begin..given.begin + values.len()].copy_from_slice(values);
                }
                given.count = values.len();
                return Ok(());
            }
            (known, sets) = (given.before, sets + 1);
        }
        if sets >= MOST_SETS {
            return Err(TooManyValues);
        }
        let (begin, count) = (self.numbers.len(), values.len());
        self.numbers.extend_from_slice(values);
        let before = self.last_values[frame].replace(self.values.len());
        self.values.push(GivenValues {
            before,
            node,
            parameter,
            begin,
            count,
            capacity: count,
        });
        Ok(())
    }

    /// Puts the values that were given for the image of a frame into `list`, with their nodes. Returns how many there are.
    pub(super) fn values_of<'a>(
        &'a self,
        frame: usize,
        list: &mut [(usize, ImageValues<'a>); MOST_SETS],
    ) -> usize {
        let (mut count, mut next) = (0, self.last_values[frame]);
        while let (Some(at), Some(place)) = (next, list.get_mut(count)) {
            let given = self.values[at];
            let values = ImageValues {
                parameter: given.parameter,
                count: given.count,
                values: &self.numbers[given.begin..given.begin + given.count],
            };
            *place = (given.node, values);
            (count, next) = (count + 1, given.before);
        }
        count
    }
}
