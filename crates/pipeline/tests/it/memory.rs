//! Memory that runs out, at every point where it can; and memory that is shared, only where that is proven.

use crate::random::{self, Random};
use crate::runner::{HOST, fork_join};
use crate::support::{Scratch, noise};
use pixelflume_graph::NodeId;
use pixelflume_memory::testing::{Call, TestSource};
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryError, MemoryManager};
use pixelflume_ops::{Color, ColorConversion, Sobel};
use pixelflume_pipeline::{
    ArenaPlan, ExecutionConfig, Image, MemoryOwner, Pipeline, PipelineBuilder, PipelineError,
    Runner, Source,
};
use pixelflume_scheduler::{ExecutionMode, Schedule};
use proptest::prelude::*;

/// gray -> scratch -> edges: with an arena, scratch memory, and staging for one input and one output.
fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("scratch");
    let input = builder.input("input").unwrap();
    let gray = builder
        .then(input, "gray", Color::new(ColorConversion::RgbToGray))
        .unwrap();
    let scratch = builder.then(gray, "scratch", Scratch).unwrap();
    builder.then(scratch, "edges", Sobel::magnitude()).unwrap();
    builder.build().unwrap()
}

#[test]
fn no_memory_at_any_allocation_is_a_clean_error_that_names_the_node() {
    let frames = [noise(40, 30, 3, 1), noise(40, 30, 3, 2)];
    let frames: Vec<&Image> = frames.iter().collect();
    let mut plain = Runner::new(pipeline(), &HOST, ExecutionConfig::default()).unwrap();
    let expected = plain.run(&frames).unwrap();
    for mode in AllocatorMode::ALL {
        let config = ExecutionConfig::default().with_execution(ExecutionMode::Replay);
        let new = || {
            let source = TestSource::of(&HOST);
            let settings = MemoryConfig::default().with_mode(mode);
            let memory = MemoryManager::with_source(&HOST, settings, source.clone());
            let runner = Runner::with_memory(pipeline(), &memory, config.clone()).unwrap();
            (source, memory, runner)
        };
        let device_call = match mode {
            AllocatorMode::Pooled => Call::Allocate,
            AllocatorMode::StreamOrdered => Call::AllocateOrdered,
        };
        let (source, _, mut runner) = new();
        runner.run(&frames).unwrap();
        let allocations = source.calls(device_call) + source.calls(Call::AllocatePinned);
        assert_eq!(source.calls(device_call), 2, "arena and scratch memory");
        assert_eq!(source.calls(Call::AllocatePinned), 2, "input and output");
        drop(runner);

        let mut named = Vec::new();
        for n in 1..=allocations {
            for always in [false, true] {
                let (source, memory, mut runner) = new();
                match always {
                    true => source.fail_from(n, None),
                    false => source.fail_nth(n, None),
                }
                match runner.run(&frames) {
                    // One failure is made good by another try, and pinned memory by pageable memory.
                    Ok(outputs) => assert!(outputs.is_success()),
                    Err(PipelineError::Memory { owner, source, .. }) => {
                        assert!(always);
                        assert!(matches!(source, MemoryError::NotNow { .. }), "{source}");
                        named.push(*owner);
                    }
                    Err(other) => panic!("{other}"),
                }
                source.fail_from(0, None);
                for _ in 0..4 {
                    let outputs = runner.run(&frames).unwrap();
                    let edges = outputs.images("edges").unwrap();
                    assert_eq!(edges, expected.images("edges").unwrap());
                }
                drop(runner);
                assert_eq!(memory.shutdown().unwrap(), []);
                assert_eq!(source.live(), (0, 0));
            }
        }
        // The largest images of the arena are those of the input.
        let expected = [
            MemoryOwner::Input("input".to_owned()),
            MemoryOwner::Node("scratch".to_owned()),
        ];
        assert_eq!(named, expected);
    }
}

#[test]
fn memory_that_runs_out_for_another_shape_leaves_the_runner_usable() {
    let source = TestSource::of(&HOST);
    let memory = MemoryManager::with_source(&HOST, MemoryConfig::default(), source.clone());
    let mut runner = Runner::with_memory(fork_join(), &memory, ExecutionConfig::default()).unwrap();
    let (small, large) = (noise(10, 10, 3, 0), noise(300, 200, 3, 0));
    let before = runner.run(&[&small]).unwrap();
    source.fail_always(true);
    let error = runner.run(&[&large]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("input \"input\": no memory for batches of 1 image(s) of 300x200x3 u8 ("),
        "{text}"
    );
    source.fail_always(false);
    let after = runner.run(&[&small]).unwrap();
    assert_eq!(
        before.images("edges").unwrap(),
        after.images("edges").unwrap()
    );
    assert!(runner.run(&[&large]).unwrap().is_success());
    drop(runner);
    assert_eq!(memory.shutdown().unwrap(), []);
}

/// Whether every use of the images of `a` is over when those of `b` are written, by the schedule alone.
fn is_over(pipeline: &Pipeline, schedule: &Schedule, a: Source, b: Source) -> bool {
    let Source::Node(writer) = b else {
        return false;
    };
    let is_output = matches!(a, Source::Node(node) if pipeline.output_nodes().contains(&node));
    let mut uses: Vec<usize> = (0..pipeline.nodes().len())
        .filter(|&node| pipeline.nodes()[node].sources().contains(&a))
        .collect();
    if let Source::Node(node) = a {
        uses.push(node);
    }
    let before = |used: usize| {
        let (used, writer) = (NodeId::from_index(used), NodeId::from_index(writer));
        schedule.happens_before(used, writer)
    };
    !is_output && uses.into_iter().all(before)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_images_never_overlap(seed in any::<u64>(), nodes in 1usize..60, streams in 1usize..9, batch in 1u32..9) {
        let mut random = Random::new(seed);
        let (pipeline, inputs) = random::pipeline(nodes, &mut random);
        let shapes = pipeline.infer(&inputs).unwrap();
        let schedule = Schedule::new(pipeline.tasks(), streams).unwrap();
        let arena = ArenaPlan::new(&pipeline, &shapes, &schedule, batch).unwrap();
        let sources: Vec<Source> = arena.sources().collect();
        prop_assert_eq!(sources.len(), inputs.len() + pipeline.nodes().len());
        for &a in &sources {
            let range = arena.of(a);
            prop_assert_eq!(range.bytes, shapes.of(a).bytes() * batch as usize);
            prop_assert!(range.offset.is_multiple_of(512));
            prop_assert!(range.offset + range.bytes <= arena.bytes());
            for other in arena.sharing(a) {
                prop_assert!(
                    is_over(&pipeline, &schedule, a, other) || is_over(&pipeline, &schedule, other, a),
                    "{:?} and {:?} share memory:\n{}\n{}", a, other, arena, schedule
                );
            }
            let sharing: Vec<Source> = sources.iter().copied()
                .filter(|&other| other != a && arena.of(other).overlaps(&range))
                .collect();
            prop_assert_eq!(arena.sharing(a).collect::<Vec<_>>(), sharing);
        }
        prop_assert!(arena.bytes() <= arena.bytes_unshared());
    }
}

#[test]
fn a_chain_takes_two_buffers_in_turns() {
    let mut builder = PipelineBuilder::new("chain");
    let mut port = builder.input("input").unwrap();
    for index in 0..10 {
        let name = format!("n{index}");
        port = builder.then(port, &name, Sobel::magnitude()).unwrap();
    }
    let pipeline = builder.build().unwrap();
    let shape = pixelflume_ops::ImageShape::u8(64, 64, 1);
    let shapes = pipeline.infer(&[shape]).unwrap();
    let schedule = Schedule::new(pipeline.tasks(), 4).unwrap();
    let arena = ArenaPlan::new(&pipeline, &shapes, &schedule, 1).unwrap();
    assert_eq!(
        (arena.bytes(), arena.bytes_unshared()),
        (2 * 4096, 11 * 4096)
    );
    let text = arena.to_string();
    let first = "arena of 8192 bytes; 45056 without sharing\n           0         4096  input, in turns with n1, n3";
    assert!(text.starts_with(first), "{text}");
}
