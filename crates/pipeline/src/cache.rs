//! The execution plans that a runner keeps.

use crate::execution::ExecutionPlan;
use pixelflume_ops::ImageShape;

/// A few execution plans by input shapes, the most recently used one last.
#[derive(Debug)]
pub(crate) struct PlanCache {
    plans: Vec<ExecutionPlan>,
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

    /// Makes the plan for these inputs the most recently used one, if there is one for batches of `batch`.
    pub(crate) fn touch(&mut self, inputs: &[ImageShape], batch: u32) -> bool {
        let fits =
            |plan: &ExecutionPlan| plan.shapes().inputs == inputs && plan.capacity() >= batch;
        let found = self.plans.iter().position(fits);
        if let Some(index) = found {
            self.plans[index..].rotate_left(1);
        }
        found.is_some()
    }

    /// Makes room for a plan for these inputs: drops the one with a smaller capacity, or the least recently used one of
    /// a full cache.
    pub(crate) fn make_room(&mut self, inputs: &[ImageShape]) {
        self.plans.retain(|plan| plan.shapes().inputs != inputs);
        while self.plans.len() >= self.most {
            self.plans.remove(0);
        }
    }

    /// Adds a plan as the most recently used one. There is room.
    pub(crate) fn insert(&mut self, plan: ExecutionPlan) {
        self.plans.push(plan);
    }

    /// Drops all plans; whether there were any.
    pub(crate) fn clear(&mut self) -> bool {
        let any = !self.plans.is_empty();
        self.plans.clear();
        any
    }

    /// The most recently used plan.
    pub(crate) fn current(&mut self) -> Option<&mut ExecutionPlan> {
        self.plans.last_mut()
    }
}
