//! Out of memory at every allocation of a pipeline's compilation and run, in turn.

use super::{all_given_back, frame};
use crate::check::Context;
use crate::mismatch::equal;
use anyhow::{Context as _, bail, ensure};
use pixelflume::memory::{AllocatorMode, MemoryConfig, MemoryError, MemoryManager};
use pixelflume::prelude::*;
use pixelflume_cuda_driver::testing::{Fault, Faults, When};
use pixelflume_cuda_driver::{CuResult, Function};
use pixelflume_memory::testing::{Call, TestSource};

/// The driver functions that allocate, the mode that uses each, and the corresponding call of a memory source.
const ALLOCATIONS: [(Function, AllocatorMode, Call); 3] = [
    (
        Function::cuMemAlloc_v2,
        AllocatorMode::Pooled,
        Call::Allocate,
    ),
    (
        Function::cuMemAllocFromPoolAsync,
        AllocatorMode::StreamOrdered,
        Call::AllocateOrdered,
    ),
    (
        Function::cuMemHostAlloc,
        AllocatorMode::Pooled,
        Call::AllocatePinned,
    ),
];

const NO_MEMORY: Fault = Fault::Refused(CuResult::OUT_OF_MEMORY);

/// One frame through the example pipeline, which is compiled again for each run.
struct Job {
    device: Device,
    faults: &'static Faults,
    pipeline: Pipeline,
    frame: Image,
    expected: Vec<u8>,
}

pub(super) fn run(context: &Context) -> anyhow::Result<String> {
    let (device, faults) = crate::faulty::open(context.device)?;
    let mut job = Job {
        device,
        faults,
        pipeline: Pipeline::from_file(context.pipelines.join("edges.toml"))?,
        frame: frame(context)?,
        expected: Vec::new(),
    };
    let memory = MemoryManager::new(&job.device, MemoryConfig::default());
    job.expected = job.run(&memory)?;
    let mut places = 0;
    for (function, mode, call) in ALLOCATIONS {
        let named = || format!("{} made to fail", function.name());
        places += job.each_place(function, mode, call).with_context(named)?;
        job.always(function, mode, call).with_context(named)?;
    }
    Ok(format!(
        "no memory at {places} places of a pipeline: made good once, a clean error or pageable memory for good, and the \
         next run is right"
    ))
}

impl Job {
    fn run(&self, memory: &MemoryManager) -> Result<Vec<u8>, PipelineError> {
        let config = ExecutionConfig::default();
        let mut runner = Runner::with_memory(self.pipeline.clone(), memory, config)?;
        let outputs = runner.run(&[&self.frame])?;
        let data = outputs.outputs().map(|(_, images)| match images {
            Ok(images) => images[0].data().to_vec(),
            // No node of this pipeline fails; an empty image stands for no result.
            Err(_) => Vec::new(),
        });
        Ok(data.flatten().collect())
    }

    /// Runs, and checks that the pixels are those of a run without faults and that all memory is returned.
    fn check(&self, memory: &MemoryManager) -> anyhow::Result<()> {
        equal("the output", &self.expected, &self.run(memory)?)
    }

    fn manager(&self, mode: AllocatorMode) -> MemoryManager {
        MemoryManager::new(&self.device, MemoryConfig::default().with_mode(mode))
    }

    /// Makes the driver fail once at each allocation, then from each allocation on. Returns the number of allocations.
    fn each_place(
        &self,
        function: Function,
        mode: AllocatorMode,
        call: Call,
    ) -> anyhow::Result<u64> {
        let count = self.faults.fail(function, When::Nth(0), NO_MEMORY)?;
        self.check(&self.manager(mode))?;
        let places = count.calls();
        drop(count);
        ensure!(places > 0, "never called");
        for n in 1..=places {
            let memory = self.manager(mode);
            let fault = self.faults.fail(function, When::Nth(n), NO_MEMORY)?;
            self.check(&memory)
                .with_context(|| format!("call {n} of {places}, once"))?;
            ensure!(fault.failed() == 1, "call {n} was not made");
            drop(fault);
            all_given_back(&memory)?;

            let source = TestSource::of(&self.device);
            let config = MemoryConfig::default().with_mode(mode);
            let memory = MemoryManager::with_source(&self.device, config, source.clone());
            source.fail_from(n, Some(call));
            self.refused(&memory, call)
                .with_context(|| format!("from call {n} of {places} on"))?;
            source.fail_from(0, None);
            self.check(&memory).context("the next run")?;
            all_given_back(&memory)?;
            ensure!(source.live() == (0, 0), "{source:?}");
        }
        Ok(places)
    }

    /// Makes the driver refuse every allocation.
    fn always(&self, function: Function, mode: AllocatorMode, call: Call) -> anyhow::Result<()> {
        let memory = self.manager(mode);
        let fault = self.faults.fail(function, When::Always, NO_MEMORY)?;
        self.refused(&memory, call).context("always")?;
        drop(fault);
        self.check(&memory).context("the next run")?;
        all_given_back(&memory)
    }

    /// Without device memory there is an error that tells the purpose; without page-locked memory, pageable memory is used.
    fn refused(&self, memory: &MemoryManager, call: Call) -> anyhow::Result<()> {
        if call == Call::AllocatePinned {
            self.check(memory)?;
            let pageable = memory.statistics().pinned.pageable;
            ensure!(pageable > 0, "the statistics tell of no pageable memory");
            return Ok(());
        }
        let Err(error) = self.run(memory) else {
            bail!("a run without memory succeeded");
        };
        let text = error.to_string();
        let PipelineError::Memory { owner, source, .. } = error else {
            bail!("another error: {text}");
        };
        let owner = owner.to_string();
        ensure!(
            !owner.is_empty() && text.contains(&owner),
            "the error does not tell the purpose: {text}"
        );
        ensure!(
            matches!(source, MemoryError::NotNow { asked, .. } if asked > 0),
            "not the error for it: {source:?}"
        );
        Ok(())
    }
}
