//! Tests of the flow with engines on the host device.

use super::*;
use crate::engines::tests::{engines, pipeline};
use crate::report::EngineReport;
use pixelflume::codec::EncodeOptions;
use pixelflume::codec::Format;
use pixelflume::files::output::ResultFormat;
use pixelflume::ops::{Custom, OperatorError};
use pixelflume::pipeline::Pipeline;
use pixelflume::pipeline::engine::{EngineSource, FrameImage};
use std::fs;
use std::path::Path;

const LIMITS: Limits = Limits {
    max_pixels: 1 << 20,
    host_memory: 1 << 30,
};

/// A pipeline of these inputs that gives the first one back. Images that are five columns wide it refuses; over those that
/// are six columns wide it breaks down.
fn copy(inputs: usize) -> Pipeline {
    let copy = Custom::new("copy", inputs).unwrap();
    let copy = copy.output(|shapes| match shapes[0].width {
        5 => Err(OperatorError::Shape {
            operator: "copy",
            got: shapes[0],
            reason: "five is refused".to_owned(),
        }),
        _ => Ok(shapes[0]),
    });
    let copy = copy.host(usize::MAX, move |strip| {
        assert_ne!(strip.output_row(0).len(), 6, "six is too much");
        for y in strip.rows() {
            // Images of a set begin with the number of the set.
            let numbers = (0..inputs).map(|input| strip.input_row(input, 0)[0]);
            let numbers: Vec<_> = numbers.collect();
            assert!(numbers.iter().all(|&number| number == numbers[0]));
            let row = strip.input_row(0, y).to_vec();
            strip.output_row(y).copy_from_slice(&row);
        }
    });
    pipeline(inputs, copy)
}

/// A folder of PGM images of these widths and heights; a size of 0x0 is a damaged file.
fn inputs(folder: &Path, sizes: &[(usize, usize)]) -> Vec<FileSet> {
    let mut inputs = Vec::new();
    for (number, &(width, height)) in sizes.iter().enumerate() {
        let stem = format!("i{number:03}");
        let path = folder.join(format!("{stem}.pgm"));
        let mut file = format!("P5 {width} {height} 255\n").into_bytes();
        file.extend((0..width * height).map(|sample| (sample * 7 + number) as u8));
        fs::write(&path, file).unwrap();
        inputs.push(FileSet {
            paths: vec![path],
            stem: stem.into(),
        });
    }
    inputs
}

/// Runs these sets, and checks that each outcome without an error has its file with the pixels of the first input.
fn outcomes_of(
    inputs: &[FileSet],
    sizes: &[(usize, usize)],
    batch: usize,
    threads: usize,
) -> (Vec<Outcome>, EngineReport) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let sink = ResultWriter::new(
        &out,
        &["copy".to_owned()],
        ResultFormat::Image(Format::Png),
        EncodeOptions::default(),
    )
    .unwrap();
    sink.prepare().unwrap();
    let engines = engines(
        copy(inputs[0].paths.len()),
        &["--batch", &batch.to_string()],
    );
    let work = Work {
        engines: &engines,
        inputs,
        sink: &sink,
        progress: &Progress::new(inputs.len(), true),
        batch,
        threads,
        limits: LIMITS,
    };
    let Processed { outcomes, .. } = process(&work);
    assert_eq!(outcomes.len(), sizes.len());
    let done = outcomes.iter().zip(inputs).enumerate();
    for (number, (outcome, input)) in done.filter(|(_, (outcome, _))| outcome.error.is_none()) {
        let path = out.join(&input.stem).with_extension("png");
        assert_eq!(outcome.written[0].path, path);
        let pixels = image::open(&path).unwrap().into_luma8();
        assert_eq!(
            (pixels.width() as usize, pixels.height() as usize),
            sizes[number]
        );
        let expected = (0..pixels.len()).map(|sample| (sample * 7 + number) as u8);
        assert!(pixels.iter().copied().eq(expected), "{}", path.display());
    }
    let sums = engines.sums().engines;
    // Everything that the engines had is given back.
    assert_eq!(engines.memory().statistics().device.in_use, 0);
    assert_eq!(engines.memory().statistics().pinned.in_use, 0);
    (outcomes, sums)
}

fn outcomes(
    sizes: &[(usize, usize)],
    batch: usize,
    threads: usize,
) -> (Vec<Outcome>, EngineReport) {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), sizes);
    outcomes_of(&inputs, sizes, batch, threads)
}

fn all_done(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.error.is_none())
}

#[test]
fn equal_shapes_travel_in_full_batches() {
    let (outcomes, sums) = outcomes(&[(4, 3); 21], 8, 3);
    assert!(all_done(&outcomes));
    // Of 8, 8 and 5.
    assert_eq!((sums.made, sums.batches, sums.frames), (1, 3, 21));
}

#[test]
fn any_mixture_of_shapes_comes_to_an_end() {
    // Far more shapes than may wait, and than have an engine at one time, with every size of batch and number of threads.
    let sizes: Vec<_> = (0..60).map(|n| (7 + n % 29, 1 + n % 3)).collect();
    for (batch, threads) in [(1, 1), (1, 4), (2, 3), (8, 1), (5, 2)] {
        let (outcomes, sums) = outcomes(&sizes, batch, threads);
        assert!(all_done(&outcomes));
        assert_eq!(sums.frames, 60);
        assert!((60 / batch as u64..=60).contains(&sums.batches));
    }
}

#[test]
fn rare_shapes_do_not_break_up_the_batches_of_a_common_one() {
    // Every other image has a shape of its own: more of them than may wait.
    let size = |n: usize| if n.is_multiple_of(2) { (7, 7) } else { (1, n) };
    let sizes: Vec<_> = (0..64).map(size).collect();
    let (outcomes, sums) = outcomes(&sizes, 4, 1);
    assert!(all_done(&outcomes));
    assert_eq!(sums.batches, 32 / 4 + 32);
}

#[test]
fn a_few_shapes_in_turns_keep_their_engines() {
    let sizes: Vec<_> = (0..240).map(|n| (1 + n % 2, 2)).collect();
    let (outcomes, sums) = outcomes(&sizes, 3, 1);
    assert!(all_done(&outcomes));
    assert_eq!((sums.made, sums.batches), (2, 80));
    // So many that the budget breaks their batches up: each is made for few images, then for many.
    let sizes: Vec<_> = (0..240).map(|n| (1 + n % 4, 2)).collect();
    let (outcomes, sums) = super::tests::outcomes(&sizes, 3, 1);
    assert!(all_done(&outcomes));
    assert!((4..=8).contains(&sums.made), "{sums:?}");
}

#[test]
fn an_engine_for_few_images_gives_way_to_one_for_more() {
    // A rare shape leaves the budget with a small batch before it comes in numbers.
    let mut sizes = vec![(3, 3)];
    sizes.extend((0..16).map(|n| (7, 1 + n)));
    sizes.extend([(3, 3); 12]);
    let (outcomes, sums) = outcomes(&sizes, 4, 1);
    assert!(all_done(&outcomes));
    assert_eq!(sums.frames, 29);
}

#[test]
fn damage_and_refusal_stay_with_their_images() {
    let sizes = [(4, 4), (0, 0), (5, 5), (4, 4), (6, 6), (4, 4)];
    let (outcomes, sums) = outcomes(&sizes, 2, 2);
    let errors: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.error.as_deref())
        .collect();
    assert!(errors[1].is_some());
    assert!(errors[2].unwrap().contains("five is refused"), "{errors:?}");
    assert!(errors[4].unwrap().contains("six is too much"), "{errors:?}");
    assert_eq!([errors[0], errors[3], errors[5]], [None; 3]);
    assert_eq!(outcomes[1].shapes, []);
    assert_eq!(outcomes[2].shapes, [ImageShape::u8(5, 5, 1)]);
    assert_eq!(sums.failed, 1);
}

#[test]
fn after_an_engine_has_stopped_nothing_more_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[(3, 3); 4]);
    let sink = ResultWriter::new(
        folder.path(),
        &["copy".to_owned()],
        ResultFormat::Image(Format::Png),
        EncodeOptions::default(),
    )
    .unwrap();
    let engines = engines(copy(1), &[]);
    let work = Work {
        engines: &engines,
        inputs: &inputs,
        sink: &sink,
        progress: &Progress::new(inputs.len(), true),
        batch: 1,
        threads: 1,
        limits: LIMITS,
    };
    let (ledger, queue) = (Ledger::new(&work), Queue::default());
    let budget = Budget::new(4, 1000);
    let (computed, results) = channel::unbounded();
    let delivery = Delivery {
        ledger: &ledger,
        queue: &queue,
        computed,
    };
    let batch = |index| {
        let (shapes, permit) = (vec![ImageShape::u8(3, 3, 1)], budget.admit(9, || ()));
        vec![Pending {
            index,
            shapes,
            permit,
        }]
    };
    // A failure, and an error that stands for a lost device.
    let engine = engines.make(&[ImageShape::u8(3, 3, 1)], 1, false).unwrap();
    let failure = || {
        let mut batch = engine.begin_batch().unwrap();
        batch.frame_mut(0, 0).unwrap();
        batch.fail("as it was told").unwrap();
        engine.next()
    };
    let lost = copy(1).infer(&[ImageShape::u8(5, 5, 1)]).unwrap_err();
    delivery.deliver(batch(0), failure(), None);
    assert_eq!(queue.next(4), Some(0));
    delivery.deliver(batch(1), failure(), Some(&lost));
    assert!(ledger.is_terminated());
    assert_eq!(queue.next(4), None);
    delivery.give_up("another reason");
    drop(delivery);
    assert!(results.recv().is_err());
    let outcomes = ledger.close();
    let error = |n: usize| outcomes[n].error.as_deref().unwrap();
    assert_eq!(error(0), "as it was told");
    for number in 1..4 {
        let expected = "not processed: ";
        assert!(error(number).starts_with(expected), "{outcomes:?}");
        assert!(error(number).contains("five is refused"), "{outcomes:?}");
    }
}

#[test]
fn sets_of_images_stay_together_and_are_batched_by_all_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = [(4, 3); 5];
    let mut sets = inputs(folder.path(), &sizes);
    let right = tempfile::tempdir().unwrap();
    let rights = inputs(right.path(), &[(2, 2), (7, 7), (2, 2), (0, 0), (2, 2)]);
    for (set, right) in sets.iter_mut().zip(rights) {
        set.paths.extend(right.paths);
    }
    let (outcomes, sums) = outcomes_of(&sets, &sizes, 3, 4);
    // A batch of three, and one of one.
    assert_eq!((sums.batches, sums.frames), (2, 4));
    let shapes = |n: usize| outcomes[n].shapes.clone();
    assert_eq!(
        shapes(1),
        [ImageShape::u8(4, 3, 1), ImageShape::u8(7, 7, 1)]
    );
    assert_eq!(shapes(3), []);
    let error = outcomes[3].error.as_deref().unwrap();
    assert!(
        error.contains(&sets[3].paths[1].display().to_string()),
        "{error}"
    );
    let done = outcomes.iter().filter(|outcome| outcome.error.is_none());
    assert_eq!(done.count(), 4);
}

#[test]
fn sets_are_divided_into_batches_anew() {
    let engines = engines(copy(1), &["--batch", "2"]);
    let budget = Budget::new(100, 1 << 20);
    let set = |(index, width): (usize, u32)| Decoded {
        index,
        images: vec![Pixels::Ready(FrameImage::Image(
            Image::from_fn(width, 2, 1, |x, _, _| x as u8).unwrap(),
        ))],
        permit: budget.admit(1, || ()),
    };
    let sets = [3, 4, 3, 3, 4, 7].into_iter().enumerate().map(set);
    let batches = Groups::of_sets(&engines, sets.collect());
    let numbers = |batch: &Vec<Decoded<'_>>| batch.iter().map(|set| set.index).collect::<Vec<_>>();
    let batches: Vec<_> = batches.iter().map(numbers).collect();
    assert_eq!(batches, [vec![0, 2], vec![1, 4], vec![3], vec![5]]);
}
