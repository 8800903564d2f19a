//! `--execution`, `--trace` and `inspect --schedule`.

mod common;

use common::{command, example, finish, pixels, run, save};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Images of two shapes; those of one shape fill more than one batch.
fn images(folder: &Path) -> PathBuf {
    let images = folder.join("images");
    fs::create_dir(&images).unwrap();
    for number in 0..26 {
        let (width, height) = if number == 9 { (31, 17) } else { (64, 48) };
        let image = pixels(width, height, 3, number);
        save(&images.join(format!("{number:02}.png")), &image);
    }
    images
}

/// All files below a folder with their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn replay_gives_the_bytes_of_direct_runs_and_says_how_runs_went() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    for pipeline in ["edges.toml", "fork_join.toml", "thumbnails.toml"] {
        let mut results = Vec::new();
        for mode in ["direct", "replay"] {
            let out = folder.path().join(format!("{mode}-{pipeline}"));
            let report = folder.path().join("report.json");
            let further = ["--batch", "2", "--execution", mode, "--report"];
            let further = further.into_iter().chain([report.to_str().unwrap()]);
            let further: Vec<_> = further.collect();
            run(&example(pipeline), &[&images], &out, &further).ended(0);
            results.push(files(&out));

            let report = json(&report);
            assert_eq!(report["settings"]["execution"], mode);
            assert_eq!(report["settings"]["trace"], Value::Null);
            let batches = report["engines"]["batches"].as_u64().unwrap();
            let replay = &report["replay"];
            let direct = replay["direct"].as_object().unwrap();
            let direct_runs: u64 = direct.values().map(|runs| runs.as_u64().unwrap()).sum();
            let ways = ["replayed", "patched", "updated", "instantiated"];
            let graphs: u64 = ways.map(|way| replay[way].as_u64().unwrap()).iter().sum();
            assert_eq!(direct_runs + graphs, batches, "{replay}");
            if mode == "direct" {
                assert_eq!(direct["the mode is direct"], batches);
                assert_eq!(direct.len(), 1);
            } else {
                assert!(graphs >= 6, "{replay}");
                assert!(replay["captured"].as_u64().unwrap() >= 1, "{replay}");
                assert!(!direct.contains_key("the mode is direct"));
            }
        }
        assert!(results[0].len() >= 26);
        assert!(results[0] == results[1], "{pipeline}: the results differ");
    }
}

#[test]
fn the_engines_say_their_settings_and_how_full_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let (out, file) = (folder.path().join("out"), folder.path().join("r.json"));
    let run_with = |window: &str, further: &[&str]| {
        let mut command = command();
        command.arg("run").arg(example("edges.toml")).arg(&images);
        command.arg("--out").arg(&out).arg("--report").arg(&file);
        command.args(further).env("PIXELFLUME_IN_FLIGHT", window);
        finish(&mut command)
    };
    run_with("2", &["--batch", "5"]).ended(0);
    let engines = &json(&file)["engines"];
    let settings = &engines["settings"];
    for (name, value, from) in [
        ("PIXELFLUME_IN_FLIGHT", "2", "environment"),
        ("PIXELFLUME_MAX_BATCH", "5", "argument"),
    ] {
        let expected = serde_json::json!({ "value": value, "from": from });
        assert_eq!(settings[name], expected);
    }
    // One engine for the images of both shapes.
    assert_eq!(
        (&engines["made"], &engines["frames"]),
        (&1.into(), &26.into())
    );
    assert_eq!(
        (&engines["batches"], &engines["failed"]),
        (&6.into(), &0.into())
    );
    let most = engines["in_flight_high_water"].as_u64().unwrap();
    assert!((1..=2).contains(&most), "{engines}");
    assert!(engines["device_bytes"].as_u64().unwrap() > 0, "{engines}");

    // The limit is enough for any number of shapes, since one engine has memory at a time.
    run_with("3", &["--memory-limit", "1MiB", "--batch", "1"]).ended(0);
    // An invalid environment variable is refused before anything runs.
    run_with("none", &["--quiet"])
        .ended(2)
        .complained(&["PIXELFLUME_IN_FLIGHT=\"none\""]);
    run_with("65", &[])
        .ended(2)
        .complained(&["PIXELFLUME_IN_FLIGHT is 65"]);
}

#[test]
fn an_unknown_way_to_execute_is_a_usage_error() {
    let out = tempfile::tempdir().unwrap();
    let input = example("edges.toml");
    run(&input, &[&input], out.path(), &["--execution", "graph"])
        .ended(2)
        .complained(&["--execution", "graph", "direct", "replay"]);
}

#[test]
fn inspect_prints_the_schedule() {
    let mut command = command();
    command.arg("inspect").arg(example("fork_join.toml"));
    let ran = finish(command.arg("--schedule")).ended(0);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("schedule of "), "{ran:#?}");
    for node in ["gray", "blurred", "edges", "fine_edges"] {
        let of_node = |line: &&&str| line.contains(&format!(": {node}"));
        assert_eq!(
            lines.iter().filter(of_node).count(),
            1,
            "{node} in {ran:#?}"
        );
    }
    assert!(ran.stdout.contains("waits for event "), "{ran:#?}");
    finish(command.args(["--format", "dot"]))
        .ended(2)
        .complained(&["--schedule", "--format"]);
}

#[test]
fn a_trace_has_every_batch_and_node_and_changes_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let images = images(folder.path());
    let mut results = Vec::new();
    for mode in ["direct", "replay"] {
        let out = folder.path().join(mode);
        let trace = folder.path().join("trace.json");
        let report = folder.path().join("report.json");
        // Twelve full batches over three lanes: one lane has at least four, and replays the later ones.
        let further = ["--batch", "2", "--execution", mode, "--trace"];
        let files_of_run = [
            trace.to_str().unwrap(),
            "--report",
            report.to_str().unwrap(),
        ];
        let further: Vec<_> = further.into_iter().chain(files_of_run).collect();
        run(&example("fork_join.toml"), &[&images], &out, &further).ended(0);
        results.push(files(&out));

        let (trace, report) = (json(&trace), json(&report));
        let batches = report["engines"]["batches"].as_u64().unwrap() as usize;
        let events = trace["traceEvents"].as_array().unwrap();
        let count = |category: &str, name: &str| {
            let wanted = |event: &&Value| event["cat"] == category && event["name"] == name;
            events.iter().filter(wanted).count()
        };
        assert_eq!(count("step", "run"), batches);
        for node in ["gray", "blurred", "edges", "fine_edges"] {
            assert_eq!(count("task", node), batches, "{node}");
        }
        let graphs = count("step", "launch");
        assert_eq!(graphs > 0, mode == "replay");
    }
    assert!(results[0] == results[1]);
    let missing = folder.path().join("no/trace.json");
    let further = ["--trace", missing.to_str().unwrap()];
    run(
        &example("edges.toml"),
        &[&images],
        &folder.path().join("x"),
        &further,
    )
    .ended(2)
    .complained(&["cannot write trace", "--trace"]);
}
