//! What can happen to rings, at random.

use super::super::api::{OUTPUT_ALIGN, RingConfig};
use proptest::prelude::*;
use proptest::sample::Index;

/// What a task waits for at another.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(in super::super) enum Edge {
    Completed,
    Settled,
}

/// One step. Indexes choose among what there is at that time; a step without a choice is left out.
#[derive(Clone, Debug)]
pub(in super::super) enum Step {
    Submit {
        dependencies: Vec<(Index, Edge)>,
        transient: u64,
        exported: u64,
        lease: bool,
        batch: Option<bool>,
    },
    Issue,
    Complete(Index, bool),
    Retain(Index),
    DropLease(Index),
    DropExport(Index),
    /// Closes the batch that is open there, or opens one.
    Batch(bool),
    Cancel,
}

/// Sizes of the rings, outputs in pieces of [`OUTPUT_ALIGN`].
#[derive(Copy, Clone, Debug)]
pub(in super::super) struct Sizes {
    pub(in super::super) tasks: u64,
    pub(in super::super) records: u64,
    pub(in super::super) edges: u64,
    pub(in super::super) transient: u64,
    pub(in super::super) exported: u64,
    pub(in super::super) exports: u64,
    pub(in super::super) first: u64,
}

impl Sizes {
    pub(in super::super) fn config(&self) -> RingConfig {
        RingConfig::new()
            .task_window(self.tasks)
            .consumed_window(self.records)
            .edge_pool(self.edges)
            .arena((self.transient + self.exported) * OUTPUT_ALIGN)
            .arena_exported(self.exported * OUTPUT_ALIGN)
            .export_slots(self.exports)
            .first_task(self.first)
    }
}

pub(in super::super) fn sizes() -> impl Strategy<Value = Sizes> {
    let first = prop_oneof![Just(0), 0u64..200, (0u64..200).prop_map(|n| u64::MAX - n)];
    let logs = (2u32..=6, 0u32..=4, 1u32..=6);
    (logs, 2u64..20, 2u64..20, 1u64..12, first).prop_map(
        |((tasks, more, edges), transient, exported, exports, first)| Sizes {
            tasks: 1 << tasks,
            records: 1 << (tasks + more).min(6),
            edges: 1 << edges,
            transient,
            exported,
            exports,
            first,
        },
    )
}

pub(in super::super) fn steps(len: usize) -> impl Strategy<Value = Vec<Step>> {
    let bytes = || prop_oneof![3 => Just(0), 3 => 1u64..600, 1 => 600u64..3000];
    let batch = prop_oneof![Just(None), any::<bool>().prop_map(Some)];
    let edge = prop_oneof![Just(Edge::Completed), Just(Edge::Settled)];
    let dependencies = prop::collection::vec((any::<Index>(), edge), 0..4);
    let submit = (
        dependencies,
        bytes(),
        bytes(),
        prop::bool::weighted(0.2),
        batch,
    );
    let submit =
        submit.prop_map(
            |(dependencies, transient, exported, lease, batch)| Step::Submit {
                dependencies,
                transient,
                exported,
                lease,
                batch,
            },
        );
    let step = prop_oneof![
        40 => submit,
        30 => Just(Step::Issue),
        30 => (any::<Index>(), prop::bool::weighted(0.1)).prop_map(|(i, f)| Step::Complete(i, f)),
        5 => any::<Index>().prop_map(Step::Retain),
        12 => any::<Index>().prop_map(Step::DropLease),
        20 => any::<Index>().prop_map(Step::DropExport),
        8 => any::<bool>().prop_map(Step::Batch),
        1 => Just(Step::Cancel),
    ];
    prop::collection::vec(step, len)
}
