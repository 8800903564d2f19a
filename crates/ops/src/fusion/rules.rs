//! The rules of fusion, as data.

use super::{Refusal, sample, stencil, strips};
use crate::contract::{Action, Plan, Stage};
use pixelflume_device::DeviceKind;
use std::ops::Range;
use std::sync::Arc;

/// Which sequences of operators can be one launch on a device, and how its plan is made.
pub struct Rule {
    /// Name, for people.
    pub name: &'static str,
    /// The device that it is for.
    pub device: DeviceKind,
    /// What it takes, in order.
    pattern: &'static [Part],
    /// Makes the plan, or says what is wrong with the shapes or parameters.
    plan: Planner,
    /// Makes the plan of the longest run of a sequence.
    finder: fn(&[Stage]) -> Finder<'_>,
}

/// For a sequence of stages: the most of them, from a first one on and none of a second one and behind, but at least 2, of
/// which a rule makes one plan, and this plan. The pattern takes them all.
pub(super) type Finder<'a> = Box<dyn FnMut(usize, usize) -> Option<(usize, Arc<dyn Plan>)> + 'a>;

type Planner = fn(&[Stage]) -> Result<Arc<dyn Plan>, String>;

/// A part of a pattern: so many stages, one after the other, of these classes.
struct Part {
    classes: &'static [Class],
    most: usize,
}

/// What a stage is to a pattern.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Class {
    /// A color conversion that gives gray.
    ToGray,
    /// Any other color conversion.
    Color,
    Nv12,
    Geometry,
    Threshold,
    Normalize,
    Blur,
    SobelMagnitude,
    Other,
}

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

/// All rules, those for a device in the order in which they are tried.
pub static RULES: &[Rule] = &[
    Rule {
        name: "stencil",
        device: DeviceKind::Cuda,
        pattern: &[
            Part::up_to(1, &[Class::ToGray]),
            Part::up_to(1, &[Class::Blur]),
            Part::up_to(1, &[Class::SobelMagnitude]),
            Part::up_to(1, &[Class::Threshold]),
        ],
        plan: stencil::plan,
        finder: |stages| tried(stages, stencil::plan),
    },
    Rule {
        name: "sample",
        device: DeviceKind::Cuda,
        pattern: &[
            Part::up_to(1, &[Class::ToGray, Class::Color, Class::Nv12]),
            Part::up_to(MANY, &[Class::Geometry]),
            Part::up_to(MANY, &[Class::ToGray, Class::Color, Class::Threshold]),
            Part::up_to(1, &[Class::Normalize]),
        ],
        plan: sample::plan,
        finder: sample::finder,
    },
    Rule {
        name: "strips",
        device: DeviceKind::Host,
        pattern: &[Part::up_to(MANY, ANY)],
        plan: strips::plan,
        finder: strips::finder,
    },
];

impl Part {
    const fn up_to(most: usize, classes: &'static [Class]) -> Self {
        Part { classes, most }
    }
}

impl Rule {
    /// Whether the pattern takes these stages, all of them.
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

/// Tries one length after the other, for a rule whose pattern takes few.
fn tried(stages: &[Stage], plan: Planner) -> Finder<'_> {
    Box::new(move |from, to| {
        let plan = |to: usize| Some((to - from, plan(&stages[from..to]).ok()?));
        (from + 2..=to).rev().find_map(plan)
    })
}

/// Finds what a rule takes of a sequence of stages.
struct Search<'a> {
    rule: &'static Rule,
    stages: &'a [Stage],
    /// By part of the pattern and by stage: how many stages from it on the part takes, were it without a limit.
    fitting: Vec<Vec<usize>>,
    finder: Finder<'a>,
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
            finder: (rule.finder)(stages),
        }
    }

    fn longest(&mut self, from: usize) -> Option<(usize, Arc<dyn Plan>)> {
        let mut to = from;
        for (part, fitting) in self.rule.pattern.iter().zip(&self.fitting) {
            to += fitting.get(to).map_or(0, |&count| count.min(part.most));
        }
        to = gap(&self.stages[from..to]).map_or(to, |gap| from + gap);
        if to < from + 2 {
            return None;
        }
        (self.finder)(from, to)
    }
}

/// A part of a sequence of stages: a run that is one launch, or a stage by itself.
pub struct Piece {
    /// Its stages.
    pub stages: Range<usize>,
    /// The rule that takes them with the plan of them all; `None` for a stage by itself.
    pub run: Option<(&'static Rule, Arc<dyn Plan>)>,
    /// Why the next stage is not one of them; `None` behind the last one.
    pub refusal: Option<Refusal>,
}

/// Cuts a sequence of stages, each reading what the one before makes, into pieces: each time the longest run from the
/// beginning of what is left that a rule takes, by the first of the rules that take as many.
pub fn cut(stages: &[Stage], device: DeviceKind) -> Vec<Piece> {
    let of_device = RULES.iter().filter(|rule| rule.device == device);
    let mut searches: Vec<Search<'_>> = of_device.map(|rule| Search::new(rule, stages)).collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < stages.len() {
        let mut best: Option<(usize, &'static Rule, Arc<dyn Plan>)> = None;
        for search in &mut searches {
            if let Some((count, plan)) = search.longest(start)
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
        pieces.push(Piece {
            stages: start..end,
            run: best.map(|(_, rule, plan)| (rule, plan)),
            refusal,
        });
        start = end;
    }
    pieces
}

fn class(stage: &Stage) -> Class {
    match &stage.action {
        Action::Color(map) if map.weights.is_some() => Class::ToGray,
        Action::Color(_) => Class::Color,
        Action::Nv12 => Class::Nv12,
        Action::Resize(_) | Action::Gather(_) | Action::Letterbox(..) => Class::Geometry,
        Action::Threshold { .. } => Class::Threshold,
        Action::Normalize { .. } => Class::Normalize,
        Action::Blur { .. } => Class::Blur,
        Action::SobelMagnitude { .. } => Class::SobelMagnitude,
        Action::Other => Class::Other,
    }
}

/// The first stage that does not read what the one before it makes.
fn gap(stages: &[Stage]) -> Option<usize> {
    (1..stages.len()).find(|&stage| stages[stage].input != stages[stage - 1].output)
}

/// The rule that takes this run of stages, each reading what the one before makes, and its plan.
///
/// # Errors
/// A stage reads something else, no rule of the device has such a pattern, or the last that has cannot take the shapes or
/// parameters.
pub fn fuse(
    stages: &[Stage],
    device: DeviceKind,
) -> Result<(&'static Rule, Arc<dyn Plan>), Refusal> {
    // Plans of runs look at the first shape and the last, and trust those between: an operator may give a plan for others
    // than it was asked for.
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
