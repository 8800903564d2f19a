//! Commands that are refused before anything runs: exit status 2, a reason, a line of help, and no folder created.

mod common;

use common::{chain, example, names, pixelflume, pixels, project, run, save};
use std::fs;
use std::path::Path;

/// A folder with one image, `a.png`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("a.png"), &pixels(8, 6, 3, 1));
    folder
}

/// Runs a pipeline over the folder, and checks that it is refused with these texts and creates nothing.
#[track_caller]
fn refused(folder: &Path, pipeline: &Path, inputs: &[&Path], further: &[&str], texts: &[&str]) {
    let before = names(folder);
    let ran = run(pipeline, inputs, &folder.join("out"), further).ended(2);
    assert!(ran.stderr.starts_with("error: "), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    ran.complained(texts);
    assert_eq!(names(folder), before);
}

#[test]
fn pipeline_files_are_refused_with_their_places() {
    let folder = folder();
    let path = folder.path();
    refused(path, &path.join("no.toml"), &[path], &[], &["no.toml"]);
    for (node, texts) in [
        (
            "op = \"sobol\"",
            &["chain.toml:5:", "did you mean", "sobel"][..],
        ),
        (
            "op = \"gaussian_blur\"\nsize = 4",
            &["chain.toml:6:", "size"],
        ),
        (
            "op = \"gaussian_blur\"\nsise = 5",
            &["chain.toml:6:", "size"],
        ),
        (
            "op = \"resize\"\nwidth = 0\nheight = 3",
            &["chain.toml:6:", "width"],
        ),
        ("op = [", &["chain.toml:5:"]),
    ] {
        let pipeline = chain(path, &[node]);
        refused(path, &pipeline, &[path], &[], texts);
    }
}

#[test]
fn inputs_are_refused_by_name() {
    let folder = folder();
    let path = folder.path();
    let edges = example("edges.toml");
    let missing = path.join("missing.png");
    refused(path, &edges, &[path, &missing], &[], &["missing.png"]);

    let empty = path.join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("notes.txt"), "").unwrap();
    refused(path, &edges, &[&empty], &[], &["no images in ", "help: "]);

    save(&empty.join("a.bmp"), &pixels(8, 6, 3, 1));
    refused(
        path,
        &edges,
        &[path, &empty],
        &[],
        &["a.png", "a.bmp", "help: "],
    );
    let image = path.join("a.png");
    refused(path, &edges, &[&image, &image], &[], &["a.png and "]);
}

#[test]
fn a_run_does_not_replace_its_own_inputs() {
    let folder = folder();
    let path = folder.path();
    let before = fs::read(path.join("a.png")).unwrap();
    run(&example("edges.toml"), &[path], path, &[])
        .ended(2)
        .complained(&["a.png, which this run reads", "--out"]);
    assert_eq!(fs::read(path.join("a.png")).unwrap(), before);
    assert_eq!(names(path), ["a.png"]);
    // Results beside the inputs under other names are accepted.
    run(&example("edges.toml"), &[path], path, &["--format", "jpg"]).ended(0);
    assert_eq!(names(path), ["a.jpg", "a.png"]);
}

#[test]
fn folders_that_cannot_be_made_are_refused() {
    let folder = folder();
    let path = folder.path();
    let edges = example("edges.toml");
    let file = path.join("a.png");
    for out in [file.clone(), file.join("below")] {
        run(&edges, &[path], &out, &[])
            .ended(2)
            .complained(&["cannot ", "a.png", "--out"]);
    }
    // The report is opened after the folder of the results is created.
    let out = path.join("out");
    for report in [path.join("no/report.json"), path.to_owned()] {
        let further = ["--report", report.to_str().unwrap()];
        run(&edges, &[&file], &out, &further)
            .ended(2)
            .complained(&["cannot write report "]);
        assert!(names(&out).is_empty());
    }
}

#[test]
fn a_device_that_is_not_there_is_refused_with_the_reason() {
    let folder = folder();
    let path = folder.path();
    let edges = example("edges.toml");
    for device in ["cuda", "cuda:3"] {
        let further = ["--device", device];
        let texts = [
            "PIXELFLUME_CUDA_DRIVER=none",
            "--device host",
            "pixelflume devices",
        ];
        refused(path, &edges, &[path], &further, &texts);
    }
    for device in ["gpu", "cuda:", "cuda:-1", ""] {
        let texts = ["names no device", "auto, host, cuda"];
        refused(path, &edges, &[path], &["--device", device], &texts);
    }
}

#[test]
fn outputs_that_no_jpeg_can_hold_are_refused_before_the_run() {
    let folder = folder();
    let path = folder.path();
    let pipeline = chain(path, &["op = \"color\"\nconversion = \"rgb_to_rgba\""]);
    let texts = ["output n0", "4 channels", "--format png", "rgba_to_rgb"];
    refused(path, &pipeline, &[path], &["--format", "jpg"], &texts);
    run(&pipeline, &[path], &path.join("out"), &["--format", "png"]).ended(0);
}

#[test]
fn settings_out_of_range_are_refused() {
    let folder = folder();
    let path = folder.path();
    let edges = example("edges.toml");
    for further in [
        &["--batch", "0"][..],
        &["--batch", "x"],
        &["--streams", "0"],
        &["--streams", "33"],
        &["--threads", "0"],
        &["--format", "gif"],
        &["--quality", "0", "--format", "jpg"],
        &["--quality", "101", "--format", "jpg"],
        &["--quality", "90"],
        &["--subsampling", "4:2:1", "--format", "jpg"],
        &["--subsampling", "4:4:4"],
        &["--unknown"],
    ] {
        refused(path, &edges, &[path], further, &[further[0]]);
    }
}

#[test]
fn usage_errors_and_help() {
    pixelflume::<&str>([]).ended(2);
    pixelflume(["run"]).ended(2).complained(&["PIPELINE.toml"]);
    pixelflume(["run", "a.toml"])
        .ended(2)
        .complained(&["INPUT"]);
    pixelflume(["run", "a.toml", "b.png"])
        .ended(2)
        .complained(&["--out"]);
    for help in [&["--help"][..], &["run", "--help"], &["inspect", "--help"]] {
        let ran = pixelflume(help).ended(0);
        assert!(ran.stdout.contains("Examples:"), "{ran:#?}");
    }
    let ran = pixelflume(["--version"]).ended(0);
    assert_eq!(
        ran.stdout,
        format!("pixelflume {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn the_inputs_of_a_pipeline_are_given_by_name() {
    let folder = folder();
    let path = folder.path();
    let pipeline = path.join("two.toml");
    let text = "inputs = [\"left\", \"right\"]\n\
        [[node]]\nname = \"a\"\nop = \"sobel\"\nfrom = \"left\"\n\
        [[node]]\nname = \"b\"\nop = \"sobel\"\nfrom = \"right\"\n";
    fs::write(&pipeline, text).unwrap();
    let usage = "--input left=PATH --input right=PATH";
    refused(path, &pipeline, &[path], &[], &["left, right", usage]);
    let image = path.join("a.png");
    let named = |name: &str| format!("--input={name}={}", image.display());
    let (left, right) = (named("left"), named("right"));
    for (further, texts) in [
        (
            &[left.as_str()][..],
            &["nothing is given for input \"right\"", usage][..],
        ),
        (&[&left, &named("middle")], &["no input \"middle\"", usage]),
        (&[&left, &left, &right], &["a.png and "]),
        (
            &[&left, &right, &right],
            &["input left has 1 image(s), input right has 2"],
        ),
        (&["--input=left"], &["left=a.png"]),
        (
            &["--input=left=-", "--input=right=-"],
            &["stdin is given to two inputs"],
        ),
        (&[&left, "--input=right=-"], &["a.png is no video"]),
    ] {
        refused(path, &pipeline, &[], further, texts);
    }
    // The image is refused for two reasons.
    refused(
        path,
        &pipeline,
        &[path],
        &[&left, &right],
        &["cannot be used with"],
    );
    // `inspect` refuses them, too.
    let arguments = ["inspect".as_ref(), pipeline.as_os_str()];
    let ran = pixelflume(arguments).ended(0);
    assert!(ran.stdout.contains("left") && ran.stdout.contains("right"));
}

#[test]
fn output_folders_stay_below_the_folder_of_the_results() {
    let folder = folder();
    let path = folder.path();
    let pipeline = path.join("away.toml");
    let text = "[[node]]\nname = \"../../away\"\nop = \"sobel\"\nfrom = \"input\"\n\
        [[node]]\nname = \"b\"\nop = \"sobel\"\nfrom = \"input\"\n";
    fs::write(&pipeline, text).unwrap();
    refused(path, &pipeline, &[path], &[], &["../../away"]);
    assert!(project("examples").is_dir());
}
