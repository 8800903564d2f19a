//! Tests that `partition` gives the same chains as trying every length, with far less work.

use super::tests::{blur3, operator, stages};
use crate::fusion::{Refusal, Segment, Stage, fuse, partition};
use crate::*;
use pixelflume_device::DeviceKind;
use proptest::prelude::*;
use std::cell::Cell;

thread_local! {
    /// The number of times that the search for the longest chain has computed the rows of a stage,
    /// on this thread.
    pub(super) static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// A segment as tests compare it: the number of stages, the rule, and the reason why the next stage is not part of it.
type Cut = (usize, Option<&'static str>, Option<Refusal>);

fn cuts_of(segments: &[Segment]) -> Vec<Cut> {
    let of = |segment: &Segment| {
        let rule = segment.chain.as_ref().map(|(rule, _)| rule.name);
        (segment.stages.len(), rule, segment.refusal.clone())
    };
    segments.iter().map(of).collect()
}

/// The expected result of [`partition`], by trying every length from the longest one down.
fn cut_by_trying(stages: &[Stage], device: DeviceKind) -> Vec<Cut> {
    let (mut cuts, mut rest) = (Vec::new(), stages);
    while !rest.is_empty() {
        let (mut count, mut rule, mut refused) = (1, None, None);
        for length in (2..=rest.len()).rev() {
            match fuse(&rest[..length], device) {
                Ok((by, _)) => {
                    (count, rule) = (length, Some(by.name));
                    break;
                }
                Err(refusal) => refused = Some(refusal),
            }
        }
        cuts.push((count, rule, refused));
        rest = &rest[count..];
    }
    cuts
}

fn random_stages(input: ImageShape, picks: &[(u32, u16, u16)]) -> Vec<Stage> {
    let (mut shape, mut stages) = (input, Vec::new());
    for &(kind, a, b) in picks {
        let Some(operator) = operator(shape, kind, a.into(), b.into()) else {
            break;
        };
        let plan = operator.plan(&[shape]).unwrap();
        stages.push(plan.stage().unwrap());
        shape = plan.output();
    }
    stages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    /// Most sequences have resizes, which bring images of other sizes into the middle of it.
    #[test]
    fn random_sequences_are_cut_as_by_trying_every_length(
        (width, height) in prop_oneof![(1u32..90, 1u32..90), (1u32..4, 1u32..400), (900u32..9_000, 1u32..260)],
        channels in prop_oneof![Just(1u32), Just(3), Just(4)],
        picks in prop_oneof![
            prop::collection::vec((0u32..19, any::<u16>(), any::<u16>()), 2..40),
            // Without resizes and the end of all, the images stay large.
            prop::collection::vec((4u32..15, any::<u16>(), any::<u16>()), 2..40),
            // What the rules for CUDA take.
            prop::collection::vec((prop_oneof![Just(0u32), Just(1), Just(2), 11u32..16], any::<u16>(), any::<u16>()), 2..40),
            // Long ones, of operators that fit long runs.
            prop::collection::vec((prop_oneof![Just(5u32), Just(8), Just(10), Just(11)], any::<u16>(), any::<u16>()), 40..120),
        ],
    ) {
        let stages = random_stages(ImageShape::u8(width, height, channels), &picks);
        for device in [DeviceKind::Host, DeviceKind::Cuda] {
            let got = cuts_of(&partition(&stages, device));
            prop_assert_eq!(got, cut_by_trying(&stages, device), "{:?} on {:?}", stages, device);
        }
    }
}

/// The work is linear in the number of stages, whether chains end because of their memory, of recomputed rows, or with the last
/// stage.
#[test]
fn the_search_takes_steps_in_proportion_to_the_stages() {
    let large = GaussianBlur::new(31).unwrap();
    let threshold = Threshold::new(5);
    for (shape, operator) in [
        (ImageShape::u8(64, 48, 1), &threshold as &dyn Operator),
        (ImageShape::u8(64, 48, 1), &blur3()),
        (ImageShape::u8(64, 48, 1), &large),
        (ImageShape::u8(1920, 1080, 1), &threshold),
        (ImageShape::u8(1920, 1080, 3), &blur3()),
        (ImageShape::u8(1920, 1080, 3), &large),
    ] {
        let steps = |count: usize| {
            let stages = stages(shape, &vec![operator; count]);
            STEPS.set(0);
            let segments = partition(&stages, DeviceKind::Host);
            assert_eq!(
                segments
                    .iter()
                    .map(|segment| segment.stages.len())
                    .sum::<usize>(),
                count
            );
            STEPS.get()
        };
        let (few, many) = (steps(3_000), steps(12_000));
        assert!(
            many < 6 * few,
            "{shape} {operator:?}: {few} steps for 3000 stages, {many} for 12000"
        );
        assert!(many < 12_000 * 500, "{shape} {operator:?}: {many} steps");
    }
}

#[test]
fn stages_that_do_not_fit_together_are_no_run() {
    let stage = |operator: &dyn Operator, shape| operator.plan(&[shape]).unwrap().stage().unwrap();
    let (large, small) = (ImageShape::u8(100, 90, 1), ImageShape::u8(10, 9, 1));
    let gray = stage(
        &Color::new(ColorConversion::RgbToGray),
        ImageShape::u8(100, 90, 3),
    );
    let threshold = Threshold::new(7);
    for next in [stage(&blur3(), small), stage(&threshold, small)] {
        for device in [DeviceKind::Cuda, DeviceKind::Host] {
            let run = [gray.clone(), next.clone(), stage(&threshold, small)];
            let gap = Refusal::Gap {
                operator: next.operator,
                made: large,
                read: small,
            };
            assert_eq!(fuse(&run, device).err(), Some(gap.clone()));
            let cut = cuts_of(&partition(&run, device));
            assert_eq!(cut, cut_by_trying(&run, device));
            assert_eq!((cut[0].0, cut[0].2.clone()), (1, Some(gap)));
            assert_eq!(cut[1].0, 2, "{device:?}");
        }
    }
}
