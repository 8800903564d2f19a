//! The bound plans that a lane keeps.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Shapes;
use crate::plan::bound::BoundPlan;
use pixelflume_ops::ImageShape;

/// A few bound plans by their shapes, the most recently used one last.
pub(crate) struct PlanCache {
    plans: Vec<BoundPlan>,
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

    /// Makes a plan of exactly this pipeline for these inputs, and for batches of `batch` frames, the current one;
    /// returns whether there is one.
    pub(crate) fn touch(&mut self, pipeline: &Pipeline, inputs: &[ImageShape], batch: u32) -> bool {
        self.touch_where(|plan| {
            plan.plan().shapes().inputs == inputs
                && plan.plan().capacity() >= batch
                && plan.plan().pipeline().is_same(pipeline)
        })
    }

    /// Makes a plan for these shapes and batches of `batch` frames, with any parameters, the current one; returns
    /// whether there is one.
    pub(crate) fn touch_shapes(&mut self, shapes: &Shapes, batch: u32) -> bool {
        self.touch_where(|plan| plan.plan().shapes() == shapes && plan.plan().capacity() >= batch)
    }

    /// The shapes of all nodes of exactly this pipeline for these inputs, where a plan that is kept has them.
    pub(crate) fn shapes_of(&self, pipeline: &Pipeline, inputs: &[ImageShape]) -> Option<&Shapes> {
        let mut plans = self.plans.iter().map(BoundPlan::plan);
        let plan = plans
            .find(|plan| plan.shapes().inputs == inputs && plan.pipeline().is_same(pipeline))?;
        Some(plan.shapes())
    }

    fn touch_where(&mut self, fits: impl Fn(&BoundPlan) -> bool) -> bool {
        let found = self.plans.iter().position(fits);
        if let Some(index) = found {
            self.plans[index..].rotate_left(1);
        }
        found.is_some()
    }

    /// Removes a plan that must make room for one of these shapes, while there is one: the plan of the same shapes with
    /// a smaller capacity, or the least recently used plan of a full cache.
    pub(crate) fn make_room(&mut self, shapes: &Shapes) -> Option<BoundPlan> {
        let same = self
            .plans
            .iter()
            .position(|plan| plan.plan().shapes() == shapes);
        let full = (self.plans.len() >= self.most).then_some(0);
        same.or(full).map(|index| self.plans.remove(index))
    }

    /// Removes the least recently used plan.
    pub(crate) fn pop(&mut self) -> Option<BoundPlan> {
        let first = (!self.plans.is_empty()).then_some(0);
        first.map(|index| self.plans.remove(index))
    }

    /// Adds a plan as the current one. There is room.
    pub(crate) fn insert(&mut self, plan: BoundPlan) {
        self.plans.push(plan);
    }

    /// The current plan: the most recently used one.
    pub(crate) fn current(&self) -> Option<&BoundPlan> {
        self.plans.last()
    }

    /// The current plan, to be executed or changed.
    pub(crate) fn current_mut(&mut self) -> Option<&mut BoundPlan> {
        self.plans.last_mut()
    }
}
