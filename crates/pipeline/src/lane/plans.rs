//! The execution plans that a runner keeps.

use crate::compiled::Compiled;
use crate::node::Shapes;
use crate::pipeline::Pipeline;
use pixelflume_ops::ImageShape;

/// A few execution plans by shapes, the most recently used one last.
pub(crate) struct PlanCache {
    plans: Vec<Compiled>,
    most: usize,
}

impl PlanCache {
    /// A cache of at most `most` plans, which is at least 1.
    pub(crate) fn new(most: usize) -> Self {
        PlanCache {
            plans: Vec::new(),
            most,
        }
    }

    /// Makes the plan of just this pipeline for these inputs the most recently used one, if there is one for batches of
    /// `batch`.
    pub(crate) fn touch(&mut self, pipeline: &Pipeline, inputs: &[ImageShape], batch: u32) -> bool {
        self.touch_where(|plan| {
            plan.shapes().inputs == inputs
                && plan.capacity() >= batch
                && plan.pipeline().is_same(pipeline)
        })
    }

    /// Makes a plan for these shapes, with whichever parameters, the most recently used one, if there is one for batches
    /// of `batch`.
    pub(crate) fn touch_shapes(&mut self, shapes: &Shapes, batch: u32) -> bool {
        self.touch_where(|plan| plan.shapes() == shapes && plan.capacity() >= batch)
    }

    fn touch_where(&mut self, fits: impl Fn(&Compiled) -> bool) -> bool {
        let found = self.plans.iter().position(fits);
        if let Some(index) = found {
            self.plans[index..].rotate_left(1);
        }
        found.is_some()
    }

    /// Takes out a plan that has to make room for one for these shapes, while there is one: the one with a smaller
    /// capacity, or the least recently used one of a full cache.
    pub(crate) fn make_room(&mut self, shapes: &Shapes) -> Option<Compiled> {
        let same = self.plans.iter().position(|plan| plan.shapes() == shapes);
        let full = (self.plans.len() >= self.most).then_some(0);
        same.or(full).map(|index| self.plans.remove(index))
    }

    /// Takes out the least recently used plan.
    pub(crate) fn pop(&mut self) -> Option<Compiled> {
        let first = (!self.plans.is_empty()).then_some(0);
        first.map(|index| self.plans.remove(index))
    }

    /// Adds a plan as the most recently used one. There is room.
    pub(crate) fn insert(&mut self, plan: Compiled) {
        self.plans.push(plan);
    }

    /// The most recently used plan.
    pub(crate) fn current(&mut self) -> Option<&mut Compiled> {
        self.plans.last_mut()
    }
}
