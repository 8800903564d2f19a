//! The check `pipelines`: the example pipelines on CUDA against the host, over random shapes and batches.

use crate::check::Context;
use crate::mismatch::{Case, equal_image};
use anyhow::{Context as _, bail, ensure};
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::testing::Random;
use pixelflume::prelude::*;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let mut files: Vec<_> = std::fs::read_dir(&context.pipelines)
        .with_context(|| {
            format!(
                "no folder {} (see --pipelines)",
                context.pipelines.display()
            )
        })?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    ensure!(
        files.len() >= 2,
        "{} holds {} pipelines",
        context.pipelines.display(),
        files.len()
    );
    let (mut images, mut bytes, mut replayed) = (0, 0, 0);
    for file in &files {
        let pipeline = Pipeline::from_file(file)?;
        for round in context.cases(6, 80) {
            let mut random = Random::new(context.seed.wrapping_mul(7919).wrapping_add(round));
            let config = ExecutionConfig::default()
                .with_streams(random.within(1, 4) as usize)
                .with_max_batch(random.within(1, 9))
                .with_allocator(random.pick(&AllocatorMode::ALL))
                .with_execution(random.pick(&[ExecutionMode::Direct, ExecutionMode::Replay]));
            // The oracle is the host: direct execution without fusion.
            let oracle = config.clone().with_execution(ExecutionMode::Direct);
            let mut host = Runner::new(pipeline.with_fusion(false), &context.host, oracle)?;
            let mut cuda = Runner::new(pipeline.clone(), &context.cuda, config.clone())?;
            // Two shapes alternate, so that plans are built, found again, and bound to other batch sizes; then one shape runs
            // often enough to be captured and replayed.
            let shapes = [0; 2].map(|_| ImageShape::u8(random.side(), random.side(), 3));
            let counts = [0; 2].map(|_| random.within(1, 9));
            for (turn, which) in [0, 1, 0, 0, 0, 0, 1, 0].into_iter().enumerate() {
                let shape = shapes[which];
                let frames: Vec<Image> = (0..counts[which])
                    .map(|_| Image::new(shape, random.bytes(shape.bytes())))
                    .collect::<Result<_, _>>()?;
                let frames: Vec<&Image> = frames.iter().collect();
                let failed = || Case {
                    number: round,
                    what: format!(
                        "{} round {round} (seed {}), turn {turn}, {} x {shape}, {config:?}",
                        file.display(),
                        context.seed,
                        frames.len()
                    ),
                };
                let expected = host.run(&frames).with_context(failed)?;
                let got = cuda.run(&frames).with_context(failed)?;
                images += frames.len();
                bytes += compare(&expected, &got).with_context(failed)?;
            }
            replayed += cuda.replay_statistics().replayed;
        }
    }
    ensure!(
        replayed > 0 || context.case.is_some(),
        "nothing was replayed"
    );
    let count = files.len();
    Ok(format!(
        "{count} example pipelines equal over {images} random images, direct and replayed ({replayed} replays), both \
         allocators, {bytes} bytes compared"
    ))
}

/// Compares all outputs of two runs; returns the number of bytes.
pub(crate) fn compare(expected: &BatchOutputs, got: &BatchOutputs) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
        let (expected, got) = match (expected, got) {
            (Ok(expected), Ok(got)) => (expected, got),
            (Err(failure), _) | (_, Err(failure)) => bail!("output {name}: {failure}"),
        };
        ensure!(
            expected.len() == got.len(),
            "output {name}: not as many images"
        );
        for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
            ensure!(
                expected.shape() == got.shape(),
                "output {name}: another shape"
            );
            equal_image(
                &format!("output {name}, image {index}"),
                expected.shape(),
                expected.data(),
                got.data(),
            )?;
            bytes += got.data().len();
        }
    }
    Ok(bytes)
}
