//! Settings of a run: arguments come before environment variables and those before defaults; all are checked before anything
//! runs.

mod common;

use common::{Ran, command, example, finish, names, pixels, save};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Runs `edges.toml` over `a.png` in this folder with environment variables and arguments.
fn run_with(folder: &Path, variables: &[(&str, &str)], further: &[&str]) -> Ran {
    run_pipeline(folder, &example("edges.toml"), variables, further)
}

fn run_pipeline(
    folder: &Path,
    pipeline: &Path,
    variables: &[(&str, &str)],
    further: &[&str],
) -> Ran {
    let mut command = command();
    command.current_dir(folder).arg("run").arg(pipeline);
    command.args(["a.png", "--out", "out", "--report", "report.json"]);
    command.args(further).envs(variables.iter().copied());
    finish(&mut command)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("a.png"), &pixels(64, 48, 3, 1));
    folder
}

/// The report of the last run.
fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap()
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_is_run() {
    let folder = folder();
    let cannot = [
        ("PIXELFLUME_MAX_BATCH", "0"),
        ("PIXELFLUME_MAX_BATCH", "many"),
        ("PIXELFLUME_STREAMS", "33"),
        ("PIXELFLUME_STREAMS", ""),
        ("PIXELFLUME_EXECUTION", "fast"),
        ("PIXELFLUME_ALLOCATOR", "best"),
        ("PIXELFLUME_IN_FLIGHT", "65"),
        ("PIXELFLUME_MEMORY_LIMIT", "-1"),
        ("PIXELFLUME_MEMORY_LIMIT", "0KiB"),
        ("PIXELFLUME_STALL_TIMEOUT_MS", "0"),
        ("PIXELFLUME_ARENA", "100"),
        ("PIXELFLUME_EXPORT_SLOTS", "0"),
    ];
    for (name, value) in cannot {
        let ran = run_with(folder.path(), &[(name, value)], &[]).ended(2);
        ran.complained(&[name]);
        assert_eq!(names(folder.path()), ["a.png"], "{name}");
    }
}

#[test]
fn arguments_come_before_the_environment_and_that_before_defaults() {
    let folder = folder();
    let variables = [
        ("PIXELFLUME_MAX_BATCH", "2"),
        ("PIXELFLUME_STREAMS", "3"),
        ("PIXELFLUME_EXECUTION", "direct"),
        ("PIXELFLUME_ALLOCATOR", "stream-ordered"),
    ];
    let arguments = ["--batch", "5", "--streams", "1", "--execution", "replay"];
    let setting = |name: &str| {
        let setting = &report(folder.path())["engines"]["settings"][name];
        let text = |key: &str| setting[key].as_str().unwrap().to_owned();
        (text("value"), text("from"))
    };
    let expect = |from: [&str; 4], values: [&str; 4]| {
        for ((name, _), (from, value)) in variables.iter().zip(from.iter().zip(values)) {
            assert_eq!(
                setting(name),
                (value.to_owned(), (*from).to_owned()),
                "{name}"
            );
        }
    };
    run_with(folder.path(), &[], &[]).ended(0);
    expect(["default"; 4], ["8", "4", "replay", "pooled"]);
    run_with(folder.path(), &variables, &[]).ended(0);
    expect(["environment"; 4], ["2", "3", "direct", "stream-ordered"]);
    assert_eq!(
        report(folder.path())["memory"]["allocator"],
        "stream-ordered"
    );
    run_with(folder.path(), &variables, &arguments).ended(0);
    let from = ["argument", "argument", "argument", "environment"];
    expect(from, ["5", "1", "replay", "stream-ordered"]);
    // A variable that an argument overrides is not parsed.
    run_with(
        folder.path(),
        &[("PIXELFLUME_MAX_BATCH", "many")],
        &["--batch", "4"],
    )
    .ended(0);
}

#[test]
fn the_report_has_the_values_that_engines_had() {
    let folder = folder();
    let variables = [
        ("PIXELFLUME_REPLAY_KEYS", "5"),
        ("PIXELFLUME_MAX_BATCH", "3"),
    ];
    // Its results have the size of the image, so that each shape has an engine. Twelve images of one shape fill theirs; the single
    // image of another shape has a small one.
    let pipeline = folder.path().join("edges.toml");
    fs::write(
        &pipeline,
        "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n",
    )
    .unwrap();
    let images = folder.path().join("images");
    fs::create_dir(&images).unwrap();
    for number in 0..12 {
        save(
            &images.join(format!("{number}.png")),
            &pixels(64, 48, 1, number),
        );
    }
    save(&images.join("other.png"), &pixels(32, 16, 1, 1));
    fs::remove_file(folder.path().join("a.png")).unwrap();
    fs::rename(&images, folder.path().join("a.png")).unwrap();
    run_pipeline(folder.path(), &pipeline, &variables, &[]).ended(0);
    let report = report(folder.path());
    let spread = |name: &str| {
        let spread = &report["engines"]["in_effect"][name];
        (
            spread["least"].as_u64().unwrap(),
            spread["most"].as_u64().unwrap(),
        )
    };
    assert_eq!(spread("PIXELFLUME_IN_FLIGHT"), (1, 3));
    assert_eq!(spread("PIXELFLUME_MAX_BATCH"), (1, 3));
    assert_eq!(spread("PIXELFLUME_TASK_WINDOW"), (2, 4));
    // A job keeps results of nine batches.
    assert_eq!(spread("PIXELFLUME_EXPORT_SLOTS"), (1, 9));
    let setting = |name: &str| &report["engines"]["settings"][name];
    let expected = serde_json::json!({ "value": "5", "from": "environment" });
    assert_eq!(setting("PIXELFLUME_REPLAY_KEYS"), &expected);
    let expected = serde_json::json!({ "value": "2 x in flight", "from": "default" });
    assert_eq!(setting("PIXELFLUME_EXPORT_SLOTS"), &expected);
    let expected = serde_json::json!({ "value": "no limit", "from": "default" });
    assert_eq!(setting("PIXELFLUME_MEMORY_LIMIT"), &expected);
    let arena = spread("PIXELFLUME_ARENA");
    assert_eq!(arena, (32 * 16, 9 * 3 * 64 * 48));
    assert_eq!(report["effective"]["batch"], 3);
}
