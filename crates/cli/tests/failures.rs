//! Images that fail do not affect others, and are reported by name.

mod common;

use common::{chain, command, edges, example, finish, load, names, pixels, project, run, save};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

fn report(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn damaged_and_unfit_images_are_named_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let good = pixels(40, 30, 3, 7);
    for name in ["a.png", "m.png", "z.png"] {
        save(&inputs.join(name), &good);
    }
    fs::write(inputs.join("empty.png"), "").unwrap();
    fs::write(inputs.join("text.jpg"), "this is no image").unwrap();
    let photo = fs::read(project("examples/photos/chelsea.png")).unwrap();
    fs::write(inputs.join("half.png"), &photo[..photo.len() / 2]).unwrap();
    let photo = fs::read(project("examples/photos/rocket.jpg")).unwrap();
    fs::write(inputs.join("cut.jpg"), &photo[..photo.len() / 2]).unwrap();
    save(&inputs.join("gray.png"), &pixels(40, 30, 1, 8));

    let out = folder.path().join("out");
    let file = folder.path().join("report.json");
    let ran = run(
        &example("edges.toml"),
        &[&inputs],
        &out,
        &["--report", file.to_str().unwrap()],
    )
    .ended(1)
    .complained(&[
        "empty.png: ",
        "text.jpg: ",
        "half.png: ",
        "cut.jpg: ",
        "gray.png: ",
        "\"gray\"",
    ]);
    assert_eq!(ran.stderr.matches("error: ").count(), 5, "{ran:#?}");
    assert!(ran.stdout.starts_with("8 images (5 failed), "), "{ran:#?}");
    assert!(ran.stdout.contains("host ("), "{ran:#?}");

    // Complete files for the good images, none for the others, and no temporary files.
    assert_eq!(names(&out), ["a.png", "m.png", "z.png"]);
    for name in names(&out) {
        assert_eq!(load(&out.join(name)), edges(&good));
    }

    let report = report(&file);
    let totals = &report["totals"];
    assert_eq!(totals["images"], 8);
    assert_eq!((&totals["done"], &totals["failed"]), (&3.into(), &5.into()));
    assert_eq!(totals["files"], 3);
    let entries = report["inputs"].as_array().unwrap();
    let paths: Vec<_> = entries.iter().map(|entry| &entry["path"]).collect();
    let mut sorted = names(&inputs);
    sorted.sort();
    let expected: Vec<_> = sorted
        .iter()
        .map(|name| Value::from(inputs.join(name).to_str().unwrap()))
        .collect();
    assert_eq!(paths, expected.iter().collect::<Vec<_>>());
    for entry in entries {
        let name = entry["path"].as_str().unwrap();
        if ["a.png", "m.png", "z.png"]
            .iter()
            .any(|good| name.ends_with(good))
        {
            assert_eq!(entry["status"], "done");
            assert_eq!(entry["error"], Value::Null);
            let output = &entry["outputs"][0];
            assert_eq!(output["name"], "edges");
            assert!(Path::new(output["path"].as_str().unwrap()).is_file());
            assert_eq!(output["shape"]["width"], 320);
            assert_eq!(output["shape"]["channels"], 1);
        } else {
            assert_eq!(entry["status"], "failed", "{entry}");
            assert!(!entry["error"].as_str().unwrap().is_empty());
            assert_eq!(entry["outputs"], Value::Array(vec![]));
        }
        let decoded = !["empty.png", "text.jpg", "half.png", "cut.jpg"]
            .iter()
            .any(|bad| name.ends_with(bad));
        assert_eq!(entry["shape"] != Value::Null, decoded, "{entry}");
    }
}

#[test]
fn the_report_has_device_pipeline_settings_and_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let out = folder.path().join("out");
    run(
        &example("thumbnails.toml"),
        &[&project("examples/photos")],
        &out,
        &[
            "--report",
            file.to_str().unwrap(),
            "--batch",
            "2",
            "--threads",
            "3",
            "--streams",
            "2",
        ],
    )
    .ended(0);
    assert_eq!(names(folder.path()), ["out", "report.json"]);
    let report = report(&file);
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["device"]["id"], "host");
    assert_eq!(report["device"]["threads"], 3);
    assert_eq!(report["pipeline"]["name"], "thumbnails");
    assert_eq!(report["pipeline"]["inputs"], serde_json::json!(["input"]));
    assert_eq!(
        report["pipeline"]["outputs"],
        serde_json::json!(["preview", "icon"])
    );
    let settings = serde_json::json!({
        "out": out.to_str(), "device": "auto", "batch": 2, "streams": 2, "threads": 3, "format": "png",
        "execution": null, "fusion": true, "trace": null, "allocator": null, "memory_limit": null,
        "host_memory": null, "max_pixels": 178_956_970, "raw": null, "out_raw": null, "matrix": null, "range": null, "quality": null, "subsampling": null,
        "first_index": 0, "epoch": 0
    });
    assert_eq!(report["settings"], settings);
    assert_eq!(report["effective"]["threads"], 3);
    assert!(report["effective"]["streams"].as_u64().unwrap() <= 2);
    let totals = &report["totals"];
    assert_eq!(
        (&totals["images"], &totals["files"]),
        (&4.into(), &8.into())
    );
    assert!(totals["seconds"].as_f64().unwrap() > 0.0);
    assert!(report["memory"]["device"]["high_water"].as_u64().unwrap() > 0);
    assert_eq!(report["engines"]["frames"], 4);
    assert_eq!(report["engines"]["failed"], 0);
}

#[test]
fn the_allocator_and_the_memory_limit_take_effect() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    let (photo, out) = (
        project("examples/photos/coffee.png"),
        folder.path().join("out"),
    );
    let with = |further: &[&str]| {
        let report = ["--report", file.to_str().unwrap()];
        run(
            &example("edges.toml"),
            &[&photo],
            &out,
            &[&report, further].concat(),
        )
    };
    with(&["--allocator", "stream-ordered", "--memory-limit", "64MiB"]).ended(0);
    let found = report(&file);
    assert_eq!(found["memory"]["allocator"], "stream-ordered");
    assert_eq!(
        found["memory"]["allocator_fallback"],
        serde_json::Value::Null
    );
    assert_eq!(found["settings"]["memory_limit"], 64 << 20);
    // With too little memory the image fails, with its name and the numbers; a later run with more memory succeeds.
    with(&["--memory-limit", "100KiB"])
        .ended(1)
        .complained(&["coffee.png", "limit of 102400 bytes"]);
    with(&["--memory-limit", "2GiB"]).ended(0);
    for bad in ["0", "12 bananas", "-1"] {
        with(&[&format!("--memory-limit={bad}")]).ended(2);
    }
    with(&["--allocator", "magic"])
        .ended(2)
        .complained(&["use pooled or stream-ordered"]);
}

#[test]
fn quiet_prints_errors_alone() {
    let folder = tempfile::tempdir().unwrap();
    let photo = project("examples/photos/coffee.png");
    let ran = run(
        &example("edges.toml"),
        &[&photo],
        &folder.path().join("out"),
        &["--quiet"],
    )
    .ended(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));

    let bad = folder.path().join("bad.png");
    fs::write(&bad, "no").unwrap();
    let ran = run(
        &example("edges.toml"),
        &[&photo, &bad],
        &folder.path().join("out"),
        &["--quiet"],
    )
    .ended(1);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
    assert!(ran.stderr.starts_with("error: "), "{ran:#?}");
}

#[test]
fn an_image_that_the_format_cannot_hold_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    save(&inputs.join("rgb.png"), &pixels(6, 6, 3, 1));
    save(&inputs.join("rgba.png"), &pixels(6, 6, 4, 2));
    let out = folder.path().join("out");
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    run(&blur, &[&inputs], &out, &["--format", "jpg"])
        .ended(1)
        .complained(&["rgba.png: output n0: ", "--format png", "rgba_to_rgb"]);
    assert_eq!(names(&out), ["rgb.jpg"]);
}

#[test]
fn an_input_that_cannot_be_opened_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.png");
    save(&good, &pixels(6, 6, 3, 1));
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("link.png")).unwrap();
    #[cfg(not(unix))]
    fs::write(folder.path().join("link.png"), "").unwrap();
    let out = folder.path().join("out");
    run(&example("edges.toml"), &[folder.path()], &out, &[])
        .ended(1)
        .complained(&["link.png: "]);
    assert_eq!(names(&out), ["good.png"]);
}

#[test]
fn a_result_that_cannot_be_written_fails_alone_and_leaves_no_temporary_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // A folder has the name of the file.
    fs::create_dir_all(out.join("chelsea.png/full")).unwrap();
    let photos = ["chelsea.png", "coffee.png", "rocket.jpg"]
        .map(|name| project("examples/photos").join(name));
    let photos = photos.each_ref().map(PathBuf::as_path);
    run(&example("edges.toml"), &photos, &out, &[])
        .ended(1)
        .complained(&["chelsea.png: output edges: cannot write "]);
    assert_eq!(names(&out), ["chelsea.png", "coffee.png", "rocket.png"]);
}

#[test]
fn the_log_is_set_by_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    let photo = project("examples/photos/coffee.png");
    let mut command = command();
    command.arg("run").arg(example("edges.toml")).arg(photo);
    command.arg("--out").arg(folder.path());
    let ran = finish(command.env("PIXELFLUME_LOG", "a=b=c")).ended(0);
    assert!(
        ran.stderr
            .starts_with("warning: PIXELFLUME_LOG=a=b=c is ignored: "),
        "{ran:#?}"
    );
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["inspect", "edges.toml"][..], &["devices"]] {
        let mut command = command();
        command
            .current_dir(project("examples/pipelines"))
            .args(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}
