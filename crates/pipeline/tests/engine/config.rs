//! Where settings come from, and which are refused.

use crate::support::Gate;
use pixelflume_memory::AllocatorMode;
use pixelflume_pipeline::engine::{EffectiveConfig, EngineConfig, Origin, Ring};
use pixelflume_scheduler::ExecutionMode;
use std::time::Duration;

#[test]
fn builder_over_environment_over_default() {
    let default = EngineConfig::new().effective_in(|_| None).unwrap();
    let expected = "engine: PIXELFLUME_IN_FLIGHT=3 (default) PIXELFLUME_MAX_BATCH=8 (default) PIXELFLUME_STREAMS=4 (default) PIXELFLUME_ALLOCATOR=pooled (default) \
         PIXELFLUME_MEMORY_LIMIT=18446744073709551615 (default no limit) PIXELFLUME_EXECUTION=replay (default) PIXELFLUME_REPLAY_KEYS=16 (default) \
         PIXELFLUME_STALL_TIMEOUT_MS=10000 (default) PIXELFLUME_MIXED_BYTES=67108864 (default) PIXELFLUME_TENSOR_BYTES=536870912 (default)";
    assert_eq!(default.to_string(), expected);
    let sizes = EngineConfig::new().effective_rings_in(|_| None, &default, 1000);
    let expected = "rings: PIXELFLUME_TASK_WINDOW=4 (default tasks at once) PIXELFLUME_CONSUMED_WINDOW=16 (default results and tasks) \
         PIXELFLUME_EDGE_POOL=2 (default no dependencies) \
         PIXELFLUME_ARENA=6144 (default one result for each slot) PIXELFLUME_ARENA_EXPORTED=6144 (default arena) \
         PIXELFLUME_EXPORT_SLOTS=6 (default 2 x in flight) stall_timeout=10s ";
    let text = sizes.unwrap().to_string();
    assert!(text.starts_with(expected), "{text}");

    let environment = |name: &str| {
        let value = match name {
            "PIXELFLUME_IN_FLIGHT" => " 5 ",
            "PIXELFLUME_ARENA" => "9KiB",
            "PIXELFLUME_ARENA_EXPORTED" => "8KiB",
            "PIXELFLUME_EXPORT_SLOTS" => "7",
            "PIXELFLUME_MAX_BATCH" => "2",
            "PIXELFLUME_STREAMS" => "1",
            "PIXELFLUME_ALLOCATOR" => "stream-ordered",
            "PIXELFLUME_MEMORY_LIMIT" => "1kB",
            "PIXELFLUME_EXECUTION" => "direct",
            "PIXELFLUME_REPLAY_KEYS" => "3",
            "PIXELFLUME_STALL_TIMEOUT_MS" => "20",
            "PIXELFLUME_MIXED_BYTES" => "1MiB",
            "PIXELFLUME_TENSOR_BYTES" => "3MiB",
            _ => panic!("nobody asked for {name}"),
        };
        Some(value.to_owned())
    };
    let set = EngineConfig::new().effective_in(environment).unwrap();
    let values = [set.in_flight.value, set.streams.value];
    assert_eq!(values, [5, 1]);
    let sizes = EngineConfig::new()
        .effective_rings_in(environment, &set, 1000)
        .unwrap()
        .settings();
    let set_here = &sizes[3..];
    assert!(
        set_here
            .iter()
            .all(|size| size.origin == Origin::Environment)
    );
    let sizes = sizes.map(|size| size.value);
    assert_eq!(sizes, [8, 16, 2, 9 << 10, 8 << 10, 7]);
    assert_eq!((set.max_batch.value, set.memory_limit.value), (2, 1000));
    assert_eq!(set.allocator.value, AllocatorMode::StreamOrdered);
    assert_eq!(set.execution.value, ExecutionMode::Direct);
    assert_eq!(set.replay_keys.value, 3);
    assert_eq!(set.stall_timeout(), Duration::from_millis(20));
    assert_eq!(set.mixed_bytes.value, 1 << 20);
    assert_eq!(set.tensor_bytes.value, 3 << 20);
    assert!(
        set.settings()
            .iter()
            .all(|setting| setting.to_string().ends_with(" (environment)"))
    );

    let built = EngineConfig::new()
        .in_flight(1)
        .output_buffers(1)
        .arena(16 << 10)
        .max_batch(3)
        .streams(2)
        .allocator(AllocatorMode::Pooled)
        .memory_limit(9)
        .execution(ExecutionMode::Replay)
        .replay_keys(1024)
        .stall_timeout(Duration::from_secs(1))
        .mixed_bytes(256)
        .tensor_bytes(256);
    let asked = built;
    let built = asked.effective_in(environment).unwrap();
    assert!(
        built
            .settings()
            .iter()
            .all(|setting| setting.to_string().ends_with(" (builder)"))
    );
    assert_eq!(built.in_flight.origin, Origin::Builder);
    assert_eq!(built.stall_timeout_ms.value, 1000);
    let rings = asked.effective_rings_in(environment, &built, 1000).unwrap();
    let sizes = rings.settings().map(|size| (size.value, size.origin));
    assert_eq!(
        (sizes[3], sizes[5]),
        ((16 << 10, Origin::Builder), (1, Origin::Builder))
    );
    assert_eq!(rings.stall_timeout, Duration::from_secs(1));
}

#[test]
fn bad_values_are_refused_by_name() {
    let none = |_: &str| None;
    for (config, name) in [
        (EngineConfig::new().in_flight(0), "PIXELFLUME_IN_FLIGHT"),
        (EngineConfig::new().in_flight(65), "PIXELFLUME_IN_FLIGHT"),
        (
            EngineConfig::new().output_buffers(0),
            "PIXELFLUME_EXPORT_SLOTS",
        ),
        (EngineConfig::new().arena(100), "PIXELFLUME_ARENA"),
        (EngineConfig::new().max_batch(0), "PIXELFLUME_MAX_BATCH"),
        (EngineConfig::new().replay_keys(0), "PIXELFLUME_REPLAY_KEYS"),
        (
            EngineConfig::new().replay_keys(1025),
            "PIXELFLUME_REPLAY_KEYS",
        ),
        (
            EngineConfig::new().max_batch(65_536),
            "PIXELFLUME_MAX_BATCH",
        ),
        (EngineConfig::new().streams(33), "PIXELFLUME_STREAMS"),
        (
            EngineConfig::new().memory_limit(0),
            "PIXELFLUME_MEMORY_LIMIT",
        ),
        (
            EngineConfig::new().mixed_bytes(255),
            "PIXELFLUME_MIXED_BYTES",
        ),
        (
            EngineConfig::new().tensor_bytes(255),
            "PIXELFLUME_TENSOR_BYTES",
        ),
        (
            EngineConfig::new().stall_timeout(Duration::ZERO),
            "PIXELFLUME_STALL_TIMEOUT_MS",
        ),
    ] {
        let sizes = |effective: EffectiveConfig| config.effective_rings_in(none, &effective, 1000);
        let error = config
            .effective_in(none)
            .and_then(sizes)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(&format!("{name} is ")), "{error}");
        assert!(error.contains("(builder): it must be "), "{error}");
    }
    for (name, value) in [
        ("PIXELFLUME_IN_FLIGHT", "three"),
        ("PIXELFLUME_MAX_BATCH", "-1"),
        ("PIXELFLUME_MAX_BATCH", "8KiB"),
        ("PIXELFLUME_MEMORY_LIMIT", "1 lump"),
        ("PIXELFLUME_ALLOCATOR", "heap"),
        ("PIXELFLUME_EXECUTION", "fast"),
    ] {
        let environment = |asked: &str| (asked == name).then(|| value.to_owned());
        let error = EngineConfig::new()
            .effective_in(environment)
            .unwrap_err()
            .to_string();
        let start = format!("{name}={value:?} cannot be used: write ");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn an_engine_says_what_it_has() {
    let engine = Gate::default().engine(EngineConfig::new().in_flight(2).max_batch(4));
    let statistics = engine.statistics();
    // 2 lanes with an input each of 4 frames of 8 bytes, and 4 results at multiples of 256 bytes.
    assert_eq!(statistics.pinned_bytes, 2 * 4 * 8 + 4 * 256);
    let rings = engine.ring_statistics();
    assert_eq!(rings.config.export_slots.value, 4);
    assert_eq!(rings.ring(Ring::Exported).capacity, 4 * 256);
    assert!(statistics.device_bytes >= 2 * 2 * 4 * 8, "{statistics:?}");
}
