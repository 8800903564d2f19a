//! The memory of an execution plan: one piece, laid out by the lifetimes of what lies in it. Pure data, computed before
//! anything is allocated.

use crate::error::PipelineError;
use crate::image::checked_bytes;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Shapes, Source};
use crate::plan::fusion::Fusion;
use crate::plan::placement::{ALIGNMENT, Lifetimes, Placement};
use crate::plan::sharing::{Sharing, sharing};
use pixelflume_graph::NodeId;
use pixelflume_scheduler::Schedule;
use std::fmt;

/// Where the images of inputs and nodes lie in the one piece of memory of an execution plan.
///
/// Two of them share bytes only where the schedule proves that every use of one, on whichever stream, is over before the
/// other is written: then one is as good as gone when the other begins. Inputs are written before everything else;
/// outputs are kept until the run is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArenaPlan {
    /// Names and slots: first the inputs, then the nodes.
    slots: Vec<Slot>,
    names: Vec<String>,
    inputs: usize,
    bytes: usize,
}

/// A part of an arena.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Slot {
    /// Where the part begins, in bytes: a multiple of 512.
    pub offset: usize,
    /// How many bytes it has.
    pub bytes: usize,
}

impl Slot {
    /// Whether both have a byte in common.
    pub fn overlaps(&self, other: &Slot) -> bool {
        self.offset < other.offset + other.bytes && other.offset < self.offset + self.bytes
    }
}

impl ArenaPlan {
    /// Lays out the images of `pipeline` with these shapes, for batches of up to `capacity`, as `schedule` will run it,
    /// with every node launched by itself.
    ///
    /// # Errors
    /// A batch is larger than any memory.
    pub fn new(
        pipeline: &Pipeline,
        shapes: &Shapes,
        schedule: &Schedule,
        capacity: u32,
    ) -> Result<Self, PipelineError> {
        let fusion = Fusion::none(pipeline.nodes().len());
        ArenaPlan::fused(pipeline, shapes, schedule, capacity, &fusion)
    }

    /// The same with runs of nodes as one launch: what is inside of a run has no memory, and what its head reads is read
    /// when its tail is launched.
    pub(crate) fn fused(
        pipeline: &Pipeline,
        shapes: &Shapes,
        schedule: &Schedule,
        capacity: u32,
        fusion: &Fusion,
    ) -> Result<Self, PipelineError> {
        let inputs = pipeline.inputs().len();
        let sources: Vec<Source> = (0..inputs)
            .map(Source::Input)
            .chain((0..pipeline.nodes().len()).map(Source::Node))
            .collect();
        let bytes = sources.iter().map(|&source| {
            let shape = shapes.of(source);
            let bytes = checked_bytes(&shape)
                .ok()
                .and_then(|bytes| bytes.checked_mul(capacity as usize));
            let fits = bytes.filter(|&bytes| isize::try_from(bytes).is_ok());
            let is_nowhere = matches!(source, Source::Node(node) if fusion.is_inside(node));
            let fits = if is_nowhere { Some(0) } else { fits };
            fits.ok_or_else(|| PipelineError::TooLarge {
                owner: pipeline.owner(source).to_string(),
                shape,
                batch: capacity,
            })
        });
        let bytes = bytes.collect::<Result<Vec<usize>, _>>()?;
        let uses = Uses::new(pipeline, &sources, fusion, schedule);
        let placement = Placement::best(&bytes, &uses);
        let Placement {
            offsets,
            bytes: end,
        } = placement.ok_or_else(|| {
            let largest = (0..sources.len())
                .max_by_key(|&index| bytes[index])
                .expect("a pipeline has nodes");
            PipelineError::TooLarge {
                owner: pipeline.owner(sources[largest]).to_string(),
                shape: shapes.of(sources[largest]),
                batch: capacity,
            }
        })?;
        Ok(ArenaPlan {
            slots: offsets
                .into_iter()
                .zip(&bytes)
                .map(|(offset, &bytes)| Slot { offset, bytes })
                .collect(),
            names: sources
                .iter()
                .map(|&source| pipeline.source_name(source).to_owned())
                .collect(),
            inputs,
            bytes: end,
        })
    }

    /// Bytes of the whole.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that it would take if nothing shared memory: one buffer per input and node.
    pub fn bytes_unshared(&self) -> usize {
        self.slots.iter().fold(0, |sum, slot| {
            sum.saturating_add(slot.bytes.next_multiple_of(ALIGNMENT))
        })
    }

    /// Where the images of a source lie; no bytes, where it is inside of a fused run.
    ///
    /// # Panics
    /// When the source is not of the pipeline.
    pub fn of(&self, source: Source) -> Slot {
        self.slots[self.index(source)]
    }

    /// The sources that share memory with this one.
    ///
    /// # Panics
    /// When the source is not of the pipeline.
    pub fn sharing(&self, source: Source) -> impl Iterator<Item = Source> {
        let (own, slot) = (self.index(source), self.of(source));
        let others = (0..self.slots.len()).filter(move |&other| other != own);
        others
            .filter(move |&other| self.slots[other].overlaps(&slot))
            .map(|other| self.source(other))
    }

    /// By source, in the order of [`ArenaPlan::sources`]: those that share memory with it.
    pub(crate) fn all_sharing(&self) -> impl Iterator<Item = (Vec<Source>, usize)> {
        let all = sharing(&self.slots).into_iter();
        all.map(|Sharing { named, more }| {
            let named = named.into_iter().map(|index| self.source(index));
            (named.collect(), more)
        })
    }

    /// All sources: first the inputs, then the nodes.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Source> {
        (0..self.slots.len()).map(|index| self.source(index))
    }

    /// The source that takes the most.
    pub(crate) fn largest(&self) -> Source {
        let largest = (0..self.slots.len()).max_by_key(|&index| self.slots[index].bytes);
        self.source(largest.expect("a pipeline has nodes"))
    }

    fn index(&self, source: Source) -> usize {
        match source {
            Source::Input(index) => index,
            Source::Node(index) => self.inputs + index,
        }
    }

    fn source(&self, index: usize) -> Source {
        match index.checked_sub(self.inputs) {
            Some(node) => Source::Node(node),
            None => Source::Input(index),
        }
    }
}

impl fmt::Display for ArenaPlan {
    /// One line for the whole, and one per source: offset, bytes, name, and who lies in the same place at other times, of
    /// many the first 64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, unshared) = (self.bytes, self.bytes_unshared());
        write!(f, "arena of {bytes} bytes; {unshared} without sharing")?;
        let slots = self.slots.iter().zip(&self.names);
        for ((slot, name), Sharing { named, more }) in slots.zip(sharing(&self.slots)) {
            write!(f, "\n{:>12} {:>12}  {name}", slot.offset, slot.bytes)?;
            for (count, other) in named.into_iter().enumerate() {
                let separator = if count == 0 { ", in turns with" } else { "," };
                write!(f, "{separator} {}", self.names[other])?;
            }
            if more > 0 {
                write!(f, " and {more} more")?;
            }
        }
        Ok(())
    }
}

/// Which nodes write and read what, by index of the source.
struct Uses<'a> {
    schedule: &'a Schedule,
    inputs: usize,
    /// The nodes that use it of which none comes before another: when these are over, all are.
    last: Vec<Vec<NodeId>>,
    is_output: Vec<bool>,
    /// By stream: the indices of the sources that its nodes write, in order.
    streams: Vec<Vec<usize>>,
}

impl<'a> Uses<'a> {
    fn new(
        pipeline: &Pipeline,
        sources: &[Source],
        fusion: &Fusion,
        schedule: &'a Schedule,
    ) -> Self {
        let inputs = pipeline.inputs().len();
        let mut uses = Uses {
            schedule,
            inputs,
            last: vec![Vec::new(); sources.len()],
            is_output: vec![false; sources.len()],
            streams: vec![Vec::new(); schedule.streams_used()],
        };
        for index in 0..pipeline.nodes().len() {
            let node = NodeId::from_index(index);
            uses.streams[schedule.stream_of(node)].push(inputs + index);
            uses.note(inputs + index, node);
            for &source in fusion.sources(pipeline, index).unwrap_or_default() {
                let read = match source {
                    Source::Input(input) => input,
                    Source::Node(node) => inputs + node,
                };
                uses.note(read, node);
            }
        }
        for &node in pipeline.output_nodes() {
            uses.is_output[inputs + node] = true;
        }
        uses
    }

    /// Nodes are noted in their order, in which none comes after one that it happens before.
    fn note(&mut self, used: usize, node: NodeId) {
        let schedule = self.schedule;
        self.last[used].retain(|&other| other != node && !schedule.happens_before(other, node));
        self.last[used].push(node);
    }
}

impl Lifetimes for Uses<'_> {
    fn precedes(&self, a: usize, b: usize) -> bool {
        // An input is there before every node.
        let Some(writer) = b.checked_sub(self.inputs) else {
            return false;
        };
        let writer = NodeId::from_index(writer);
        let mut uses = self.last[a].iter();
        !self.is_output[a] && uses.all(|&used| self.schedule.happens_before(used, writer))
    }

    fn is_kept(&self, buffer: usize) -> bool {
        self.is_output[buffer]
    }

    /// On each stream the next one: what happens before a node happens before all behind it on its stream.
    fn earliest_from(&self, first: usize) -> Vec<usize> {
        let inputs = first..self.inputs;
        let next = self.streams.iter().filter_map(|written| {
            written
                .get(written.partition_point(|&index| index < first))
                .copied()
        });
        inputs.chain(next).collect()
    }
}
