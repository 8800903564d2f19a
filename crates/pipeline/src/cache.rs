//! The execution plans that a runner keeps.

use crate::compiled::Compiled;
use crate::pipeline::{Pipeline, Shapes};
use pixelflume_ops::ImageShape;

/// A few execution plans by shapes, the most recently used one last.
#[derive(Debug)]
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

    /// Makes room for a plan for these shapes: drops the one with a smaller capacity, or the least recently used one of
    /// a full cache. How many went.
    pub(crate) fn make_room(&mut self, shapes: &Shapes) -> usize {
        let before = self.plans.len();
        self.plans.retain(|plan| plan.shapes() != shapes);
        while self.plans.len() >= self.most {
            self.plans.remove(0);
        }
        before - self.plans.len()
    }

    /// Adds a plan as the most recently used one. There is room.
    pub(crate) fn insert(&mut self, plan: Compiled) {
        self.plans.push(plan);
    }

    /// Drops all plans; how many there were.
    pub(crate) fn clear(&mut self) -> usize {
        let count = self.plans.len();
        self.plans.clear();
        count
    }

    /// The most recently used plan.
    pub(crate) fn current(&mut self) -> Option<&mut Compiled> {
        self.plans.last_mut()
    }
}
