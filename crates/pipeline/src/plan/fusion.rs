//! Fusion: which runs of nodes become one launch. A pass between shapes and memory, pure data.
//!
//! A node can go on with the next one where the image between them is seen by nobody else: it is no output, the next node is
//! its one consumer, and reads nothing besides. The longest sequences of such nodes are cut into runs that a rule of
//! [`pixelflume_ops::fusion`] takes. A run is launched in the place of its last node, the *tail*, with the sources of its
//! first, the *head*; the others have no launches, and their images no memory.
//!
//! The schedule stays one of nodes: a run is a chain without other ends, so that its nodes stand on one stream with no
//! event between them, and a task without launches costs nothing. What must come before the head comes before the tail,
//! what waits for the tail waits for the run, and branches besides it overlap as before. One schedule so serves all shapes
//! and parameters of a pipeline, whatever is fused for them.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::DeviceKind;
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_ops::Plan;
use pixelflume_ops::fusion::{Refusal, Stage, cut};
use std::sync::Arc;

/// Which node launches what.
#[derive(Clone, Debug)]
pub(crate) struct Fusion {
    /// By node: the node whose sources its launches read, itself but for the tail of a run; `None` where another node's
    /// launch does its work.
    heads: Vec<Option<usize>>,
    runs: Vec<Run>,
    /// By node: the run whose tail it is.
    run_of: Vec<Option<usize>>,
    /// The nodes that read a node and are launched apart from it.
    apart: Vec<Apart>,
}

/// Nodes that are one launch.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Name of the rule.
    pub(crate) rule: &'static str,
    /// The nodes, from head to tail; two at least.
    pub(crate) nodes: Vec<usize>,
    pub(crate) plan: Arc<dyn Plan>,
}

/// A node that reads another one, and is not launched with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Apart {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) reason: Reason,
}

/// Why two nodes are not one launch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// Fusion is off.
    Off,
    /// The first is an output.
    Output,
    /// So many nodes read the first, counting one that reads it twice as two.
    Consumers(usize),
    /// The second reads so many images.
    Inputs(usize),
    /// The rules know nothing of the operator of this node.
    Unknown(usize),
    /// The rules do not take these nodes, the last of which is the second.
    Refused(Vec<usize>, Refusal),
}

impl Fusion {
    /// Every node by itself.
    pub(crate) fn none(nodes: usize) -> Self {
        Fusion {
            heads: (0..nodes).map(Some).collect(),
            runs: Vec::new(),
            run_of: vec![None; nodes],
            apart: Vec::new(),
        }
    }

    /// The runs of a pipeline with these plans of its nodes on a kind of device.
    ///
    /// Of each sequence the longest beginning that a rule takes becomes a run, then the same of the rest. The patterns of
    /// the rules are of parts that may each be left out, so that a rule that takes a run takes any part of it; then no
    /// other way to cut gives fewer launches. Where a rule takes a run and refuses a part of it, there may be one.
    pub(crate) fn new(pipeline: &Pipeline, plans: &[Arc<dyn Plan>], device: DeviceKind) -> Self {
        let mut fusion = Fusion::none(plans.len());
        let stages: Vec<Option<Stage>> = plans.iter().map(|plan| plan.stage()).collect();
        let mut next = vec![None; plans.len()];
        let mut is_next = vec![false; plans.len()];
        let reads = Reads::new(pipeline);
        for &(from, to) in &reads.edges {
            match reads.refuse(pipeline, &stages, from, to) {
                None => {
                    next[from] = Some(to);
                    is_next[to] = true;
                }
                Some(reason) => fusion.apart.push(Apart { from, to, reason }),
            }
        }
        let firsts = (0..plans.len()).filter(|&node| !is_next[node]);
        for first in firsts {
            let sequence: Vec<usize> =
                std::iter::successors(Some(first), |&node| next[node]).collect();
            fusion.cut(&sequence, &stages, device);
        }
        fusion.apart.sort_by_key(|apart| (apart.from, apart.to));
        fusion
    }

    /// Makes runs of a sequence of nodes, each of which is the next of the one before.
    fn cut(&mut self, sequence: &[usize], stages: &[Option<Stage>], device: DeviceKind) {
        let of = |node: &usize| stages[*node].clone().expect("refused otherwise");
        if sequence.len() < 2 {
            return;
        }
        let stages: Vec<Stage> = sequence.iter().map(of).collect();
        for piece in cut(&stages, device) {
            let (start, end) = (piece.stages.start, piece.stages.end);
            if let Some((rule, plan)) = piece.run {
                self.add(rule.name, &sequence[start..end], plan);
            }
            if let (Some(&to), Some(refusal)) = (sequence.get(end), piece.refusal) {
                self.apart.push(Apart {
                    from: sequence[end - 1],
                    to,
                    reason: Reason::Refused(sequence[start..=end].to_vec(), refusal),
                });
            }
        }
    }

    fn add(&mut self, rule: &'static str, nodes: &[usize], plan: Arc<dyn Plan>) {
        for &node in nodes {
            self.heads[node] = None;
        }
        let tail = nodes[nodes.len() - 1];
        self.heads[tail] = Some(nodes[0]);
        self.run_of[tail] = Some(self.runs.len());
        self.runs.push(Run {
            rule,
            nodes: nodes.to_vec(),
            plan,
        });
    }

    /// What the launches of a node read; `None` for a node without.
    pub(crate) fn sources<'a>(&self, pipeline: &'a Pipeline, node: usize) -> Option<&'a [Source]> {
        let head = self.heads[node]?;
        Some(pipeline.nodes()[head].sources())
    }

    /// Whether the images of a node are nowhere, because its work is part of a later node's launch.
    pub(crate) fn is_inside(&self, node: usize) -> bool {
        self.heads[node].is_none()
    }

    /// Whether the same nodes are fused in both, by whichever rules.
    pub(crate) fn is_alike(&self, other: &Fusion) -> bool {
        self.heads == other.heads
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(crate) fn apart(&self) -> &[Apart] {
        &self.apart
    }

    /// The nodes that are launched with a node, from head to tail, where it is the tail of a run; otherwise itself.
    pub(crate) fn members<'a>(&'a self, node: &'a usize) -> &'a [usize] {
        match self.run_of[*node] {
            Some(run) => &self.runs[run].nodes,
            None => std::slice::from_ref(node),
        }
    }

    /// By node: the names of all that its launch computes, where that are several.
    pub(crate) fn labels(&self, pipeline: &Pipeline) -> pixelflume_scheduler::TaskLabels {
        let name = |&node: &usize| pipeline.nodes()[node].name();
        let label = |node: usize| match self.members(&node) {
            [_] => None,
            members => Some(members.iter().map(name).collect::<Vec<_>>().join(" + ")),
        };
        (0..self.heads.len()).map(label).collect()
    }

    /// By node: the plan that it launches, its own or that of the chain that it ends; `None` inside of a chain.
    pub(crate) fn launched(&self, plans: &[Arc<dyn Plan>]) -> Vec<Option<Arc<dyn Plan>>> {
        let mut launched: Vec<_> = plans.iter().cloned().map(Some).collect();
        for run in &self.runs {
            let (&tail, inside) = run.nodes.split_last().expect("a run has nodes");
            for &node in inside {
                launched[node] = None;
            }
            launched[tail] = Some(Arc::clone(&run.plan));
        }
        launched
    }
}

/// Who reads the image of whom.
struct Reads {
    /// Every node that reads a node, once, with the one that it reads.
    edges: Vec<(usize, usize)>,
    /// By node: how often it is read.
    consumers: Vec<usize>,
    is_output: Vec<bool>,
}

impl Reads {
    fn new(pipeline: &Pipeline) -> Self {
        let nodes = pipeline.nodes();
        let mut reads = Reads {
            edges: Vec::new(),
            consumers: vec![0; nodes.len()],
            is_output: vec![false; nodes.len()],
        };
        for &node in pipeline.output_nodes() {
            reads.is_output[node] = true;
        }
        for (to, node) in nodes.iter().enumerate() {
            // An operator has few inputs.
            for (index, &source) in node.sources().iter().enumerate() {
                let Source::Node(from) = source else { continue };
                reads.consumers[from] += 1;
                if !node.sources()[..index].contains(&source) {
                    reads.edges.push((from, to));
                }
            }
        }
        reads
    }

    /// Why the image between two nodes must be there, or one of them is a launch of its own for sure.
    fn refuse(
        &self,
        pipeline: &Pipeline,
        stages: &[Option<Stage>],
        from: usize,
        to: usize,
    ) -> Option<Reason> {
        let inputs = pipeline.nodes()[to].sources().len();
        let unknown = [from, to].into_iter().find(|&node| stages[node].is_none());
        if !pipeline.fusion() {
            Some(Reason::Off)
        } else if self.is_output[from] {
            Some(Reason::Output)
        } else if inputs > 1 {
            Some(Reason::Inputs(inputs))
        } else if self.consumers[from] > 1 {
            Some(Reason::Consumers(self.consumers[from]))
        } else {
            unknown.map(Reason::Unknown)
        }
    }
}

impl Apart {
    /// The reason in words.
    pub(crate) fn text(&self, pipeline: &Pipeline) -> String {
        let name = |node: usize| pipeline.nodes()[node].name();
        match &self.reason {
            Reason::Off => "fusion is off".to_owned(),
            Reason::Output => format!("\"{}\" is an output", Shown(name(self.from))),
            Reason::Consumers(count) => {
                format!("\"{}\" has {count} consumers", Shown(name(self.from)))
            }
            Reason::Inputs(count) => format!("\"{}\" reads {count} images", Shown(name(self.to))),
            Reason::Unknown(node) => format!(
                "no rule knows the operator of \"{}\" ({})",
                Shown(name(*node)),
                pipeline.nodes()[*node].operator().kind()
            ),
            Reason::Refused(nodes, refusal) => {
                let names = Listed::new(nodes.iter().map(|&node| name(node)));
                let names = names.separated_by(" + ");
                format!("{names}: {refusal}")
            }
        }
    }
}
