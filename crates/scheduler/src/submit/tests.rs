//! Submission to the host device with faults put in between.
#![expect(unsafe_code, reason = "runs kernels")]

#[path = "../../tests/support/dags.rs"]
mod dags;
#[path = "../../tests/support/world.rs"]
mod world;

mod implied_edge;

use std::sync::Arc;

use pixelflume_device::{Device, HostConfig};
use proptest::prelude::*;

use self::dags::{Dag, dags, node};
use self::world::{Fate, World, reasons};
use super::*;
use crate::schedule::Schedule;
use crate::state::Mark;

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Call {
    Enqueue { task: u32 },
    Record,
    Wait,
    Drain,
    Reach,
}

struct Faulty<'a, F> {
    target: StreamTarget<'a>,
    fault: F,
    /// The number of the wait for an event that is left out, counted from 0.
    missing: Option<usize>,
}

impl<F: FnMut(Call) -> Option<DeviceError>> Faulty<'_, F> {
    fn check(&mut self, call: Call) -> Result<(), DeviceError> {
        (self.fault)(call).map_or(Ok(()), Err)
    }
}

impl<F: FnMut(Call) -> Option<DeviceError>> Target for Faulty<'_, F> {
    fn enqueue(
        &mut self,
        stream: usize,
        launch: Promised<'_>,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        let task = ticket.expect("the host device reports").task;
        self.check(Call::Enqueue { task })?;
        self.target.enqueue(stream, launch, ticket)
    }

    fn record(&mut self, stream: usize, point: Point) -> Result<(), DeviceError> {
        self.check(Call::Record)?;
        self.target.record(stream, point)
    }

    fn wait(&mut self, stream: usize, point: Point) -> Result<(), DeviceError> {
        self.check(Call::Wait)?;
        if let (Point::Event(_), Some(missing)) = (point, self.missing) {
            self.missing = missing.checked_sub(1);
            if missing == 0 {
                return Ok(());
            }
        }
        self.target.wait(stream, point)
    }

    fn drain(&mut self, stream: usize) -> Result<(), DeviceError> {
        self.check(Call::Drain)?;
        self.target.drain(stream)
    }

    fn reach(&mut self, point: Point) -> Result<(), DeviceError> {
        self.check(Call::Reach)?;
        self.target.reach(point)
    }
}

fn refusal() -> DeviceError {
    DeviceError::Driver {
        call: "test",
        code: 1,
        name: "CUDA_ERROR_INVALID_VALUE",
    }
}

fn loss() -> DeviceError {
    DeviceError::Lost {
        device: "test".to_owned(),
        call: "test",
        code: 719,
        name: "CUDA_ERROR_LAUNCH_FAILED",
    }
}

/// One run on four workers, with faults; returns when the device is idle again.
fn submit(
    schedule: &Schedule,
    launches: &[Vec<Launch>],
    fault: impl FnMut(Call) -> Option<DeviceError>,
) -> (Arc<RunState>, Result<(), SchedulerError>) {
    let config = HostConfig::default().with_threads(4);
    submit_without(None, config, schedule, launches, fault)
}

fn submit_without(
    missing: Option<usize>,
    config: HostConfig,
    schedule: &Schedule,
    launches: &[Vec<Launch>],
    fault: impl FnMut(Call) -> Option<DeviceError>,
) -> (Arc<RunState>, Result<(), SchedulerError>) {
    let device = Device::host_with(config);
    let streams: Vec<_> = (0..schedule.streams_used())
        .map(|_| device.stream().unwrap())
        .collect();
    let events: Vec<_> = (0..schedule.event_count())
        .map(|_| device.event().unwrap())
        .collect();
    let (start, end) = (device.event().unwrap(), device.event().unwrap());
    let target = StreamTarget {
        streams: &streams,
        main: &streams[0],
        start: &start,
        end: &end,
        events: &events,
        stamps: Stamps::NONE,
    };
    let state = Arc::new(RunState::new(schedule));
    let mut ticket = Ticket {
        observer: state.clone(),
        task: 0,
    };
    let submission = Submission {
        target: Faulty {
            target,
            fault,
            missing,
        },
        state: &state,
        batch: 0,
        ticket: Some(&mut ticket),
        profiler: &Profiler::default(),
    };
    let submitted = submission.submit({
        // SAFETY: the kernels of these tests touch no memory by address.
        unsafe { PromisedRun::new(launches) }
    });
    end.synchronize().unwrap();
    // What did not finish before the end of the run stays pending.
    state.mark_done();
    device.synchronize().unwrap();
    (state, submitted)
}

fn well_behaved(dag: &Dag, streams: usize) -> (Schedule, Arc<World>, Vec<Vec<Launch>>) {
    let graph = dag.graph();
    let world = World::new(&graph, &vec![1; dag.len], &vec![Fate::Runs; dag.len]);
    let launches = world.launches();
    (Schedule::new(&graph, streams).unwrap(), world, launches)
}

fn is_skipped(mark: Mark) -> bool {
    matches!(mark, Mark::Skipped { .. })
}

/// A random choice with one chance in `sides`, the same for the same seed.
fn coin(seed: u64, toss: u64, sides: u64) -> bool {
    let mixed =
        (seed ^ toss.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 40).is_multiple_of(sides)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever can go wrong short of losing the device: tasks that are refused take their descendants, some fail later
    /// while they run, and order is kept although some records and waits are refused.
    #[test]
    fn order_outlives_faults(
        dag in dags(120), streams in 1usize..=8, seed in any::<u64>(), fault_events in any::<bool>()
    ) {
        let graph = dag.graph();
        let schedule = Schedule::new(&graph, streams).unwrap();
        let parts: Vec<usize> = (0..dag.len).map(|i| [0, 1, 1, 2][(i ^ seed as usize) % 4]).collect();
        let is_refused = |i: usize| parts[i] > 0 && coin(seed, i as u64, 12);
        let fates: Vec<_> = (0..dag.len)
            .map(|i| match is_refused(i) || coin(seed, !(i as u64), 20) {
                true => [Fate::Fails, Fate::Panics][i % 2],
                false => Fate::Runs,
            })
            .collect();
        let world = World::new(&graph, &parts, &fates);
        let mut tosses = 0;
        let (state, submitted) = submit(&schedule, &world.launches(), |call| {
            tosses += 1;
            let fails = match call {
                Call::Enqueue { task } => is_refused(task as usize),
                Call::Record | Call::Wait => fault_events && coin(!seed, tosses, 4),
                Call::Drain | Call::Reach => false,
            };
            fails.then(refusal)
        });
        prop_assert!(submitted.is_ok());
        let reasons = reasons(&graph, &parts, &fates);
        for id in graph.nodes() {
            let mark = state.mark(id);
            match reasons[id.index()] {
                None => prop_assert_eq!(mark, Mark::Done),
                // A refused task has failed for itself; that one above it failed too may be noticed only later.
                Some(_) if is_refused(id.index()) && mark == Mark::Failed => {}
                Some(because) if because == id => prop_assert_eq!(mark, Mark::Failed),
                Some(_) => prop_assert!(is_skipped(mark), "{:?}", mark),
            }
            if reasons[id.index()].is_some_and(|because| because != id) {
                prop_assert!(world.is_untouched(id.index()));
            }
        }
        world.check(&graph, |i| reasons[i].is_none());
    }

    /// Every wait of a schedule is needed, and the checked device sees that it is missing, by declared accesses alone.
    #[test]
    fn any_missing_wait_is_reported(dag in dags(200), streams in 2usize..=8, any in any::<prop::sample::Index>()) {
        // A launch declares no more than seven predecessors.
        let mut dag = dag;
        let mut fan_in = vec![0; dag.len];
        dag.edges.retain(|&(_, to)| {
            fan_in[to] += 1;
            fan_in[to] <= 7
        });
        let (schedule, _world, launches) = well_behaved(&dag, streams);
        let config = HostConfig::default().with_threads(1).with_checked(true);
        let (state, submitted) = submit_without(None, config.clone(), &schedule, &launches, |_| None);
        prop_assert!(submitted.is_ok());
        state.take_failures(|id, cause| panic!("{}: {cause}", schedule.name(id)));

        let waits: usize = schedule.steps().iter().map(|step| step.waits.len()).sum();
        if waits == 0 {
            return Ok(());
        }
        let missing = any.index(waits);
        let (state, submitted) =
            submit_without(Some(missing), config, &schedule, &launches, |_| None);
        prop_assert!(submitted.is_ok());
        let graph = dag.graph();
        let mut reported = Vec::new();
        state.take_failures(|id, cause| reported.push((id, cause)));
        prop_assert!(!reported.is_empty(), "wait {} of\n{}", missing, schedule);
        for (id, cause) in reported {
            let FailureCause::Submission(DeviceError::Unordered { first, second, .. }) = cause else {
                panic!("{cause}")
            };
            prop_assert_eq!(&*second, schedule.name(id));
            let is_first = |p: &pixelflume_graph::NodeId| schedule.name(*p) == first;
            prop_assert!(graph.predecessors(id).iter().any(is_first), "{}", first);
        }
    }

    #[test]
    fn a_lost_device_ends_the_run_at_any_call(dag in dags(40), streams in 1usize..=4, at in 0usize..60) {
        let (schedule, _world, launches) = well_behaved(&dag, streams);
        let mut calls = 0;
        let mut after = 0;
        let (_, submitted) = submit(&schedule, &launches, |_| {
            calls += 1;
            after += usize::from(calls > at + 1);
            (calls > at).then(loss)
        });
        prop_assert_eq!(matches!(submitted, Err(SchedulerError::DeviceLost { .. })), calls > at);
        prop_assert_eq!(after, 0, "nothing is called on a lost device");
    }
}

#[test]
fn a_refused_task_is_failed_with_its_cause_and_its_branch_skipped() {
    let dag = Dag {
        len: 4,
        edges: vec![(0, 1), (1, 2), (0, 3)],
    };
    let (schedule, world, launches) = well_behaved(&dag, 2);
    let refuse = |call| (call == Call::Enqueue { task: 1 }).then(refusal);
    let (state, submitted) = submit(&schedule, &launches, refuse);
    submitted.unwrap();
    let marks = [0, 1, 2, 3].map(|i| state.mark(node(i)));
    assert_eq!(
        marks,
        [
            Mark::Done,
            Mark::Failed,
            Mark::Skipped { because: node(1) },
            Mark::Done
        ]
    );
    state.take_failures(|id, cause| {
        assert_eq!(id, node(1));
        assert!(matches!(
            cause,
            FailureCause::Submission(DeviceError::Driver { code: 1, .. })
        ));
    });
    assert!(world.is_untouched(1) && world.is_untouched(2));
    world.check(&dag.graph(), |i| i == 0 || i == 3);
}

#[test]
fn streams_that_cannot_be_ordered_end_the_run() {
    let dag = Dag {
        len: 3,
        edges: vec![(0, 1), (0, 2)],
    };
    let (schedule, _world, launches) = well_behaved(&dag, 2);
    for failing in [[Call::Record, Call::Drain], [Call::Wait, Call::Reach]] {
        let (_, submitted) = submit(&schedule, &launches, |call| {
            failing.contains(&call).then(refusal)
        });
        assert!(matches!(
            submitted,
            Err(SchedulerError::Unordered { batch: 0, .. })
        ));
    }
}
