//! Sizes: who decides, what is refused, what is logged.

use pixelflume_scheduler::rings::{BatchNeed, EffectiveConfig, OUTPUT_ALIGN, RingConfig};
use pixelflume_scheduler::settings::{Origin, SettingError};

fn resolve(
    config: &RingConfig,
    environment: &[(&str, &str)],
) -> Result<EffectiveConfig, SettingError> {
    config.effective_in::<[u8; 100]>(|name| {
        let found = environment.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn builder_over_environment_over_default() {
    let environment = [
        ("PIXELFLUME_TASK_WINDOW", "64"),
        ("PIXELFLUME_CONSUMED_WINDOW", "512"),
        ("PIXELFLUME_ARENA", " 16 MiB"),
    ];
    let config = RingConfig::new().task_window(128);
    let effective = resolve(&config, &environment).unwrap();
    let got = effective.settings().map(|s| (s.value, s.origin));
    let expected = [
        (128, Origin::Builder),
        (512, Origin::Environment),
        (1024, Origin::Default("8 x task window")),
        (128 << 10, Origin::Default("1 KiB x task window")),
        (16 << 20, Origin::Environment),
        (8 << 20, Origin::Default("arena / 2")),
        (128, Origin::Default("task window")),
    ];
    assert_eq!(got, expected);
}

#[test]
fn the_log_line_has_every_value_and_no_zero_for_a_default() {
    let effective = resolve(&RingConfig::new(), &[("PIXELFLUME_EDGE_POOL", "4096")]).unwrap();
    assert_eq!(
        effective.to_string(),
        "rings: PIXELFLUME_TASK_WINDOW=1024 (default 1024) \
         PIXELFLUME_CONSUMED_WINDOW=4096 (default 4 x task window) \
         PIXELFLUME_EDGE_POOL=4096 (environment) \
         PIXELFLUME_PAYLOAD_RING=1048576 (default 1 KiB x task window) \
         PIXELFLUME_ARENA=268435456 (default 256 MiB) \
         PIXELFLUME_ARENA_EXPORTED=134217728 (default arena / 2) \
         PIXELFLUME_EXPORT_SLOTS=1024 (default task window) \
         stall_timeout=500ms metadata_bytes=1597440 total_bytes=270032896"
    );
    assert_eq!(
        effective.total_bytes(),
        effective.metadata_bytes + (256 << 20)
    );
}

/// Rings for results of one size and nothing else: what is not set follows from what is.
#[test]
fn sizes_follow_from_those_of_results() {
    let config = RingConfig::new().for_results(1000, 6, "2 x in flight");
    let sizes = |config: &RingConfig, environment: &[(&'static str, &'static str)]| {
        let effective = resolve(config, environment).unwrap();
        assert_eq!(effective.transient_bytes(), 0);
        (effective.export_slots.value, effective.arena.value)
    };
    assert_eq!(sizes(&config, &[]), (6, 6 * 1024));
    let slots = ("PIXELFLUME_EXPORT_SLOTS", "9");
    let arena = ("PIXELFLUME_ARENA", "32KiB");
    assert_eq!(sizes(&config, &[slots]), (9, 9 * 1024));
    assert_eq!(sizes(&config, &[arena]), (32, 32 << 10));
    assert_eq!(sizes(&config, &[slots, arena]), (9, 32 << 10));
    assert_eq!(sizes(&config.clone().export_slots(2), &[slots]), (2, 2048));
    let error = resolve(&config, &[("PIXELFLUME_ARENA", "768")]).unwrap_err();
    let text = "PIXELFLUME_ARENA_EXPORTED is 768 (default arena), but the largest batch needs 1024: raise it, or make the batches smaller";
    assert_eq!(error.to_string(), text);
}

#[test]
fn bad_values_are_refused_by_name() {
    let new = RingConfig::new;
    for (config, environment, message) in [
        (
            new(),
            ("PIXELFLUME_TASK_WINDOW", "many"),
            "PIXELFLUME_TASK_WINDOW=\"many\" cannot be used: write a whole number",
        ),
        (
            new(),
            ("PIXELFLUME_TASK_WINDOW", "0"),
            "PIXELFLUME_TASK_WINDOW is 0 (environment): it must be a power of two from 2 to 1048576",
        ),
        (
            new().task_window(100),
            ("", ""),
            "PIXELFLUME_TASK_WINDOW is 100 (builder): it must be a power of two from 2 to 1048576",
        ),
        (
            new().task_window(64),
            ("PIXELFLUME_CONSUMED_WINDOW", "32"),
            "PIXELFLUME_CONSUMED_WINDOW is 32 (environment): it must be a power of two from 64 to 16777216",
        ),
        (
            new().edge_pool(3),
            ("", ""),
            "PIXELFLUME_EDGE_POOL is 3 (builder): it must be a power of two from 2 to 268435456",
        ),
        (
            new(),
            ("PIXELFLUME_ARENA", "99999999999GiB"),
            "PIXELFLUME_ARENA=\"99999999999GiB\" cannot be used: write a number of bytes, for example 512MiB, 2GiB or 1048576",
        ),
        (
            new().arena(1 << 20).arena_exported(1 << 21),
            ("", ""),
            "PIXELFLUME_ARENA_EXPORTED is 2097152 (builder): it must be a multiple of 256 from 256 to 1048576",
        ),
        (
            new().arena(100),
            ("", ""),
            "PIXELFLUME_ARENA is 100 (builder): it must be a multiple of 256 from 256 to 281474976710656",
        ),
    ] {
        let error = resolve(&config, &[environment]).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_largest_batch_must_fit() {
    let config = RingConfig::new().arena(8 * OUTPUT_ALIGN).task_window(4);
    let fits = BatchNeed {
        tasks: 16,
        edges: 32,
        payload_bytes: 4096,
        transient_bytes: 4 * OUTPUT_ALIGN,
        exported_bytes: 4 * OUTPUT_ALIGN,
    };
    resolve(&config.clone().largest_batch(fits), &[]).unwrap();
    for (need, name) in [
        (
            BatchNeed { tasks: 17, ..fits },
            "PIXELFLUME_CONSUMED_WINDOW",
        ),
        (BatchNeed { edges: 33, ..fits }, "PIXELFLUME_EDGE_POOL"),
        (
            BatchNeed {
                payload_bytes: 4097,
                ..fits
            },
            "PIXELFLUME_PAYLOAD_RING",
        ),
        (
            BatchNeed {
                transient_bytes: 4 * OUTPUT_ALIGN + 1,
                ..fits
            },
            "PIXELFLUME_ARENA",
        ),
        (
            BatchNeed {
                exported_bytes: u64::MAX,
                ..fits
            },
            "PIXELFLUME_ARENA_EXPORTED",
        ),
    ] {
        match resolve(&config.clone().largest_batch(need), &[]).unwrap_err() {
            SettingError::TooSmallForBatch { name: got, .. } => assert_eq!(got, name),
            other => panic!("{other}"),
        }
    }
}
