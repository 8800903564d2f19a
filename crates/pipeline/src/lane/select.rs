//! Choosing the plan for a batch, and compiling it where the lane has none.

use crate::error::PipelineError;
use crate::lane::Lane;
use crate::pipeline::Pipeline;
use crate::plan::bound::BoundPlan;
use pixelflume_ops::ImageShape;
use std::time::Instant;

impl Lane {
    /// Makes the plan of a pipeline of the lane's topology for these shapes the current one. Capacities are powers of two up to
    /// `most`, the largest batch, so that runs of few frames take little memory, and growing batches compile few plans.
    ///
    /// After an error that is a lack of memory it may be called again with other memory given back.
    pub(crate) fn select(
        &mut self,
        pipeline: &Pipeline,
        shapes: &[ImageShape],
        frames: usize,
        most: u32,
    ) -> Result<(), PipelineError> {
        let needed = u32::try_from(frames).map_or(most, |frames| frames.min(most));
        if self.plans.touch(pipeline, shapes, needed) {
            self.statistics.plan_hits += 1;
            return Ok(());
        }
        let start = Instant::now();
        let operators = pipeline.plan_operators(shapes)?;
        let updated = self.plans.touch_shapes(&operators.shapes, needed)
            && self.update(pipeline, operators.plans.clone())?;
        if !updated {
            let capacity = needed.next_power_of_two().min(most);
            let plan = self.plan(pipeline, operators, capacity)?;
            while let Some(old) = self.plans.make_room(plan.shapes()) {
                self.evict(old);
            }
            let bound = self.bind(plan)?;
            self.insert(bound);
        }
        self.statistics.compile_time += start.elapsed();
        Ok(())
    }

    /// Frees the staging memory and all plans; returns whether there was any.
    pub(crate) fn give_back(&mut self) -> bool {
        let mut any = self.clear_staging();
        while let Some(plan) = self.plans.pop() {
            self.evict(plan);
            any = true;
        }
        any
    }

    fn evict(&mut self, plan: BoundPlan) {
        self.release(plan);
        self.statistics.plans_evicted += 1;
    }
}
