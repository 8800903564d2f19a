//! Where settings come from, and which are refused.

use crate::support::Gate;
use pixelflume_memory::AllocatorMode;
use pixelflume_pipeline::engine::{EngineConfig, Origin};
use pixelflume_scheduler::ExecutionMode;
use std::time::Duration;

#[test]
fn builder_over_environment_over_default() {
    let default = EngineConfig::new().effective_in(|_| None).unwrap();
    let expected = "engine: PIXELFLUME_IN_FLIGHT=3 (default) PIXELFLUME_OUTPUT_BUFFERS=6 (default 2 x in flight) \
         PIXELFLUME_MAX_BATCH=8 (default) PIXELFLUME_STREAMS=4 (default) PIXELFLUME_ALLOCATOR=pooled (default) \
         PIXELFLUME_MEMORY_LIMIT=18446744073709551615 (default no limit) PIXELFLUME_EXECUTION=replay (default) \
         PIXELFLUME_STALL_TIMEOUT_MS=10000 (default)";
    assert_eq!(default.to_string(), expected);

    let environment = |name: &str| {
        let value = match name {
            "PIXELFLUME_IN_FLIGHT" => " 5 ",
            "PIXELFLUME_OUTPUT_BUFFERS" => "7",
            "PIXELFLUME_MAX_BATCH" => "2",
            "PIXELFLUME_STREAMS" => "1",
            "PIXELFLUME_ALLOCATOR" => "stream-ordered",
            "PIXELFLUME_MEMORY_LIMIT" => "1000",
            "PIXELFLUME_EXECUTION" => "direct",
            "PIXELFLUME_STALL_TIMEOUT_MS" => "20",
            _ => panic!("nobody asked for {name}"),
        };
        Some(value.to_owned())
    };
    let set = EngineConfig::new().effective_in(environment).unwrap();
    let values = [
        set.in_flight.value,
        set.output_buffers.value,
        set.streams.value,
    ];
    assert_eq!(values, [5, 7, 1]);
    assert_eq!((set.max_batch.value, set.memory_limit.value), (2, 1000));
    assert_eq!(set.allocator.value, AllocatorMode::StreamOrdered);
    assert_eq!(set.execution.value, ExecutionMode::Direct);
    assert_eq!(set.stall_timeout(), Duration::from_millis(20));
    assert!(
        set.settings()
            .iter()
            .all(|(_, text)| text.ends_with(" (environment)"))
    );

    let built = EngineConfig::new()
        .in_flight(1)
        .output_buffers(1)
        .max_batch(3)
        .streams(2)
        .allocator(AllocatorMode::Pooled)
        .memory_limit(9)
        .execution(ExecutionMode::Replay)
        .stall_timeout(Duration::from_secs(1));
    let built = built.effective_in(environment).unwrap();
    assert!(
        built
            .settings()
            .iter()
            .all(|(_, text)| text.ends_with(" (builder)"))
    );
    assert_eq!(built.in_flight.origin, Origin::Builder);
    assert_eq!(built.stall_timeout_ms.value, 1000);
}

#[test]
fn bad_values_are_refused_by_name() {
    let none = |_: &str| None;
    for (config, name) in [
        (EngineConfig::new().in_flight(0), "PIXELFLUME_IN_FLIGHT"),
        (EngineConfig::new().in_flight(65), "PIXELFLUME_IN_FLIGHT"),
        (
            EngineConfig::new().output_buffers(2),
            "PIXELFLUME_OUTPUT_BUFFERS",
        ),
        (EngineConfig::new().max_batch(0), "PIXELFLUME_MAX_BATCH"),
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
            EngineConfig::new().stall_timeout(Duration::ZERO),
            "PIXELFLUME_STALL_TIMEOUT_MS",
        ),
    ] {
        let error = config.effective_in(none).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name} is ")), "{error}");
        assert!(error.contains("(builder): it must be "), "{error}");
    }
    for (name, value) in [
        ("PIXELFLUME_IN_FLIGHT", "three"),
        ("PIXELFLUME_MAX_BATCH", "-1"),
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
    assert_eq!(engine.effective().output_buffers.value, 4);
    let statistics = engine.statistics();
    // 2 slots with an input each and 4 output buffers, of 4 frames of 8 bytes.
    assert_eq!(statistics.pinned_bytes, (2 + 4) * 4 * 8);
    assert!(statistics.device_bytes >= 2 * 2 * 4 * 8, "{statistics:?}");
}
