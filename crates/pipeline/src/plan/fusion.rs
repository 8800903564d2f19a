//! Fusion: the chains of nodes that become one launch. A pass between shapes and memory, pure data.
//!
//! A node can be fused with the next one where no other node needs the image between them: it is no output, the next node is
//! its one consumer, and that node reads nothing else. The longest sequences of such nodes are cut into chains that a rule
//! of [`pixelflume_ops::fusion`] takes. A chain is launched in the place of its last node, the *tail*, and reads the sources
//! of its first node, the *head*; the other nodes have no launches, and their images no memory.
//!
//! The schedule is made of nodes all the same: a chain has no branches inside, so its nodes are on one stream without an
//! event between them, and a task without launches costs nothing. What must come before the head comes before the tail, what
//! waits for the tail waits for the chain, and branches beside it overlap as before. So one schedule serves all shapes and
//! parameters of a pipeline, whatever is fused for them.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::DeviceKind;
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_ops::Plan;
use pixelflume_ops::fusion::{Refusal, Stage, partition};
use std::sync::Arc;

/// The nodes of a pipeline that are launched together.
#[derive(Clone, Debug)]
pub(crate) struct Fusion {
    /// For each node, the node whose sources its launches read: the head of the chain for the tail of a chain, and
    /// otherwise the node itself; `None` where the launch of another node computes it.
    heads: Vec<Option<usize>>,
    chains: Vec<Chain>,
    /// For each node, the chain whose tail it is.
    chain_of: Vec<Option<usize>>,
    /// The pairs of nodes, one of which reads the other, that are launched separately.
    apart: Vec<Apart>,
}

/// Nodes that are fused into one launch.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// Name of the fusion rule.
    pub(crate) rule: &'static str,
    /// The nodes, from head to tail; at least two.
    pub(crate) nodes: Vec<usize>,
    pub(crate) plan: Arc<dyn Plan>,
}

/// A node that reads another one, and is not fused with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Apart {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) reason: Reason,
}

/// The reason why two nodes are not fused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    /// Fusion is off.
    Off,
    /// The first is an output.
    Output,
    /// The number of nodes that read the first one; a node that reads it twice counts as two.
    Consumers(usize),
    /// The number of images that the second one reads.
    Inputs(usize),
    /// No rule knows the operator of this node.
    Unknown(usize),
    /// The rules refuse these nodes, the last of which is the second one.
    Refused(Vec<usize>, Refusal),
}

impl Fusion {
    /// No fusion: every node is launched by itself.
    pub(crate) fn none(nodes: usize) -> Self {
        Fusion {
            heads: (0..nodes).map(Some).collect(),
            chains: Vec::new(),
            chain_of: vec![None; nodes],
            apart: Vec::new(),
        }
    }

    /// Finds the chains of a pipeline with these operator plans on a kind of device.
    ///
    /// Each sequence is cut greedily: the longest beginning that a rule takes becomes a chain, then the same of the rest.
    /// The pattern of a rule has parts that may each be left out, so a rule that takes a chain takes any part of it; then no
    /// other way to cut gives fewer launches. Where a rule takes a chain and refuses a part of it, there may be one.
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

    /// Makes chains of a sequence of nodes, each of which is the one consumer of the node before.
    fn cut(&mut self, sequence: &[usize], stages: &[Option<Stage>], device: DeviceKind) {
        let of = |node: &usize| stages[*node].clone().expect("refused otherwise");
        if sequence.len() < 2 {
            return;
        }
        let stages: Vec<Stage> = sequence.iter().map(of).collect();
        for segment in partition(&stages, device) {
            let (start, end) = (segment.stages.start, segment.stages.end);
            if let Some((rule, plan)) = segment.chain {
                self.add(rule.name, &sequence[start..end], plan);
            }
            if let (Some(&to), Some(refusal)) = (sequence.get(end), segment.refusal) {
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
        self.chain_of[tail] = Some(self.chains.len());
        self.chains.push(Chain {
            rule,
            nodes: nodes.to_vec(),
            plan,
        });
    }

    /// The sources that the launches of a node read; `None` for a node without launches.
    pub(crate) fn sources<'a>(&self, pipeline: &'a Pipeline, node: usize) -> Option<&'a [Source]> {
        let head = self.heads[node]?;
        Some(pipeline.nodes()[head].sources())
    }

    /// Whether the image of a node has no memory, because a later node's launch computes it.
    pub(crate) fn is_inside(&self, node: usize) -> bool {
        self.heads[node].is_none()
    }

    /// Whether both fuse the same nodes, by any rules.
    pub(crate) fn is_alike(&self, other: &Fusion) -> bool {
        self.heads == other.heads
    }

    pub(crate) fn chains(&self) -> &[Chain] {
        &self.chains
    }

    pub(crate) fn apart(&self) -> &[Apart] {
        &self.apart
    }

    /// The nodes that are launched with a node, from head to tail, where it is the tail of a chain; otherwise the node
    /// itself.
    pub(crate) fn members<'a>(&'a self, node: &'a usize) -> &'a [usize] {
        match self.chain_of[*node] {
            Some(chain) => &self.chains[chain].nodes,
            None => std::slice::from_ref(node),
        }
    }

    /// For each node, the names of all nodes that its launch computes, where these are several.
    pub(crate) fn labels(&self, pipeline: &Pipeline) -> pixelflume_scheduler::TaskLabels {
        let name = |&node: &usize| pipeline.nodes()[node].name();
        let label = |node: usize| match self.members(&node) {
            [_] => None,
            members => Some(members.iter().map(name).collect::<Vec<_>>().join(" + ")),
        };
        (0..self.heads.len()).map(label).collect()
    }

    /// For each node, the plan that it launches: its own or that of the chain that it ends; `None` inside of a
    /// chain.
    pub(crate) fn launched(&self, plans: &[Arc<dyn Plan>]) -> Vec<Option<Arc<dyn Plan>>> {
        let mut launched: Vec<_> = plans.iter().cloned().map(Some).collect();
        for chain in &self.chains {
            let (&tail, inside) = chain.nodes.split_last().expect("a chain has nodes");
            for &node in inside {
                launched[node] = None;
            }
            launched[tail] = Some(Arc::clone(&chain.plan));
        }
        launched
    }
}

/// The readers of the image of each node.
struct Reads {
    /// Every pair of a node and a node that reads it, each pair once.
    edges: Vec<(usize, usize)>,
    /// For each node, the number of inputs that read it.
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

    /// The reason why two nodes cannot be fused by any rule; `None` where a rule may take them.
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
    /// The reason as text.
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
