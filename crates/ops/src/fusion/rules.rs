//! The rules of fusion, as data.

use super::{Action, Refusal, Stage, sample, stencil, strips};
use crate::{ColorConversion, Plan, SobelOutput};
use pixelflume_device::DeviceKind;
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
}

type Planner = fn(&[Stage]) -> Result<Arc<dyn Plan>, String>;

/// A part of a pattern: so many stages, one after the other, of these classes.
struct Part {
    classes: &'static [Class],
    most: usize,
}

/// What a stage is to a pattern.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Class {
    /// A colour conversion that gives gray.
    ToGray,
    /// Any other colour conversion.
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
    },
    Rule {
        name: "strips",
        device: DeviceKind::Host,
        pattern: &[Part::up_to(MANY, ANY)],
        plan: strips::plan,
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

fn class(stage: &Stage) -> Class {
    use ColorConversion::*;
    match &stage.action {
        Action::Color(RgbToGray | BgrToGray | RgbaToGray) => Class::ToGray,
        Action::Color(_) => Class::Color,
        Action::Nv12 => Class::Nv12,
        Action::Resize(_) | Action::Gather(_) | Action::Letterbox(..) => Class::Geometry,
        Action::Threshold { .. } => Class::Threshold,
        Action::Normalize { .. } => Class::Normalize,
        Action::Blur { .. } => Class::Blur,
        Action::Sobel(SobelOutput::Magnitude) => Class::SobelMagnitude,
        Action::Sobel(_) | Action::Other => Class::Other,
    }
}

/// The rule that takes this run of stages, each reading what the one before makes, and its plan.
///
/// # Errors
/// No rule of the device has such a pattern, or the last that has cannot take the shapes or parameters.
pub fn fuse(
    stages: &[Stage],
    device: DeviceKind,
) -> Result<(&'static Rule, Arc<dyn Plan>), Refusal> {
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
