//! The flow with a stand-in for the runner, which shows what comes in batches and in which amounts.

use super::*;
use crate::args::ImageFormat;
use std::fs;
use std::path::Path;

/// A folder of PGM images of these widths and heights; a size of 0x0 is a damaged file.
fn inputs(folder: &Path, sizes: &[(usize, usize)]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (number, &(width, height)) in sizes.iter().enumerate() {
        let stem = format!("i{number:03}");
        let path = folder.join(format!("{stem}.pgm"));
        let mut file = format!("P5 {width} {height} 255\n").into_bytes();
        file.extend((0..width * height).map(|sample| (sample * 7 + number) as u8));
        fs::write(&path, file).unwrap();
        inputs.push(Input {
            paths: vec![path],
            stem: stem.into(),
        });
    }
    inputs
}

/// Runs `sizes` through `run`, and checks that each outcome without an error has its file with the input's pixels.
fn outcomes(
    sizes: &[(usize, usize)],
    batch: usize,
    threads: usize,
    mut run: impl FnMut(&[&Image]) -> Result<Vec<Frame>, BatchError>,
) -> Vec<Outcome> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let inputs = inputs(folder.path(), sizes);
    let sink = Sink::new(&out, &["copy".to_owned()], ImageFormat::Png).unwrap();
    sink.prepare().unwrap();
    let work = Work {
        inputs: &inputs,
        sink: &sink,
        progress: &Progress::new(inputs.len(), true),
        batch,
        threads,
        max_pixels: 1 << 20,
    };
    let outcomes = process(&work, |inputs| {
        assert_eq!(inputs.len(), 1);
        run(inputs[0])
    });
    assert_eq!(outcomes.len(), sizes.len());
    let done = outcomes.iter().zip(&inputs).enumerate();
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
    outcomes
}

fn copy(images: &[&Image]) -> Result<Vec<Frame>, BatchError> {
    Ok(images
        .iter()
        .map(|&image| vec![Ok(image.clone())])
        .collect())
}

#[test]
fn equal_shapes_travel_in_full_batches() {
    let mut batches = Vec::new();
    let outcomes = outcomes(&[(4, 3); 21], 8, 3, |images| {
        batches.push(images.len());
        copy(images)
    });
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()));
    assert_eq!(batches, [8, 8, 5]);
}

#[test]
fn any_mixture_of_shapes_comes_to_an_end() {
    // Far more shapes than may wait, with every size of batch and number of threads.
    let sizes: Vec<_> = (0..60).map(|n| (1 + n % 29, 1 + n % 3)).collect();
    for (batch, threads) in [(1, 1), (1, 4), (2, 3), (8, 1), (5, 2)] {
        let outcomes = outcomes(&sizes, batch, threads, |images| {
            assert!((1..=batch).contains(&images.len()));
            assert!(
                images
                    .iter()
                    .all(|image| image.shape() == images[0].shape())
            );
            copy(images)
        });
        assert!(outcomes.iter().all(|outcome| outcome.error.is_none()));
    }
}

#[test]
fn rare_shapes_do_not_break_up_the_batches_of_a_common_one() {
    // Every other image has a shape of its own: more of them than may wait.
    let size = |n: usize| if n.is_multiple_of(2) { (7, 7) } else { (1, n) };
    let sizes: Vec<_> = (0..64).map(size).collect();
    let mut batches = Vec::new();
    let outcomes = outcomes(&sizes, 4, 1, |images| {
        if images[0].shape().width == 7 {
            batches.push(images.len());
        }
        copy(images)
    });
    assert!(outcomes.iter().all(|outcome| outcome.error.is_none()));
    assert_eq!(batches, [4; 8]);
}

#[test]
fn damage_and_refusal_stay_with_their_images() {
    let sizes = [(4, 4), (0, 0), (5, 5), (4, 4), (6, 6)];
    let outcomes = outcomes(&sizes, 2, 2, |images| match images[0].shape().width {
        5 => Err(BatchError {
            text: "five is refused".to_owned(),
            fatal: false,
        }),
        6 => Ok(vec![vec![Err("no result".to_owned())]]),
        _ => copy(images),
    });
    let errors: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.error.as_deref())
        .collect();
    assert!(errors[1].is_some());
    assert_eq!(
        [errors[0], errors[2], errors[3], errors[4]],
        [None, Some("five is refused"), None, Some("no result")]
    );
    assert_eq!(outcomes[1].shapes, []);
    assert_eq!(outcomes[2].shapes, [ImageShape::u8(5, 5, 1)]);
}

#[test]
fn after_a_fatal_error_nothing_more_is_run() {
    let mut runs = 0;
    let outcomes = outcomes(&[(3, 3); 40], 1, 2, |images| {
        runs += 1;
        if runs == 3 {
            return Err(BatchError {
                text: "the device is lost".to_owned(),
                fatal: true,
            });
        }
        assert!(runs < 3, "a batch was run on a lost device");
        copy(images)
    });
    let failed = |outcome: &&Outcome| {
        let error = outcome.error.as_deref();
        error == Some("not processed: the device is lost")
    };
    assert_eq!(outcomes.iter().filter(failed).count(), 38);
}

#[test]
fn sets_of_images_stay_together_and_are_batched_by_all_their_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let lefts = inputs(folder.path(), &[(4, 3), (4, 3), (4, 3), (4, 3), (4, 3)]);
    let right = tempfile::tempdir().unwrap();
    let rights = inputs(right.path(), &[(2, 2), (5, 5), (2, 2), (0, 0), (2, 2)]);
    let mut sets = lefts;
    for (set, right) in sets.iter_mut().zip(rights) {
        set.paths.extend(right.paths);
    }
    let out = folder.path().join("out");
    let sink = Sink::new(&out, &["copy".to_owned()], ImageFormat::Png).unwrap();
    sink.prepare().unwrap();
    let work = Work {
        inputs: &sets,
        sink: &sink,
        progress: &Progress::new(sets.len(), true),
        batch: 3,
        threads: 4,
        max_pixels: 1 << 20,
    };
    let mut batches = Vec::new();
    let outcomes = process(&work, |inputs| {
        batches.push(inputs[1].len());
        for (left, right) in inputs[0].iter().zip(inputs[1]) {
            // Each image begins with its number.
            assert_eq!(left.data()[0], right.data()[0]);
        }
        copy(inputs[1])
    });
    batches.sort();
    assert_eq!(batches, [1, 3]);
    let shapes = |n: usize| outcomes[n].shapes.clone();
    assert_eq!(
        shapes(1),
        [ImageShape::u8(4, 3, 1), ImageShape::u8(5, 5, 1)]
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
