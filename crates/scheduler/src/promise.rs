//! The launches of a run with the promise that their memory is valid, from [`Executor::run`](crate::Executor::run),
//! which is unsafe, to the place where they are enqueued.
#![expect(
    unsafe_code,
    reason = "carries a promise of unsafe functions to where it is used"
)]

use pixelflume_device::{DeviceError, Launch, Stream, Ticket};

/// The launches of a run, by node.
pub(crate) struct PromisedRun<'a, L>(&'a [L]);

/// One launch of a run.
#[derive(Copy, Clone)]
pub(crate) struct Promised<'a>(&'a Launch);

impl<L> Copy for PromisedRun<'_, L> {}

impl<L> Clone for PromisedRun<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<'a, L: AsRef<[Launch]>> PromisedRun<'a, L> {
    /// The launches of a run.
    ///
    /// # Safety
    /// As for [`Executor::run`](crate::Executor::run); they are put into streams as the schedule orders them.
    pub(crate) unsafe fn new(launches: &'a [L]) -> Self {
        PromisedRun(launches)
    }

    /// The launches of all nodes.
    pub(crate) fn all(self) -> &'a [L] {
        self.0
    }

    /// The launches of the node with this index.
    pub(crate) fn of(self, node: usize) -> impl ExactSizeIterator<Item = Promised<'a>> {
        self.0[node].as_ref().iter().map(Promised)
    }
}

impl Promised<'_> {
    /// Puts the launch into a stream, or records it where the stream captures.
    pub(crate) fn enqueue(
        self,
        stream: &Stream,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        // SAFETY: the maker of the `PromisedRun` promised what `enqueue` asks for, but for the order among the tasks of the
        // run; that is the schedule's, which both ways to submit a run walk through.
        unsafe { stream.enqueue(self.0, ticket) }
    }
}
