//! Plans: a pipeline prepared for input shapes.
//!
//! A [`PipelinePlan`] is data without memory: shapes, operator plans, fused chains, and the layout of the arena. The
//! description of a pipeline reads it. A [`BoundPlan`](bound::BoundPlan) adds what one device needs: memory, code and
//! launches.

pub(crate) mod arena;
pub(crate) mod bound;
pub(crate) mod description;
pub(crate) mod fusion;
pub(crate) mod memory;
pub(crate) mod mixed;
pub(crate) mod placement;
pub(crate) mod sharing;
pub(crate) mod tables;
mod text;

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{OperatorPlans, Shapes};
use crate::plan::arena::ArenaPlan;
use crate::plan::fusion::Fusion;
use pixelflume_device::DeviceKind;
use pixelflume_ops::Plan;
use pixelflume_scheduler::Schedule;
use std::sync::Arc;

/// A pipeline prepared for input shapes, a largest batch and a kind of device: data without memory. A clone shares the
/// operator plans and the layout of the arena.
#[derive(Clone, Debug)]
pub(crate) struct PipelinePlan {
    pipeline: Pipeline,
    shapes: Shapes,
    /// For each node, the plan of its own operator.
    operators: Vec<Arc<dyn Plan>>,
    fusion: Fusion,
    /// For each node, the plan that it launches: its own or that of the chain that it ends; `None` inside of a
    /// chain.
    launched: Vec<Option<Arc<dyn Plan>>>,
    arena: Arc<ArenaPlan>,
    capacity: u32,
}

impl PipelinePlan {
    /// Plans `pipeline`, with these plans of its operators, for batches of up to `capacity` frames that are executed by
    /// `schedule`.
    pub(crate) fn new(
        pipeline: &Pipeline,
        operators: OperatorPlans,
        schedule: &Schedule,
        capacity: u32,
        device: DeviceKind,
    ) -> Result<Self, PipelineError> {
        let OperatorPlans { shapes, plans } = operators;
        let fusion = Fusion::new(pipeline, &plans, device);
        let arena = ArenaPlan::fused(pipeline, &shapes, schedule, capacity, &fusion)?;
        Ok(PipelinePlan {
            pipeline: pipeline.clone(),
            launched: fusion.launched(&plans),
            shapes,
            operators: plans,
            fusion,
            arena: Arc::new(arena),
            capacity,
        })
    }

    /// The same plan with the operators of `pipeline`, which has the same topology and, with these plans, the same shapes.
    /// `None` where other nodes are fused now, which takes another arena.
    ///
    /// A node whose operator stays keeps its plan, and a chain all of whose operators stay keeps the plan of the chain, so
    /// that their code and launches need not change.
    pub(crate) fn with_operators(
        &self,
        pipeline: &Pipeline,
        plans: Vec<Arc<dyn Plan>>,
        device: DeviceKind,
    ) -> Option<Self> {
        let stays = |index: usize| {
            let (new, old) = (&pipeline.nodes()[index], &self.pipeline.nodes()[index]);
            Arc::ptr_eq(&new.operator, &old.operator)
        };
        let operators = plans.into_iter().enumerate();
        let operators: Vec<_> = operators
            .map(|(index, plan)| match stays(index) {
                true => Arc::clone(&self.operators[index]),
                false => plan,
            })
            .collect();
        let fusion = Fusion::new(pipeline, &operators, device);
        if !fusion.is_alike(&self.fusion) {
            return None;
        }
        let mut launched = fusion.launched(&operators);
        for (index, plan) in launched.iter_mut().enumerate() {
            if fusion.members(&index).iter().all(|&node| stays(node)) {
                plan.clone_from(&self.launched[index]);
            }
        }
        Some(PipelinePlan {
            pipeline: pipeline.clone(),
            shapes: self.shapes.clone(),
            operators,
            fusion,
            launched,
            arena: Arc::clone(&self.arena),
            capacity: self.capacity,
        })
    }

    /// The pipeline, with the operators that this plan is for.
    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    pub(crate) fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    pub(crate) fn fusion(&self) -> &Fusion {
        &self.fusion
    }

    /// The plan that a node launches, by node; `None` inside of a fused chain.
    pub(crate) fn launched(&self) -> &[Option<Arc<dyn Plan>>] {
        &self.launched
    }

    pub(crate) fn arena(&self) -> &ArenaPlan {
        &self.arena
    }

    /// The most frames of a batch.
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }
}
