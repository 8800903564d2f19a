//! The fusion rules, as data, and the search for chains that they take.

use super::{Refusal, sample, stencil, strips};
use crate::contract::{Action, Plan, Stage};
use pixelflume_device::DeviceKind;
use std::ops::Range;
use std::sync::Arc;

/// A fusion rule: a pattern of stages that can be one launch on a kind of device, and the planner of the launch.
pub struct Rule {
    /// Name of the rule, for example `stencil`, as descriptions and refusals show it.
    pub name: &'static str,
    /// The kind of device that the rule is for.
    pub device: DeviceKind,
    /// The parts of the chains that the rule takes, in order.
    pattern: &'static [PatternPart],
    /// Makes the plan of a chain that matches the pattern, or returns the reason why its shapes or parameters
    /// do not fit.
    plan: Planner,
    /// Prepares the search for the longest chains of a sequence.
    longest: fn(&[Stage]) -> LongestChain<'_>,
}

/// Finds the longest chain of a sequence of stages that a rule takes. The arguments `(from, to)` are the stages to look at:
/// the chain begins at `from` and ends before `to`, and the pattern matches all of them. The result is the number of stages,
/// at least 2, and their plan.
pub(super) type LongestChain<'a> =
    Box<dyn FnMut(usize, usize) -> Option<(usize, Arc<dyn Plan>)> + 'a>;

type Planner = fn(&[Stage]) -> Result<Arc<dyn Plan>, String>;

/// A part of a pattern: up to `most` consecutive stages of any of these classes.
struct PatternPart {
    classes: &'static [Class],
    most: usize,
}

/// The class of a stage: what a pattern distinguishes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Class {
    /// A color conversion to gray.
    ToGray,
    /// Any other color conversion.
    Color,
    Nv12,
    /// A resize, a gather, or both (letterbox).
    Geometry,
    Threshold,
    Normalize,
    Blur,
    SobelMagnitude,
    Other,
}

/// The `most` of a part without a limit.
const MANY: usize = usize::MAX;

const ANY: &[Class] = &[
    Class::ToGray,
    Class::Color,
    Class::Nv12,
    Class::Geometry,
    Class::Threshold,
    Class::Normalize,
    Class::Blur,
    Class::SobelMagnitude,
    Class::Other,
];

/// All fusion rules. The rules of a device are tried in this order.
pub static RULES: &[Rule] = &[
    Rule {
        name: "stencil",
        device: DeviceKind::Cuda,
        pattern: &[
            PatternPart::up_to(1, &[Class::ToGray]),
            PatternPart::up_to(1, &[Class::Blur]),
            PatternPart::up_to(1, &[Class::SobelMagnitude]),
            PatternPart::up_to(1, &[Class::Threshold]),
        ],
        plan: stencil::plan,
        longest: |stages| try_each_length(stages, stencil::plan),
    },
    Rule {
        name: "sample",
        device: DeviceKind::Cuda,
        pattern: &[
            PatternPart::up_to(1, &[Class::ToGray, Class::Color, Class::Nv12]),
            PatternPart::up_to(MANY, &[Class::Geometry]),
            PatternPart::up_to(MANY, &[Class::ToGray, Class::Color, Class::Threshold]),
            PatternPart::up_to(1, &[Class::Normalize]),
        ],
        plan: sample::plan,
        longest: sample::longest_chain,
    },
    Rule {
        name: "strips",
        device: DeviceKind::Host,
        pattern: &[PatternPart::up_to(MANY, ANY)],
        plan: strips::plan,
        longest: strips::longest_chain,
    },
];

impl PatternPart {
    const fn up_to(most: usize, classes: &'static [Class]) -> Self {
        PatternPart { classes, most }
    }
}

impl Rule {
    /// Whether the pattern matches these stages, all of them.
    fn matches(&self, stages: &[Stage]) -> bool {
        let mut left = stages;
        for part in self.pattern {
            let fits = |stage: &&Stage| part.classes.contains(&class(stage));
            let count = left.iter().take(part.most).take_while(fits).count();
            left = &left[count..];
        }
        left.is_empty()
    }
}

/// The search that tries one length after the other, from the longest on: for a rule whose pattern matches few stages.
fn try_each_length(stages: &[Stage], plan: Planner) -> LongestChain<'_> {
    Box::new(move |from, to| {
        let plan = |to: usize| Some((to - from, plan(&stages[from..to]).ok()?));
        (from + 2..=to).rev().find_map(plan)
    })
}

/// The search for the chains of a sequence that one rule takes.
struct Search<'a> {
    rule: &'static Rule,
    stages: &'a [Stage],
    /// For each part of the pattern and each stage: the number of consecutive stages from this one on that are of the part's
    /// classes.
    fitting: Vec<Vec<usize>>,
    longest: LongestChain<'a>,
}

impl<'a> Search<'a> {
    fn new(rule: &'static Rule, stages: &'a [Stage]) -> Self {
        let fitting = rule.pattern.iter().map(|part| {
            let mut counts = vec![0; stages.len()];
            let mut count = 0;
            for (place, stage) in counts.iter_mut().zip(stages).rev() {
                let fits = part.classes.contains(&class(stage));
                count = if fits { count + 1 } else { 0 };
                *place = count;
            }
            counts
        });
        Search {
            rule,
            stages,
            fitting: fitting.collect(),
            longest: (rule.longest)(stages),
        }
    }

    /// The longest chain that begins at stage `from`, and its plan.
    fn longest_from(&mut self, from: usize) -> Option<(usize, Arc<dyn Plan>)> {
        let mut to = from;
        for (part, fitting) in self.rule.pattern.iter().zip(&self.fitting) {
            to += fitting.get(to).map_or(0, |&count| count.min(part.most));
        }
        to = gap(&self.stages[from..to]).map_or(to, |gap| from + gap);
        if to < from + 2 {
            return None;
        }
        (self.longest)(from, to)
    }
}

/// A segment of a sequence of stages: a chain that is one launch, or a single stage.
pub struct Segment {
    /// The stages of the segment, as indices of the sequence.
    pub stages: Range<usize>,
    /// The rule that takes the chain, and the plan of the whole chain; `None` for a single stage.
    pub chain: Option<(&'static Rule, Arc<dyn Plan>)>,
    /// The reason why the next stage is not part of the segment; `None` for the last segment.
    pub refusal: Option<Refusal>,
}

/// Splits a sequence of stages, each reading what the stage before it makes, into segments.
///
/// Each segment is the longest chain, from the end of the segment before it on, that a rule of the device takes; where
/// several rules take equally long chains, the first of these rules gets it.
pub fn partition(stages: &[Stage], device: DeviceKind) -> Vec<Segment> {
    let of_device = RULES.iter().filter(|rule| rule.device == device);
    let mut searches: Vec<Search<'_>> = of_device.map(|rule| Search::new(rule, stages)).collect();
    let mut segments = Vec::new();
    let mut start = 0;
    while start < stages.len() {
        let mut best: Option<(usize, &'static Rule, Arc<dyn Plan>)> = None;
        for search in &mut searches {
            if let Some((count, plan)) = search.longest_from(start)
                && best.as_ref().is_none_or(|(most, ..)| *most < count)
            {
                best = Some((count, search.rule, plan));
            }
        }
        let end = start + best.as_ref().map_or(1, |(count, ..)| *count);
        let refusal = match stages.get(start..=end) {
            Some(longer) => fuse(longer, device).err(),
            None => None,
        };
        segments.push(Segment {
            stages: start..end,
            chain: best.map(|(_, rule, plan)| (rule, plan)),
            refusal,
        });
        start = end;
    }
    segments
}

fn class(stage: &Stage) -> Class {
    match &stage.action {
        Action::Color(map) if map.weights.is_some() => Class::ToGray,
        Action::Color(_) => Class::Color,
        Action::Nv12 => Class::Nv12,
        Action::Resize(_)
        | Action::Resample(_)
        | Action::Gather(_)
        | Action::Letterbox(..)
        | Action::Cropped(..) => Class::Geometry,
        Action::Threshold { .. } => Class::Threshold,
        Action::Normalize { .. } => Class::Normalize,
        Action::Blur { .. } => Class::Blur,
        Action::SobelMagnitude { .. } => Class::SobelMagnitude,
        Action::Other => Class::Other,
    }
}

/// The first stage that reads another shape than the stage before it makes.
fn gap(stages: &[Stage]) -> Option<usize> {
    (1..stages.len()).find(|&stage| stages[stage].input != stages[stage - 1].output)
}

/// Makes one plan of a chain of stages, each reading what the stage before it makes: the first rule of the device that takes
/// the chain, and its plan.
///
/// # Errors
/// [`Refusal::Gap`] where a stage reads another shape than the stage before makes, [`Refusal::NoRule`] where no pattern
/// matches, and [`Refusal::Rule`] of the last matching rule where none can take the shapes or parameters.
pub fn fuse(
    stages: &[Stage],
    device: DeviceKind,
) -> Result<(&'static Rule, Arc<dyn Plan>), Refusal> {
    // The planners look at the first shape and at the last one, and trust those between. They need not fit: a custom
    // operator may return a plan for other shapes than it was asked for.
    if let Some(stage) = gap(stages) {
        return Err(Refusal::Gap {
            operator: stages[stage].operator,
            made: stages[stage - 1].output,
            read: stages[stage].input,
        });
    }
    let mut refusal = Refusal::NoRule;
    for rule in RULES.iter().filter(|rule| rule.device == device) {
        if rule.matches(stages) {
            match (rule.plan)(stages) {
                Ok(plan) => return Ok((rule, plan)),
                Err(reason) => refusal = Refusal::Rule(rule.name, reason),
            }
        }
    }
    Err(refusal)
}
