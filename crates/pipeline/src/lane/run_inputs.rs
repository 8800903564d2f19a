//! The inputs of a run: the inputs of its plan, and the images that descriptors among them have the addresses of.

use crate::image::device::DeviceImages;
use crate::inputs::Input;
use crate::lane::pixels::DescribedImages;
use std::ops::Range;

/// The inputs of a run.
#[derive(Copy, Clone)]
pub(crate) struct RunInputs<'a> {
    /// The frames of each input of the plan.
    pub(crate) bound: &'a [Input<'a>],
    /// The images that tables of descriptors among these describe.
    pub(crate) described: Option<DescribedImages<'a>>,
    /// For each frame its number in the batch that the caller gave, where the run has a part of that; ascending.
    pub(crate) numbers: Option<&'a [usize]>,
}

impl<'a> From<&'a [Input<'a>]> for RunInputs<'a> {
    fn from(bound: &'a [Input<'a>]) -> Self {
        RunInputs {
            bound,
            described: None,
            numbers: None,
        }
    }
}

impl<'a> RunInputs<'a> {
    /// The images in device memory of which these frames are a part.
    pub(crate) fn devices(
        self,
        frames: Range<usize>,
    ) -> impl Iterator<Item = &'a DeviceImages<'a>> {
        let own = frames.clone();
        let bound = self.bound.iter();
        let bound = bound.flat_map(move |input| input.devices(own.clone()));
        let described = self.described.into_iter();
        bound.chain(described.flat_map(move |described| described.devices(frames.clone())))
    }

    /// The numbers of these frames in the batch that the caller gave, from the first to the last one.
    pub(crate) fn numbers_of(&self, frames: &Range<usize>) -> Range<usize> {
        match self.numbers {
            Some(numbers) => numbers[frames.start]..numbers[frames.end - 1] + 1,
            None => frames.clone(),
        }
    }
}
