//! An edge that is implied by the order of other tasks holds when those are skipped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pixelflume_device::sync::{Condvar, Mutex};
use pixelflume_device::{Args, HostKernel, Launch, TaskFailure, Workers};

use super::dags::{Dag, node};
use super::{Call, refusal, submit};
use crate::schedule::Schedule;
use crate::state::Mark;

/// A kernel of `x` that waits for a while whether `e`, which must come after it, starts first.
#[derive(Default)]
struct Race {
    e_started: Mutex<bool>,
    changed: Condvar,
    x_was_overtaken: AtomicBool,
}

struct Runner {
    race: Arc<Race>,
    is_x: bool,
}

impl HostKernel for Runner {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let mut e_started = self.race.e_started.lock();
        if self.is_x {
            let until = Instant::now() + Duration::from_millis(200);
            while !*e_started && Instant::now() < until {
                let left = until.saturating_duration_since(Instant::now());
                self.race.changed.wait_for(&mut e_started, left);
            }
            self.race
                .x_was_overtaken
                .store(*e_started, Ordering::SeqCst);
        } else {
            *e_started = true;
            self.race.changed.notify_all();
        }
        Ok(())
    }
}

/// The edge from x to e has no wait of its own: e follows d on its stream, d waits for b, and b follows x on its own. When
/// b is refused and d therefore skipped, their record and wait must still be made, or nothing orders x and e.
#[test]
fn an_implied_edge_holds_when_the_tasks_that_imply_it_are_skipped() {
    let [p3, x, b, d, e, f, h] = [2, 3, 4, 5, 6, 7, 8];
    let edges = [
        (0, 1),
        (1, p3),
        (p3, d),
        (b, d),
        (p3, e),
        (x, e),
        (e, f),
        (b, h),
    ];
    let graph = Dag {
        len: 9,
        edges: edges.to_vec(),
    }
    .graph();
    let schedule = Schedule::new(&graph, 2).unwrap();
    let step = |i: usize| {
        schedule
            .steps()
            .iter()
            .find(|step| step.node == node(i))
            .unwrap()
    };
    assert_eq!(
        [d, e, x, b].map(|i| step(i).stream),
        [0, 0, 1, 1],
        "{schedule}"
    );
    assert_eq!([d, e].map(|i| step(i).waits.len()), [1, 0], "{schedule}");

    let race = Arc::new(Race::default());
    let launch = |is_x| {
        vec![Launch::host(
            Arc::new(Runner {
                race: race.clone(),
                is_x,
            }),
            Args::EMPTY,
        )]
    };
    let mut launches = vec![vec![]; 9];
    (launches[x], launches[b], launches[e]) = (launch(true), launch(false), launch(false));
    let refuse = |call| (call == Call::Enqueue { task: b as u32 }).then(refusal);
    let (state, submitted) = submit(&schedule, &launches, refuse);
    submitted.unwrap();
    let marks = [x, e, b, d].map(|i| state.mark(node(i)));
    let skipped = Mark::Skipped { because: node(b) };
    assert_eq!(marks, [Mark::Done, Mark::Done, Mark::Failed, skipped]);
    assert!(!race.x_was_overtaken.load(Ordering::SeqCst));
}
