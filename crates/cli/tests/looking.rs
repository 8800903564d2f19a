//! `inspect`, `processor` and `devices`.

mod common;

use common::{Piped, chain, command, example, feed, finish, pixelflume};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;

fn inspect(name: &str, further: &[&str]) -> String {
    let pipeline = example(name);
    let arguments = [OsStr::new("inspect"), pipeline.as_os_str()];
    let ran = finish(command().args(arguments).args(further)).ended(0);
    assert_eq!(ran.stderr, "");
    ran.stdout
}

/// The line that begins with this name, after its indentation.
fn line<'a>(text: &'a str, name: &str) -> &'a str {
    let lines = text.lines().map(str::trim_start);
    let mut lines = lines.filter(|line| line.split_whitespace().next() == Some(name));
    lines
        .next()
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn text_shows_nodes_and_with_a_size_their_shapes() {
    let text = inspect("edges.toml", &[]);
    assert!(text.starts_with("pipeline edges\n"), "{text}");
    assert!(line(&text, "smooth").contains("from gray"));
    assert!(line(&text, "edges").ends_with("output"));
    assert!(!text.contains("u8"), "{text}");

    let text = inspect("edges.toml", &["--size", "1920x1080x3"]);
    assert!(line(&text, "input").ends_with("1920x1080x3 u8"), "{text}");
    assert!(line(&text, "small").contains("320x240x3 u8"), "{text}");
    assert!(line(&text, "gray").contains("320x240x1 u8"), "{text}");
    assert!(text.contains("MiB of memory for batches of 8"), "{text}");
}

#[test]
fn text_shows_the_plan_of_a_batch() {
    let text = inspect("fork_join.toml", &["--size", "64x48x3"]);
    // Batches of 8: 9216 bytes of input and 3072 of each node, which are multiples of the alignment.
    let (input, gray) = (8 * 64 * 48 * 3, 8 * 64 * 48);
    assert!(text.contains("each batch: 4 launches, 0.1 MiB uploaded, 0.1 MiB downloaded, 0.2 MiB read and written by nodes\n"), "{text}");
    let unshared = format!("; {} without sharing\n", input + 4 * gray);
    assert!(text.contains(&unshared), "{text}");
    // The offset of a buffer, from the rows of the table.
    let place = |name: &str| {
        let rows = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut found = rows.filter(|row| row.len() >= 3 && row[2] == name);
        let row = found.find(|row| row[0].parse::<usize>().is_ok()).unwrap();
        let numbers = [row[0], row[1]].map(|number| number.parse::<usize>().unwrap());
        (numbers, row[3..].join(" "))
    };
    let ([offset, bytes], turns) = place("input");
    assert_eq!(bytes, input);
    assert!(turns.starts_with("in turns with "), "{text}");
    for other in turns["in turns with ".len()..].split(", ") {
        let ([begin, length], turns) = place(other);
        assert_eq!(length, gray);
        assert!(begin < offset + bytes && offset < begin + length, "{text}");
        assert!(turns.contains("input"), "{text}");
    }
    assert_eq!(place("gray").0[1], gray);
    assert!(text.contains("schedule of 4 nodes on 2 streams"), "{text}");
    assert!(text.contains("waits for event 0"), "{text}");

    // Without sizes the memory is unknown, but the schedule is known.
    let text = inspect("fork_join.toml", &[]);
    assert!(
        !text.contains("arena") && text.contains(" on 2 streams"),
        "{text}"
    );
}

#[test]
fn text_shows_what_is_fused_and_why_the_rest_is_not() {
    let text = inspect("edges.toml", &["--size", "1920x1080x3"]);
    let fused = "fused, one launch each\n  small + gray + smooth + edges  rule strips\n";
    assert!(text.contains(fused), "{text}");
    assert!(text.contains("each batch: 1 launch,"), "{text}");
    assert!(!text.contains("not fused"), "{text}");

    let text = inspect("edges.toml", &["--size", "1920x1080x3", "--no-fusion"]);
    assert!(
        text.contains("not fused\n  small -> gray    fusion is off\n"),
        "{text}"
    );
    assert!(text.contains("each batch: 4 launches,"), "{text}");

    let text = inspect("fork_join.toml", &["--size", "64x48x3"]);
    assert!(
        text.contains("  gray -> blurred     \"gray\" has 2 consumers\n"),
        "{text}"
    );
    assert!(
        text.contains("  blurred -> edges    \"blurred\" is an output\n"),
        "{text}"
    );

    // Fusion depends on the shapes.
    assert!(!inspect("edges.toml", &[]).contains("fused"));
}

#[test]
fn json_has_the_same_facts() {
    let json = inspect("fork_join.toml", &["--format", "json", "--size", "64x48x3"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["name"], "fork_join");
    assert_eq!(
        json["outputs"],
        serde_json::json!(["blurred", "edges", "fine_edges"])
    );
    assert_eq!(json["inputs"][0]["shape"]["channels"], 3);
    let nodes = json["nodes"].as_array().unwrap();
    let names: Vec<_> = nodes
        .iter()
        .map(|node| node["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[0], "gray");
    assert_eq!(nodes.len(), 4);
    for node in nodes {
        assert_eq!(node["shape"]["width"], 64, "{node}");
        assert_eq!(node["shape"]["channels"], 1, "{node}");
    }
    let memory = &json["memory"];
    assert_eq!(
        (&memory["batch"], &memory["launches"]),
        (&8.into(), &4.into())
    );
    assert_eq!(memory["uploaded"], 8 * 64 * 48 * 3);
    assert_eq!(memory["downloaded"], 3 * 8 * 64 * 48);
    assert_eq!(memory["buffers"][0]["owner"], "input");
    let json: Value = serde_json::from_str(&inspect("edges.toml", &["--format", "json"])).unwrap();
    assert_eq!(json["nodes"][0]["shape"], Value::Null);
    assert_eq!(json["memory"], Value::Null);
}

#[test]
fn drawings_have_every_node_and_edge() {
    let dot = inspect("fork_join.toml", &["--format", "dot"]);
    assert!(dot.starts_with("digraph "), "{dot}");
    assert_eq!(dot.matches(" -> ").count(), 4, "{dot}");
    let mermaid = inspect(
        "fork_join.toml",
        &["--format", "mermaid", "--size", "64x48x3"],
    );
    assert!(mermaid.starts_with("flowchart "), "{mermaid}");
    assert_eq!(mermaid.matches(" --> ").count(), 4, "{mermaid}");
    assert_eq!(mermaid.matches("64x48x1").count(), 4, "{mermaid}");
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let pipeline = example("edges.toml");
    for (size, texts) in [
        ("64x48x1", &["\"gray\"", "64x48x1"][..]),
        ("64x48", &["--size"]),
        ("0x48x3", &["at least 1"]),
    ] {
        let arguments = [
            OsStr::new("inspect"),
            pipeline.as_os_str(),
            "--size".as_ref(),
            size.as_ref(),
        ];
        pixelflume(arguments).ended(2).complained(texts);
    }
    let folder = tempfile::tempdir().unwrap();
    let wrong = chain(folder.path(), &["op = \"blur\""]);
    pixelflume([OsStr::new("inspect"), wrong.as_os_str()])
        .ended(2)
        .complained(&["chain.toml:5:", "help: "]);
}

#[test]
fn without_a_driver_devices_says_so_in_one_line() {
    let ran = pixelflume(["devices"]).ended(0);
    assert_eq!(ran.stderr, "");
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:#?}");
    assert!(
        lines[0].starts_with("host ") && lines[0].contains("thread"),
        "{ran:#?}"
    );
    assert!(lines[1].starts_with("cuda "), "{ran:#?}");
    assert!(lines[1].contains("PIXELFLUME_CUDA_DRIVER=none"), "{ran:#?}");
}

#[test]
fn devices_as_json() {
    let ran = pixelflume(["devices", "--json"]).ended(0);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["devices"].as_array().unwrap().len(), 1);
    assert_eq!(json["devices"][0]["id"], "host");
    assert!(json["devices"][0]["threads"].as_u64().unwrap() >= 1);
    assert_eq!(json["unavailable"][0]["id"], "cuda");
    let reason = json["unavailable"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("PIXELFLUME_CUDA_DRIVER=none"), "{reason}");
}

#[test]
fn long_names_are_cut_and_columns_stay_aligned() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.toml");
    let long = "n".repeat(70_000);
    let text = format!(
        "name = \"red\\u001b[31m\"\noutputs = [\"{long}\"]\n\
         [[node]]\nname = \"a\"\nop = \"flip\"\nfrom = \"input\"\n\
         [[node]]\nname = \"{long}\"\nop = \"flip\"\nfrom = \"a\"\n\
         [[node]]\nname = \"{long}b\"\nop = \"flip\"\nfrom = \"a\"\n"
    );
    fs::write(&file, text).unwrap();
    let shown = format!("{}...{}", "n".repeat(45), "n".repeat(16));
    for further in [
        &[][..],
        &["--size", "16x8x3"],
        &["--schedule"],
        &["--format", "dot"],
        &["--format", "mermaid"],
    ] {
        let arguments = [OsStr::new("inspect"), file.as_os_str()];
        let ran = finish(command().args(arguments).args(further)).ended(0);
        assert!(ran.stdout.contains(&shown), "{further:?}");
        assert!(ran.stdout.len() < 4000 && !ran.stdout.contains('\u{1b}'));
        if further.first().is_none_or(|first| *first == "--size") {
            assert!(ran.stdout.starts_with("pipeline red\\u{1b}[31m\n"));
            let lines = ran.stdout.lines();
            let columns: Vec<_> = lines.filter_map(|line| line.find("  flip  ")).collect();
            assert_eq!(columns, [2 + 64; 2], "{}", ran.stdout);
        }
    }
    let arguments = [OsStr::new("inspect"), file.as_os_str()];
    let ran = finish(command().args(arguments).args(["--format", "json"])).ended(0);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["nodes"][1]["name"], long);
    assert_eq!(json["name"], "red\u{1b}[31m");
}

#[test]
fn a_file_is_written_out_with_its_defaults() {
    let text = inspect("edges.toml", &["--format", "toml"]);
    assert!(text.contains("\nfusion = true\n"), "{text}");
    assert!(text.contains("\noutput = \"magnitude\"\n"), "{text}");
    let unfused = inspect("edges.toml", &["--format", "toml", "--no-fusion"]);
    assert_eq!(unfused, text.replace("fusion = true", "fusion = false"));

    // What a file says of fusion holds without an argument.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("unfused.toml");
    fs::write(&file, &unfused).unwrap();
    let again = |further: &[&str]| {
        let arguments = [OsStr::new("inspect"), file.as_os_str()];
        finish(command().args(arguments).args(further))
            .ended(0)
            .stdout
    };
    assert_eq!(again(&["--format", "toml"]), unfused);
    let plan = again(&["--size", "1920x1080x3"]);
    assert!(plan.contains("each batch: 4 launches,"), "{plan}");
}

#[test]
fn a_pipeline_may_come_through_stdin() {
    let text = fs::read(example("edges.toml")).unwrap();
    let inspect = |text: &[u8]| feed(command().args(["inspect", "/dev/stdin"]), text);
    let Piped { stdout, ran } = inspect(&text);
    ran.ended(0);
    assert!(stdout.starts_with(b"pipeline edges\n"));
    let endless = vec![b'#'; 2 << 20];
    let ran = inspect(&endless).ran.ended(2);
    ran.complained(&["more than 1048576 bytes"]);
}

#[test]
fn processors_are_printed_as_pipelines_that_run() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("preprocessor_config.json");
    fs::write(&json, r#"{"image_processor_type": "CLIPImageProcessor"}"#).unwrap();
    let printed = |arguments: &[&OsStr]| {
        let ran = finish(command().arg("processor").args(arguments)).ended(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    };
    let named = printed(&[OsStr::new("clip")]);
    assert_eq!(printed(&[json.as_os_str()]), named);
    // As some systems write the end of a name; in the folder of the file there is no separator.
    fs::write(folder.path().join("CLIP.JSON"), r#"{"size": 224}"#).unwrap();
    let arguments = ["processor", "CLIP.JSON", "--class", "CLIPImageProcessor"];
    let told = finish(command().current_dir(folder.path()).args(arguments)).ended(0);
    assert_eq!(told.stdout, named);
    assert!(named.starts_with("# The processor clip.\n"), "{named}");
    assert!(
        named.contains("transformers 5.23.0, backend torchvision"),
        "{named}"
    );

    let settings = [
        "clip",
        "--backend",
        "pillow12",
        "--sample",
        "f16",
        "--layout",
        "interleaved",
    ];
    let set = printed(&settings.map(OsStr::new));
    for line in [
        "like = \"pillow12\"",
        "sample = \"f16\"",
        "layout = \"interleaved\"",
    ] {
        assert!(set.lines().any(|found| found == line), "{line}: {set}");
    }

    // The printed file is read back.
    let file = folder.path().join("clip.toml");
    fs::write(&file, &named).unwrap();
    let inspected = finish(
        command()
            .arg("inspect")
            .arg(&file)
            .args(["--size", "640x480x3"]),
    );
    let shapes = inspected.ended(0).stdout;
    assert!(
        line(&shapes, "pixel_values").contains("224x224x3 f32"),
        "{shapes}"
    );

    let names = printed(&[OsStr::new("--list")]);
    assert!(
        names
            .lines()
            .any(|name| name == "ResNet50_Weights.IMAGENET1K_V2"),
        "{names}"
    );
}

#[test]
fn processors_are_refused_by_name() {
    let refused = |arguments: &[&str]| {
        let ran = finish(command().arg("processor").args(arguments)).ended(2);
        assert_eq!(ran.stdout, "");
        ran.stderr
    };
    let error = refused(&["clipp"]);
    assert!(error.contains("did you mean \"clip\"?"), "{error}");
    let error = refused(&["clip", "--backend", "opencv"]);
    assert!(
        error.contains("transformers has no backend opencv"),
        "{error}"
    );
    let error = refused(&["clip", "--backend", "pillow"]);
    assert!(error.contains("pillow12, pillow13"), "{error}");
    let error = refused(&["no/such.json"]);
    assert!(
        error.contains("no/such.json: the processor file cannot be read"),
        "{error}"
    );
    let error = refused(&["clip", "--class", "CLIPImageProcessor"]);
    assert!(error.contains("--class is for files"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    fs::write(&file, "{}").unwrap();
    let error = refused(&[file.to_str().unwrap()]);
    assert!(error.contains("--class ViTImageProcessor"), "{error}");
    refused(&[]);
}
