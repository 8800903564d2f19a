//! The threads of a device: one gives batches to its engines, the other takes their results.

use crate::credits::{Credit, Waited};
use crate::error::ItemError;
use crate::files::{Pixels, Set, Started, divided};
use crate::hooks::ObservedEngines;
use crate::run::{Part, Run};
use crate::shared::{JobDevice, Shared};
use crate::task::ItemState;
use pixelflume_device::Severity;
use pixelflume_memory::MemoryError;
use pixelflume_pipeline::engine::{
    CacheError, CachedResult, CachedResults, EngineCache, EngineSource, FailureCause, FrameError,
    FrameImage,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

/// Executes the batches of a device until the job has ended.
pub(crate) fn serve_device(shared: &Shared, number: usize) {
    let device = &shared.devices[number];
    thread::scope(|scope| {
        let (engines, results) = EngineCache::new(&device.factory);
        let taker = thread::Builder::new().name("pixelflume results".to_owned());
        let taken = taker.spawn_scoped(scope, move || take_results(shared, number, results));
        if let Err(error) = taken {
            shared.lose(
                number,
                &Arc::from(format!("no thread could be started: {error}")),
            );
        }
        let mut issuer = Issuer {
            shared,
            device,
            number,
            engines,
        };
        issuer.serve();
        // The thread that takes results ends with the engines.
        issuer.engines.finish();
    });
}

/// Takes the results of batches in the order of their submission.
fn take_results<'s>(shared: &'s Shared, number: usize, mut results: CachedResults<Part<'s>>) {
    loop {
        let mut take = || match results.next() {
            Some(batch) => {
                take_result(shared, number, batch);
                true
            }
            None => false,
        };
        // The thread of the device waits for this one, which must not end before.
        match catch_unwind(AssertUnwindSafe(&mut take)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => shared.lose(number, &Arc::from("the thread that takes results panicked")),
        }
    }
}

fn take_result<'s>(shared: &'s Shared, number: usize, batch: CachedResult<Part<'s>>) {
    let CachedResult {
        tag,
        result,
        stopped,
        ..
    } = batch;
    let reason: Arc<str> = match (result, stopped) {
        (Some(Ok(lease)), _) => return tag.give(lease),
        (Some(Err(failure)), None) => {
            // The device may be lost before its engine has to wait for it.
            if is_fatal(&failure.cause) {
                shared.lose(number, &failure.cause.to_string().into());
            }
            return tag.fail(&ItemError::Batch(Arc::new(failure)));
        }
        (_, Some(error)) => error.to_string().into(),
        // An engine is closed after its last batch was taken.
        (None, None) => "its engine was closed".into(),
    };
    shared.lose(number, &reason);
    tag.fail(&ItemError::Stopped(reason));
}

/// Whether the device executes nothing anymore.
fn is_fatal(cause: &FailureCause) -> bool {
    match cause {
        FailureCause::Pipeline(error) => error.is_fatal(),
        FailureCause::Frame(FrameError::Memory(error)) => match &**error {
            MemoryError::Device(error) => error.severity() == Severity::DeviceLost,
            _ => false,
        },
        _ => false,
    }
}

/// Gives batches to the engines of a device.
struct Issuer<'s> {
    shared: &'s Shared,
    device: &'s JobDevice,
    number: usize,
    engines: EngineCache<'s, ObservedEngines, Part<'s>>,
}

impl<'s> Issuer<'s> {
    fn serve(&mut self) {
        // A batch that the device decodes while the next one is taken.
        let mut ahead: Option<Started<'s>> = None;
        loop {
            let next = match &ahead {
                Some(_) => self.next_if_ready(),
                None => self.next(),
            };
            let Some(started) = next else {
                match ahead.take() {
                    Some(started) => self.guarded(started),
                    None => return,
                }
                continue;
            };
            if let Some(before) = ahead.replace(started) {
                self.guarded(before);
            }
            if ahead.as_ref().is_some_and(|ahead| !ahead.is_on_device())
                && let Some(started) = ahead.take()
            {
                self.guarded(started);
            }
        }
    }

    /// Waits for a batch, and for the right to have its results out. `None` when the job has ended.
    fn next(&self) -> Option<Started<'s>> {
        let shared = self.shared;
        let credits = &shared.credits[self.number];
        loop {
            let mut board = shared.board.lock();
            let batch = loop {
                if let Some(batch) = board.runs.next(self.number) {
                    break batch;
                }
                if board.is_finished() {
                    return None;
                }
                board.runs.set_idle(self.number, true);
                shared.device_work.wait(&mut board);
                board.runs.set_idle(self.number, false);
            };
            let queued = credits.queued();
            drop(board);
            // The caller may be the one who holds all results, and looks whether somebody waits for him. Another device may have left the
            // batch to this one.
            let stuck = || {
                drop(shared.board.lock());
                shared.ready.notify_all();
                shared.device_work.notify_all();
            };
            let credit = match credits.take(batch, queued, stuck) {
                Waited::Given(credit) => Some(credit),
                Waited::Queued => continue,
                // The job is canceled.
                Waited::Ended => None,
            };
            if let Some(started) = self.start_first(batch, credit) {
                return Some(started);
            }
        }
    }

    /// The next batch, if there is one now.
    fn next_if_ready(&self) -> Option<Started<'s>> {
        let batch = self.shared.board.lock().runs.next(self.number)?;
        let credit = self.shared.credits[self.number].try_take(batch)?;
        self.start_first(batch, Some(credit))
    }

    /// Starts this batch, if it is the next one for the device.
    fn start_first(&self, batch: u64, credit: Option<Credit>) -> Option<Started<'s>> {
        let (task, batch) = self.shared.take_run(self.number, batch)?;
        let (run, items) = Run::new(self.shared, self.number, task, batch, credit);
        let begun = Arc::clone(&run);
        let started = catch_unwind(AssertUnwindSafe(|| self.start(begun, items)));
        if started.is_err() {
            run.fail_rest(ItemError::Panicked("the memory of an item"));
        }
        started.ok()
    }

    fn start(&self, run: Arc<Run<'s>>, items: Vec<Arc<ItemState>>) -> Started<'s> {
        let is_lost = self.shared.board.lock().runs.is_lost(self.number);
        let items = if self.shared.is_canceled() {
            run.fail_rest(ItemError::Canceled);
            Vec::new()
        } else if is_lost {
            run.fail_rest(ItemError::Stopped("the device was lost".into()));
            Vec::new()
        } else {
            items
        };
        Started::new(&self.device.decoder, run, items)
    }

    /// Executes a batch. What panics fails its items alone.
    fn guarded(&mut self, started: Started<'s>) {
        if catch_unwind(AssertUnwindSafe(|| self.execute(started))).is_err() {
            tracing::warn!("an operator panicked while a batch of a job was begun");
        }
    }

    fn execute(&mut self, started: Started<'s>) {
        let mut parts = started.wait();
        let is_full = parts.run.batch.is_full;
        while let Some(ready) = parts.next() {
            let run = &parts.run;
            if ready.is_as_begun {
                self.submit(run, ready.sets, is_full);
            } else {
                for sets in divided(&self.device.factory, ready.sets) {
                    self.submit(run, sets, is_full);
                }
            }
        }
    }

    /// Submits images that can share a batch: in smaller batches where there is no memory for all of them at once.
    fn submit(&mut self, run: &Arc<Run<'s>>, mut group: Vec<Set>, is_full: bool) {
        let Err(error) = self.try_submit(run, &mut group, is_full) else {
            return;
        };
        if error.is_fatal() {
            let reason: Arc<str> = error.to_string().into();
            self.shared.lose(self.number, &reason);
            return run.fail_rest(ItemError::Stopped(reason));
        }
        let is_shortage = error.is_shortage();
        if is_shortage && group.iter().any(Set::is_partly_on_device) {
            // Images on the device take of the memory that is short. All of them leave, before the first one is tried again.
            self.device.decoder.leave_device();
            group.iter_mut().for_each(Set::leave_device);
            let error = Arc::new(error);
            let mut parts = Started::of_sets(&self.device.decoder, Arc::clone(run), group).wait();
            while let Some(ready) = parts.next() {
                for set in ready.sets {
                    match set.is_partly_on_device() {
                        // There is no memory to bring it either.
                        true => run.fail(&set.info, ItemError::Engine(Arc::clone(&error))),
                        false => self.submit(run, vec![set], false),
                    }
                }
            }
        } else if is_shortage && group.len() > 1 {
            let rest = group.split_off(group.len() / 2);
            self.submit(run, group, false);
            self.submit(run, rest, false);
        } else {
            let error = Arc::new(error);
            for set in &group {
                run.fail(&set.info, ItemError::Engine(Arc::clone(&error)));
            }
        }
    }

    /// Gives images to their engine; waits for room there. Where that cannot be, they stay in `group`.
    fn try_submit(
        &mut self,
        run: &Arc<Run<'s>>,
        group: &mut Vec<Set>,
        is_full: bool,
    ) -> Result<(), CacheError> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        let (shapes, on_device) = (first.shapes(), first.is_on_device());
        let factory = &self.device.factory;
        let bytes = group.iter().map(|set| match set.is_on_device() {
            true => 0,
            false => factory.batching(&set.shapes()).frame_bytes,
        });
        let bytes = bytes.fold(0, usize::saturating_add);
        let frames = group.len();
        let mut batch = match on_device {
            true => self
                .engines
                .begin_tensors(&shapes, frames, bytes, is_full)?,
            false => self.engines.begin_mixed(&shapes, frames, bytes, is_full)?,
        };
        let effective = factory.effective();
        let (first_index, first_epoch) = (effective.first_index, effective.epoch);
        batch
            .writer()
            .set_epoch(first_epoch.wrapping_add(run.batch.epoch));
        let (mut items, mut failed) = (Vec::with_capacity(frames), None);
        for set in group.drain(..) {
            // The files of a batch were decoded before.
            let images = set.images.into_iter().filter_map(Pixels::into_image);
            let images: Vec<FrameImage> = images.collect();
            let frame = batch.writer().frames();
            let index = first_index.wrapping_add(set.info.index);
            let numbered = batch.writer().set_index(frame, index);
            match numbered.and_then(|()| batch.push_frame(images)) {
                Ok(()) => items.push(set.info),
                Err(error @ FrameError::Memory(_)) => {
                    if is_fatal(&FailureCause::Frame(error.clone())) {
                        self.shared.lose(self.number, &error.to_string().into());
                    }
                    failed = Some(error);
                    items.push(set.info);
                }
                Err(error) => run.fail(&set.info, error.into()),
            }
        }
        if items.is_empty() {
            return Ok(());
        }
        let part = Part {
            run: Arc::clone(run),
            items,
            // Such an engine has memory for one result.
            is_copied: batch.is_single(),
        };
        let submitted = match failed {
            None => batch.submit(part),
            Some(error) => batch.fail(error, part),
        };
        submitted.map(drop).map_err(CacheError::from)
    }
}
