//! The arena of a plan: one block of memory, laid out by the lifetimes of the images in it. Pure data, computed before
//! anything is allocated.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Shapes, Source};
use crate::plan::fusion::Fusion;
use crate::plan::placement::{ALIGNMENT, Lifetimes, Placement};
use crate::plan::sharing::{Sharing, sharing};
use pixelflume_graph::NodeId;
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_scheduler::Schedule;
use std::fmt;

/// The layout of all images of a plan in one block of device memory.
///
/// Two images share bytes only where the schedule proves that all uses of one, on any stream, are complete before the other
/// is written. Inputs are written before everything else; outputs are kept until the end of the run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArenaPlan {
    /// The ranges, by index of the source: first the inputs, then the nodes.
    ranges: Vec<ArenaRange>,
    names: Vec<String>,
    inputs: usize,
    bytes: usize,
}

/// The bytes of an image in an arena.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ArenaRange {
    /// The first byte: a multiple of 512.
    pub offset: usize,
    /// The number of bytes.
    pub bytes: usize,
}

impl ArenaRange {
    /// Whether both have at least one byte in common.
    pub fn overlaps(&self, other: &ArenaRange) -> bool {
        self.offset < other.offset + other.bytes && other.offset < self.offset + self.bytes
    }
}

impl ArenaPlan {
    /// Lays out the images of `pipeline` with these shapes, for batches of up to `capacity` frames that are executed by
    /// `schedule`, without fusion.
    ///
    /// # Errors
    /// A batch is larger than memory.
    pub fn new(
        pipeline: &Pipeline,
        shapes: &Shapes,
        schedule: &Schedule,
        capacity: u32,
    ) -> Result<Self, PipelineError> {
        let fusion = Fusion::none(pipeline.nodes().len());
        ArenaPlan::fused(pipeline, shapes, schedule, capacity, &fusion)
    }

    /// Lays out images like [`ArenaPlan::new`], with fused chains: images inside of a chain have no memory, and the
    /// tail's launch reads the sources of the head.
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
            ranges: offsets
                .into_iter()
                .zip(&bytes)
                .map(|(offset, &bytes)| ArenaRange { offset, bytes })
                .collect(),
            names: sources
                .iter()
                .map(|&source| pipeline.source_name(source).to_owned())
                .collect(),
            inputs,
            bytes: end,
        })
    }

    /// Bytes of the arena.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of an arena in which no two images share memory: one buffer per input and node.
    pub fn bytes_unshared(&self) -> usize {
        self.ranges.iter().fold(0, |sum, range| {
            sum.saturating_add(range.bytes.next_multiple_of(ALIGNMENT))
        })
    }

    /// The bytes of the images of a source; `None` where it is inside of a fused chain.
    ///
    /// # Panics
    /// The source is not of the pipeline.
    pub fn of(&self, source: Source) -> ArenaRange {
        self.ranges[self.index(source)]
    }

    /// The sources that share bytes with this source.
    ///
    /// # Panics
    /// The source is not of the pipeline.
    pub fn sharing(&self, source: Source) -> impl Iterator<Item = Source> {
        let (own, range) = (self.index(source), self.of(source));
        let others = (0..self.ranges.len()).filter(move |&other| other != own);
        others
            .filter(move |&other| self.ranges[other].overlaps(&range))
            .map(|other| self.source(other))
    }

    /// For each source, in the order of [`ArenaPlan::sources`], the first sources that share bytes with it, and the
    /// number of further ones.
    pub(crate) fn all_sharing(&self) -> impl Iterator<Item = (Vec<Source>, usize)> {
        let all = sharing(&self.ranges).into_iter();
        all.map(|Sharing { named, more }| {
            let named = named.into_iter().map(|index| self.source(index));
            (named.collect(), more)
        })
    }

    /// All sources: first the inputs, then the nodes.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Source> {
        (0..self.ranges.len()).map(|index| self.source(index))
    }

    /// The source with the most bytes.
    pub(crate) fn largest(&self) -> Source {
        let largest = (0..self.ranges.len()).max_by_key(|&index| self.ranges[index].bytes);
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
    /// Writes one line for the arena, and one per source: offset, bytes, name, and the names of the sources that use the
    /// same bytes at other times, the first 64 of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, unshared) = (self.bytes, self.bytes_unshared());
        write!(f, "arena of {bytes} bytes; {unshared} without sharing")?;
        let ranges = self.ranges.iter().zip(&self.names);
        for ((range, name), Sharing { named, more }) in ranges.zip(sharing(&self.ranges)) {
            write!(f, "\n{:>12} {:>12}  {name}", range.offset, range.bytes)?;
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

/// The nodes that write and read each image, by index of the source.
struct Uses<'a> {
    schedule: &'a Schedule,
    inputs: usize,
    /// The last nodes that use the image: none of them happens before another, and when they are complete, all uses of
    /// the image are.
    last: Vec<Vec<NodeId>>,
    is_output: Vec<bool>,
    /// For each stream, the indices of the sources that its nodes write, in order.
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

    /// Notes a use of an image by a node; nodes are noted in their order, in which no node comes
    /// after one that it happens before.
    fn note(&mut self, used: usize, node: NodeId) {
        let schedule = self.schedule;
        self.last[used].retain(|&other| other != node && !schedule.happens_before(other, node));
        self.last[used].push(node);
    }
}

impl Lifetimes for Uses<'_> {
    fn precedes(&self, a: usize, b: usize) -> bool {
        // An input is written before every node runs.
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

    /// The next node of each stream: what happens before a node happens before all nodes behind it on its stream.
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
