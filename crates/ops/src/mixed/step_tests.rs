//! The step that an operator tells for an image must be what its plan does.

use crate::contract::stage::{ResampleAxis, ResizeTables, WindowAxis};
use crate::contract::{Action, ChainStep, ImageContext, Operator};
use crate::image::ImageShape;
use crate::registry::OPERATORS;
use crate::testing::Random;
use std::collections::BTreeMap;
use std::sync::Arc;

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
        (ChainStep::GatherBilinear(step, (width, height)), Action::Cropped(crop, action)) => {
            text(step) == text(crop) && agrees(&ChainStep::Bilinear(*width, *height), action)
        }
        (ChainStep::Resample(step), Action::Resample(tables)) => {
            let axis =
                |step: &WindowAxis, axis: &Option<ResampleAxis>| step.copies || axis.is_some();
            axis(&step.columns, &tables.columns)
                && axis(&step.lines, &tables.lines)
                && step.vertical_first == tables.vertical_first
                && step.premultiplied == tables.premultiplied
        }
        // A plan does not tell what it erases; `compare` looks at the operator.
        (ChainStep::Erase(_), Action::Other) => true,
        _ => false,
    }
}

/// Compares the step of an operator with the plan of what it does to this image. `false` where it has no step.
fn compare(operator: &Arc<dyn Operator>, image: &ImageContext<'_>) -> bool {
    let shape = image.shape;
    let step = operator.chain_step(image);
    let concrete = operator.for_image(image);
    assert!(
        !matches!(concrete, Ok(None)) || !operator.is_per_image(),
        "{operator:?}"
    );
    let concrete = concrete.map(|concrete| concrete.unwrap_or_else(|| Arc::clone(operator)));
    let plan = concrete
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|concrete| concrete.plan(&[shape]));
    match (step, plan) {
        (Ok(None), _) => false,
        (Ok(Some(step)), Ok(plan)) => {
            let output = plan.output();
            assert_eq!(
                step.size(shape),
                (output.width, output.height),
                "{operator:?} of {shape}"
            );
            let stage = plan.stage().expect("an operator with a step has a stage");
            assert!(
                agrees(&step, &stage.action),
                "{operator:?} of {shape}: {step:?}, {:?}",
                stage.action
            );
            if let (ChainStep::Erase(_), Ok(concrete)) = (step, concrete) {
                assert!(!concrete.is_per_image());
                let of_concrete = concrete.chain_step(image).unwrap().unwrap();
                assert_eq!(format!("{step:?}"), format!("{of_concrete:?}"));
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
            let image = ImageContext {
                largest: (shape.width + 7, shape.height + 9),
                index: random.next(),
                epoch: random.next(),
                ..ImageContext::first(shape)
            };
            let has_step = compare(&operator, &image);
            // An image that the operator was not drawn for, which it may refuse.
            let mut other = any(&mut random);
            random.any_type(&mut other);
            compare(&operator, &ImageContext::first(other));
            *with_steps.entry(spec.kind).or_default() += u32::from(has_step);
        }
    }
    for kind in [
        "center_crop",
        "color",
        "crop",
        "erase",
        "flip",
        "letterbox",
        "normalize",
        "nv12_to_rgb",
        "pad",
        "pad_to",
        "pad_to_largest",
        "random_crop",
        "random_erasing",
        "random_flip",
        "random_resized_crop",
        "resample",
        "rescale",
        "resize",
        "resized_crop",
        "threshold",
        "to_float",
    ] {
        assert!(with_steps[kind] > 10, "{kind} has no step");
    }
    assert_eq!(with_steps["gaussian_blur"], 0);
}
