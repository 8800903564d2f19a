//! The step that an operator tells for an image must be what its plan does.

use crate::contract::stage::ResizeTables;
use crate::contract::{Action, ChainStep, ImageContext, Operator};
use crate::image::ImageShape;
use crate::registry::OPERATORS;
use crate::testing::Random;
use std::collections::BTreeMap;

/// Whether the step says what the action does.
fn agrees(step: &ChainStep, action: &Action) -> bool {
    let text = |debug: &dyn std::fmt::Debug| format!("{debug:?}");
    match (step, action) {
        (ChainStep::Pixels, action) => matches!(
            action,
            Action::Color(_) | Action::Threshold { .. } | Action::Normalize { .. }
        ),
        (ChainStep::Nv12(..), Action::Nv12) => true,
        (ChainStep::Gather(step), Action::Gather(map)) => text(&step.map) == text(map),
        (ChainStep::Letterbox(step), Action::Letterbox(tables, map)) => {
            let bilinear = matches!(**tables, ResizeTables::Bilinear(_) | ResizeTables::Half);
            bilinear && text(&step.map) == text(map)
        }
        (ChainStep::Bilinear(..), Action::Resize(tables)) => {
            matches!(**tables, ResizeTables::Bilinear(_) | ResizeTables::Half)
        }
        _ => false,
    }
}

/// Compares the step of an operator with its plan for an image of this shape. `false` where it has no step.
fn compare(operator: &dyn Operator, shape: ImageShape) -> bool {
    let step = operator.chain_step(&ImageContext::first(shape));
    let plan = operator.plan(&[shape]);
    match (step, plan) {
        (Ok(None), _) => false,
        (Ok(Some(step)), Ok(plan)) => {
            let output = plan.output();
            assert_eq!(
                step.size(shape),
                (output.width, output.height),
                "{operator:?} of {shape}"
            );
            // A crop and its resize are the plans of two operators.
            if !matches!(step, ChainStep::GatherBilinear(..)) {
                let stage = plan.stage().expect("an operator with a step has a stage");
                assert!(
                    agrees(&step, &stage.action),
                    "{operator:?} of {shape}: {step:?}, {:?}",
                    stage.action
                );
            }
            true
        }
        (Err(step), Err(plan)) => {
            assert_eq!(step, plan, "{operator:?} of {shape}");
            true
        }
        (step, plan) => panic!("{operator:?} of {shape}: {step:?}, {plan:?}"),
    }
}

#[test]
fn steps_say_what_plans_do() {
    let mut random = Random::new(17);
    let mut with_steps = BTreeMap::<&str, u32>::new();
    for spec in OPERATORS.iter().filter(|spec| spec.inputs == 1) {
        for _ in 0..150 {
            let any = |random: &mut Random| {
                let (width, height) = (random.within(1, 90), random.within(1, 90));
                ImageShape::u8(width, height, random.pick(&[1, 3, 4]))
            };
            let mut shape = any(&mut random);
            let operator = (spec.testing.sample)(&mut random, &mut shape).unwrap();
            let has_step = compare(&*operator, shape);
            // An image that the operator was not drawn for, which it may refuse.
            let mut other = any(&mut random);
            random.any_type(&mut other);
            compare(&*operator, other);
            *with_steps.entry(spec.kind).or_default() += u32::from(has_step);
        }
    }
    for kind in [
        "center_crop",
        "color",
        "crop",
        "flip",
        "letterbox",
        "normalize",
        "nv12_to_rgb",
        "pad",
        "pad_to",
        "rescale",
        "resize",
        "threshold",
        "to_float",
    ] {
        assert!(with_steps[kind] > 10, "{kind} has no step");
    }
    assert_eq!(with_steps["gaussian_blur"], 0);
}
