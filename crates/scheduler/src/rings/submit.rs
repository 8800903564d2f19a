//! The submitters' side of the rings.

use super::admission::Check;
use super::core::{Core, Shared};
use super::exports::NONE;
use super::lease::{ExportLease, TaskLease};
use super::record::set;
use super::sync::{Arc, MutexGuard, Ordering};
use super::{
    Admission, Batch, BatchBudget, DrainError, Full, Output, Placement, Request, RetainError, Ring,
    StallClock, Statistics, Status, SubmitError, Submitted, TaskId,
};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The handle that puts tasks into the rings. Clones share them; every thread may have one.
pub struct Submitter<D> {
    shared: Arc<Shared<D>>,
}

impl<D> Clone for Submitter<D> {
    fn clone(&self) -> Self {
        Submitter {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The batch for which a submit is made.
pub(super) struct Scope {
    /// The number of the batch; 0 for none.
    pub(super) batch: u64,
    /// The newest task of the batch.
    pub(super) previous: u64,
    /// The rest of the budget of the batch.
    pub(super) budget: BatchBudget,
    /// The slot of the result that was set aside for the batch, or [`NONE`].
    pub(super) export: u32,
}

impl Default for Scope {
    fn default() -> Self {
        Scope {
            batch: 0,
            previous: 0,
            budget: BatchBudget::default(),
            export: NONE,
        }
    }
}

impl<D> Submitter<D> {
    pub(super) fn new(shared: Arc<Shared<D>>) -> Self {
        Submitter { shared }
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.shared.core
    }

    /// Submits a task that belongs to no batch, or says which ring is full.
    ///
    /// Everything that the request asks for is found first. Then `build` is told where the outputs will be and returns
    /// the descriptor; then all is taken. `build` runs while other submitters wait: it should do nothing but build,
    /// and must not submit. Should it panic, nothing has happened.
    pub fn try_submit(
        &self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement) -> D,
    ) -> Result<Submitted, SubmitError> {
        self.attempt(request, &Scope::default(), &mut Some(build))
    }

    /// Like [`Submitter::try_submit`], but waits for room. The wait ends with [`SubmitError::Stalled`] when the full ring has
    /// not progressed at all for the stall time-out of the configuration.
    pub fn submit(
        &self,
        request: &Request<'_>,
        build: impl FnOnce(&Placement) -> D,
    ) -> Result<Submitted, SubmitError> {
        self.submit_in(request, &Scope::default(), build)
    }

    /// Begins a batch. Its tasks, with their outputs, stay until it is closed.
    ///
    /// Where several threads submit batches, the batches of others may fill the rings behind the first task of this
    /// batch, whose next submit then fails with [`SubmitError::Deadlock`]: see [`Submitter::begin_batch_with`].
    pub fn begin_batch(&self) -> Batch<D> {
        let number = self.core().admission.lock().next_batch();
        Batch::new(self.clone(), number)
    }

    /// Begins a batch when its budget can be set aside; waits as [`Submitter::submit`] does. Within its budget such a
    /// batch waits only for resources that come free without it (edges, main slots and results beyond the budget), and so cannot be blocked halfway; beyond its budget it is served like any other.
    ///
    /// A thread should have one such batch at a time: while it waits for a budget, it keeps the budgets
    /// that it has.
    pub fn begin_batch_with(&self, budget: &BatchBudget) -> Result<Batch<D>, SubmitError> {
        match self.try_begin_batch_with(budget) {
            Err(SubmitError::Full(_)) => self.wait_for(|| self.try_begin_batch_with(budget)),
            result => result,
        }
    }

    /// Like [`Submitter::begin_batch_with`], but with [`SubmitError::Full`] where that would wait.
    pub fn try_begin_batch_with(&self, budget: &BatchBudget) -> Result<Batch<D>, SubmitError> {
        let core = self.core();
        let mut admission = core.admission.lock();
        if core.is_closed() && admission.is_checked(Check::OpenReserve) {
            return Err(SubmitError::Closed);
        }
        let reserved = admission.reserve(core, budget)?;
        drop(admission);
        Ok(Batch::with_budget(self.clone(), budget, &reserved))
    }

    /// Makes a lease on the record and the transient output of a task. Fails when the task is consumed.
    pub fn retain(&self, task: TaskId) -> Result<TaskLease, RetainError> {
        self.core().retain(task)?;
        Ok(TaskLease::new(Arc::clone(self.core()), task))
    }

    /// The status of a task; `None` once it is consumed and its record has another task.
    pub fn status(&self, task: TaskId) -> Option<Status> {
        self.core().status(task.0)
    }

    /// Sizes, use, high-water marks and waiting times of all rings.
    pub fn statistics(&self) -> Statistics {
        let core = self.core();
        let mut admission = core.admission.lock();
        admission.reclaim(core, u32::MAX);
        let first = core.config.first_task;
        Statistics {
            config: core.config.clone(),
            submitted: admission.next.wrapping_sub(first),
            released: core.released.load(Ordering::Acquire).wrapping_sub(first),
            consumed: admission.consumed.wrapping_sub(first),
            rings: Ring::ALL.map(|ring| admission.statistics(ring)),
        }
    }

    /// The statistics of rings of these sizes that were never used. Takes no lock.
    pub fn sizes(&self) -> Statistics {
        let config = &self.core().config;
        let unused = Admission::new(config);
        Statistics {
            config: config.clone(),
            submitted: 0,
            released: 0,
            consumed: 0,
            rings: Ring::ALL.map(|ring| unused.statistics(ring)),
        }
    }

    /// Has all threads in [`Submitter::wait_until`] look again: for who gives back another resource that they wait for.
    pub fn wake(&self) {
        self.core().progress.notify();
    }

    /// Closes the rings for submission. A thread that waits for room gets [`SubmitError::Closed`]; submitted tasks go on.
    pub fn close(&self) {
        self.core().close();
    }

    /// Waits until every task is consumed, as long as there is progress within the stall time-out.
    pub fn drain(&self) -> Result<(), DrainError> {
        let core = self.core();
        let mut waiter = core.progress.enter();
        let mut stall = StallClock::new(core.config.stall_timeout, Instant::now());
        loop {
            let (next, head) = {
                let mut admission = core.admission.lock();
                admission.reclaim(core, u32::MAX);
                (admission.next, admission.consumed)
            };
            if head == next {
                return Ok(());
            }
            let released = core.released.load(Ordering::Acquire);
            let Some(status) = core.status(head) else {
                continue;
            };
            match stall.left(Instant::now(), (released, head)) {
                Some(left) => waiter.park(left),
                None => {
                    return Err(DrainError {
                        tasks: next.wrapping_sub(head),
                        head: TaskId(head),
                        status,
                        waited: core.config.stall_timeout,
                    });
                }
            }
        }
    }

    pub(super) fn submit_in(
        &self,
        request: &Request<'_>,
        scope: &Scope,
        build: impl FnOnce(&Placement) -> D,
    ) -> Result<Submitted, SubmitError> {
        let mut build = Some(build);
        match self.attempt(request, scope, &mut build) {
            Err(SubmitError::Full(_)) => self.wait_for(|| self.attempt(request, scope, &mut build)),
            result => result,
        }
    }

    /// Tries again after each progress, as long as the full ring makes progress within the stall
    /// time-out.
    #[cold]
    fn wait_for<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, SubmitError>,
    ) -> Result<T, SubmitError> {
        let core = self.core();
        let mut blocked: Option<(Ring, Instant)> = None;
        let waited = self.wait_until(|| {
            if let Some((ring, since)) = blocked.take() {
                core.admission.lock().meters[ring as usize].blocked(since.elapsed());
            }
            match attempt() {
                Err(SubmitError::Full(full)) => {
                    blocked = Some((full.ring, Instant::now()));
                    ControlFlow::Continue((full, (full.ring, full.progress)))
                }
                result => ControlFlow::Break(result),
            }
        });
        waited.unwrap_or_else(|(full, waited)| Err(SubmitError::Stalled { full, waited }))
    }

    /// Calls `attempt` again after each progress of the rings, until it breaks with its value. To go on waiting,
    /// `attempt` returns the obstacle and a measure of its progress: when the measure has not changed for the stall
    /// time-out, the wait ends with the obstacle and the time waited. It is for waits that need another resource as
    /// well, whose owner gives it back before it gives something back to the rings.
    pub fn wait_until<T, B, P: PartialEq>(
        &self,
        mut attempt: impl FnMut() -> ControlFlow<T, (B, P)>,
    ) -> Result<T, (B, Duration)> {
        let core = self.core();
        let mut waiter = core.progress.enter();
        let mut now = Instant::now();
        let mut stall = StallClock::new(core.config.stall_timeout, now);
        loop {
            let (obstacle, progress) = match attempt() {
                ControlFlow::Continue(obstacle) => obstacle,
                ControlFlow::Break(value) => return Ok(value),
            };
            match stall.left(now, progress) {
                Some(left) => waiter.park(left),
                None => return Err((obstacle, core.config.stall_timeout)),
            }
            now = Instant::now();
        }
    }

    /// Tries once to submit. `build` is taken only when there is room.
    pub(super) fn attempt(
        &self,
        request: &Request<'_>,
        scope: &Scope,
        build: &mut Option<impl FnOnce(&Placement) -> D>,
    ) -> Result<Submitted, SubmitError> {
        let core = &**self.core();
        let mut admission: MutexGuard<'_, Admission> = core.admission.lock();
        if core.is_closed() {
            return Err(SubmitError::Closed);
        }
        admission.can_ever_hold(request)?;
        let plan = admission
            .plan(core, request, scope)
            .map_err(|full| refusal(full, scope))?;

        let id = admission.next;
        let task = TaskId(id);
        let output = |offset, bytes| (bytes > 0).then_some(Output { offset, bytes });
        let export_offset = core.config.transient_bytes() + admission.export_offset(&plan);
        let placement = Placement {
            task,
            transient: output(plan.transient_offset(), request.transient_bytes),
            exported: output(export_offset, request.exported_bytes),
        };
        let build = build
            .take()
            .expect("no try before this one got as far as building");
        let descriptor = build(&placement);
        hold_producers(core, request)?;

        // From here on nothing fails.
        self.shared.descriptor(id).put(descriptor);
        for (number, dependency) in (admission.next_edge()..).zip(request.dependencies) {
            core.edge(number)
                .open(dependency.task.0, dependency.is_settled);
        }
        let export = admission.commit(core, &plan, scope.batch);
        let record = core.record(id);
        set(&record.batch_previous, scope.previous);
        let references = u32::from(scope.batch != 0) + u32::from(request.lease);
        record.word.open(core.generation(id), references);
        core.submitted.store(admission.next, Ordering::Release);
        drop(admission);
        core.work.notify();

        let lease = request
            .lease
            .then(|| TaskLease::new(Arc::clone(self.core()), task));
        let export = placement
            .exported
            .map(|output| ExportLease::new(Arc::clone(self.core()), export, task, output));
        Ok(Submitted {
            task,
            lease,
            export,
            covered: plan.covered,
        })
    }
}

fn refusal(full: Full, scope: &Scope) -> SubmitError {
    if full.own_batch {
        let batch = scope.batch;
        SubmitError::Deadlock { batch, full }
    } else {
        SubmitError::Full(full)
    }
}

/// Takes a reference on every producer, or on none.
fn hold_producers(core: &Core, request: &Request<'_>) -> Result<(), RetainError> {
    for (held, dependency) in request.dependencies.iter().enumerate() {
        if let Err(error) = core.retain(dependency.task) {
            for earlier in &request.dependencies[..held] {
                core.unclaim_and_notify(earlier.task.0);
            }
            return Err(error);
        }
    }
    Ok(())
}
