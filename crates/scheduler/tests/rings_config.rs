//! Sizes: who decides, what is refused, what is logged.

use pixelflume_scheduler::rings::{EffectiveConfig, RingConfig};
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
         PIXELFLUME_ARENA=268435456 (default 256 MiB) \
         PIXELFLUME_ARENA_EXPORTED=134217728 (default arena / 2) \
         PIXELFLUME_EXPORT_SLOTS=1024 (default task window) \
         stall_timeout=500ms metadata_bytes=499712 total_bytes=268935168"
    );
    assert_eq!(
        effective.total_bytes(),
        effective.metadata_bytes + (256 << 20)
    );
}

/// Rings for results of one size and nothing else: what is not set follows from what is.
#[test]
fn sizes_follow_from_those_of_results() {
    let config = RingConfig::new().for_results(4, 1000, 6, "2 x in flight");
    let sizes = |config: &RingConfig, environment: &[(&'static str, &'static str)]| {
        let effective = resolve(config, environment).unwrap();
        assert_eq!(effective.transient_bytes(), 0);
        assert_eq!(
            (effective.task_window.value, effective.edge_pool.value),
            (4, 2)
        );
        let records = effective.consumed_window.value;
        (effective.export_slots.value, effective.arena.value, records)
    };
    assert_eq!(sizes(&config, &[]), (6, 6 * 1024, 16));
    let slots = ("PIXELFLUME_EXPORT_SLOTS", "9");
    let arena = ("PIXELFLUME_ARENA", "32KiB");
    assert_eq!(sizes(&config, &[slots]), (9, 9 * 1024, 16));
    assert_eq!(sizes(&config, &[arena]), (32, 32 << 10, 64));
    assert_eq!(sizes(&config, &[slots, arena]), (9, 32 << 10, 16));
    assert_eq!(
        sizes(&config.clone().export_slots(2), &[slots]),
        (2, 2048, 8)
    );
    let others = ["TASK_WINDOW", "CONSUMED_WINDOW", "EDGE_POOL"];
    for other in others.map(|name| format!("PIXELFLUME_{name}")) {
        let same = config.effective_in::<[u8; 100]>(|name| (name == other).then(|| "64".into()));
        assert_eq!(same, resolve(&config, &[]), "{other}");
    }
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
