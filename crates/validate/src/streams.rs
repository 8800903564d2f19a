//! Several threads with a pipeline each on one GPU, at the same time.

use crate::compare::equal;
use crate::random::Random;
use crate::stage::Context;
use anyhow::{Context as _, anyhow};
use pixelflume::prelude::*;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let pipeline = Pipeline::from_file(context.pipelines.join("fork_join.toml"))?;
    let (threads, rounds) = if context.quick { (3, 5) } else { (8, 60) };
    let work = |thread: u64| -> anyhow::Result<()> {
        let mut random = Random::new(context.seed.wrapping_add(thread));
        let shape = ImageShape::u8(random.within(20, 300), random.within(20, 300), 3);
        let frame = Image::new(shape, random.bytes(shape.bytes()))?;
        let config = RunnerConfig::default().with_streams(4);
        let expected =
            Runner::new(pipeline.clone(), &context.host, config.clone())?.run(&[&frame])?;
        let mut cuda = Runner::new(pipeline.clone(), &context.cuda, config)?;
        for round in 0..rounds {
            let got = cuda.run(&[&frame])?;
            for ((name, expected), (_, got)) in expected.outputs().zip(got.outputs()) {
                let what = format!("thread {thread}, round {round}, output {name}");
                let (expected, got) = (
                    expected.map_err(|e| anyhow!("{e}"))?,
                    got.map_err(|e| anyhow!("{e}"))?,
                );
                equal(&what, expected[0].data(), got[0].data())?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        for handle in handles {
            handle
                .join()
                .map_err(|_| anyhow!("a thread panicked"))?
                .context("concurrent pipelines")?;
        }
        Ok(format!(
            "{threads} threads, {rounds} executions each, all equal"
        ))
    })
}
