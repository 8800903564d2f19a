//! `pixelflume bench` on the host device: its list, its measurements, and the form of its results. No time is asserted.

mod common;

use common::{command, finish, pixelflume};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_list_names_the_workloads_and_is_json_too() {
    let text = pixelflume(["bench", "--list"]).ended(0).stdout;
    assert!(
        text.contains("edge-full: 8 or 32 x 1920x1080x3 u8\n"),
        "{text}"
    );
    let ran = pixelflume(["bench", "--list", "--json", "-"]).ended(0);
    let listed: Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|workload| workload["name"].as_str().unwrap())
        .collect();
    let expected = [
        "edge-full",
        "edge-small",
        "blur5",
        "blur7",
        "gray",
        "resize",
        "classify",
        "letterbox",
        "resample",
        "upscale2",
        "upscale3",
        "latency",
    ];
    assert_eq!(names, expected);
    for name in expected {
        assert!(text.contains(&format!("{name}: ")), "{name} in {text}");
    }
    // With --json on stdout, the table goes to stderr.
    assert_eq!(ran.stderr, text);
}

#[test]
fn a_measurement_says_what_moved_and_what_was_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.json");
    let arguments = [
        "bench",
        "--workload",
        "latency,gray",
        "--batch",
        "1",
        "--quick",
        "--no-fusion",
    ];
    let mut command = command();
    // The checked device allocates for its checks.
    command.env_remove("PIXELFLUME_CHECKED");
    command.args(arguments);
    let ran = finish(command.args(["--device", "host", "--json"]).arg(&path)).ended(0);
    for text in ["GB/s", "x floor", "\ngray ", "\nlatency "] {
        assert!(ran.stdout.contains(text), "{text} in {}", ran.stdout);
    }
    let run = json(&path);
    assert_eq!(run["tool"], "pixelflume");
    assert_eq!(run["settings"]["quick"], true);
    assert_eq!(run["settings"]["fusion"], false);
    assert_eq!(run["machine"]["device"]["kind"], "host");
    let copy = run["copy"]["gb_per_s"].as_f64().unwrap();
    assert!(copy > 0.0);
    let workloads = run["workloads"].as_array().unwrap();
    let bytes = [(1920 * 1080 * 4, 2), (640 * 480 * 3 + 320 * 240, 5)];
    assert_eq!(workloads.len(), bytes.len());
    for (workload, (bytes, sizes)) in workloads.iter().zip(bytes) {
        assert_eq!(workload["floor_bytes"], bytes, "{workload:#}");
        assert_eq!(workload["batch"], 1);
        assert_eq!(workload["differing_frames"], 0);
        assert_eq!(workload["device_us"], Value::Null);
        let launches = workload["launches_per_batch"].as_u64().unwrap();
        let nodes = workload["nodes_per_batch"].as_f64().unwrap();
        assert_eq!(nodes, f64::from(sizes - 1));
        assert_eq!(launches, nodes as u64, "without fusion");
        let us = &workload["us_per_batch"];
        let [p10, median, p90] = ["p10", "median", "p90"].map(|key| us[key].as_f64().unwrap());
        assert!(0.0 < p10 && p10 <= median && median <= p90, "{us}");
        let allocations = &workload["execute_direct"]["allocations_per_batch"];
        assert_eq!(allocations["driver"], 0.0, "{workload:#}");
        // The text of a range for NVTX is allocated.
        if !cfg!(feature = "nvtx") {
            assert_eq!(allocations["heap"], 0.0, "{workload:#}");
        }
        // The figures of the table follow from the time and the bytes.
        let band = &workload["bandwidth"];
        if workload["is_latency"] == true {
            assert_eq!(*band, Value::Null);
            continue;
        }
        let share = bytes as f64 / median / 1e3 / copy;
        let close = |key: &str, expected: f64| {
            let got = band[key].as_f64().unwrap();
            assert!(
                (got / expected - 1.0).abs() < 1e-9,
                "{key}: {got}, {expected}"
            );
        };
        close("share_of_copy", share);
        close("ratio_to_floor", 1.0 / share);
    }
}

#[test]
fn fused_plans_give_the_same_with_fewer_launches() {
    let arguments = ["bench", "--workload", "latency", "--quick", "--json", "-"];
    let ran = pixelflume(arguments).ended(0);
    let run: Value = serde_json::from_str(&ran.stdout).unwrap();
    let workload = &run["workloads"][0];
    assert_eq!(workload["differing_frames"], 0);
    assert_eq!(workload["nodes_per_batch"], 4.0);
    assert!(
        workload["launches_per_batch"].as_u64().unwrap() < 4,
        "{workload:#}"
    );
}

#[test]
fn a_dump_has_the_images_and_the_results_of_each_workload() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("new/images");
    pixelflume([
        "bench",
        "--workload",
        "latency",
        "--dump",
        to.to_str().unwrap(),
    ])
    .ended(0);
    let mut expected: Vec<String> = ["input", "output"]
        .iter()
        .flat_map(|kind| (0..4).map(move |index| format!("latency.{kind}-{index}.npy")))
        .collect();
    expected.sort();
    assert_eq!(common::names(&to), expected);
    let bytes = |name: &str| fs::read(to.join(name)).unwrap();
    let input = bytes("latency.input-0.npy");
    assert_eq!(input.len() % 64, 640 * 480 * 3 % 64);
    assert!(input.starts_with(b"\x93NUMPY"));
    assert_ne!(input, bytes("latency.input-1.npy"));
    assert!(bytes("latency.output-0.npy").len() > 320 * 240);
}

#[test]
fn a_cold_start_is_measured_in_processes_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("start.json");
    let ran = pixelflume([
        "bench",
        "--cold-start",
        "--quick",
        "--device",
        "host",
        "--json",
        path.to_str().unwrap(),
    ])
    .ended(0);
    assert!(ran.stdout.contains("kernel modules"), "{}", ran.stdout);
    let start = json(&path);
    let warm = start["warm"].as_array().unwrap();
    assert_eq!(warm.len(), 2);
    for start in warm.iter().chain([&start["cold"]]) {
        let part = |key: &str| start[key].as_f64().unwrap();
        let parts = part("device_us") + part("first_run_us");
        assert!(0.0 < parts && parts < part("total_us"), "{start}");
    }
}

#[test]
fn what_is_asked_for_in_vain_is_refused() {
    pixelflume(["bench", "--workload", "edge-ful"])
        .ended(2)
        .complained(&["there is no workload \"edge-ful\"", "edge-full, edge-small"]);
    pixelflume(["bench", "--device", "cuda", "--workload", "latency"])
        .ended(2)
        .complained(&["help: --device host computes on the CPU"]);
    pixelflume(["bench", "--list", "--dump", "x"]).ended(2);
    pixelflume(["bench", "--batch", "0"]).ended(2);
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("none/results.json");
    pixelflume(["bench", "--list", "--json", nowhere.to_str().unwrap()])
        .ended(2)
        .complained(&["cannot write"]);
}

#[test]
fn every_section_has_a_table_and_results() {
    /// Parts of the table, each with a figure that belongs to it.
    type Parts<'a> = &'a [(&'a str, &'a str)];
    let sections: [(&str, Parts<'_>); 8] = [
        (
            "memory",
            &[("manager, pooled, 1 MiB", "/results/0/ns/median")],
        ),
        (
            "staging",
            &[("page-locked copies", "/results/batches/0/ways/0/share")],
        ),
        (
            "mixed",
            &[("bare staged copies", "/results/ways/2/us/median")],
        ),
        ("mixed-long", &[("91 to 100", "/results/parts/9/us/median")]),
        (
            "submission",
            &[
                ("bare graph us", "/results/chains/3/ways/3/wall_us/median"),
                ("ours us", "/results/submits/3/call_us/median"),
            ],
        ),
        (
            "jobs",
            &[
                ("frames 320x180", "/results/rates/0/images_per_s"),
                ("JPEG about 500x375", "/results/rates/5/images"),
                ("any busy %", "/results/device_use/0/any"),
                ("batch waits ms", "/results/single_images/11/us/p99"),
                ("48 results equal those of a runner", "/results/compared"),
            ],
        ),
        (
            "engine",
            &[(
                "results held by the consumer",
                "/results/in_flight/4/frames_per_s",
            )],
        ),
        (
            "jpeg",
            &[
                (
                    "320x180 4:2:0 q90",
                    "/results/files/0/rows/0/images_per_s/median",
                ),
                ("host device", "/results/files/1/rows/1/images_per_s/median"),
            ],
        ),
    ];
    for (section, parts) in sections {
        let arguments = ["bench", section, "--quick", "--device", "host"];
        let ran = pixelflume(arguments.into_iter().chain(["--json", "-"])).ended(0);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["section"], section);
        assert_eq!(report["machine"]["device"]["kind"], "host");
        for (part, figure) in parts {
            assert!(ran.stderr.contains(part), "{}", ran.stderr);
            let figure = report.pointer(figure).and_then(Value::as_f64);
            assert!(figure.is_some_and(|figure| figure > 0.0), "{report:#}");
        }
    }
}

#[test]
fn shares_are_compared_for_gpus_that_have_some() {
    pixelflume(["bench", "--check", "--device", "host"])
        .ended(3)
        .complained(&["no shares of the copy bandwidth are stored for"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shares.json");
    fs::write(&file, "{}").unwrap();
    for (file, text) in [
        (file.as_path(), "no table of shares"),
        (Path::new("/none/shares.json"), "cannot be read"),
    ] {
        let file = file.to_str().unwrap();
        pixelflume(["bench", "--check", file, "--device", "host"])
            .ended(2)
            .complained(&[text]);
    }
    pixelflume(["bench", "engine", "--list"]).ended(2);
    for arguments in [["--files", "."], ["--decoder", "nvjpeg"]] {
        pixelflume(["bench", "memory"].into_iter().chain(arguments))
            .ended(2)
            .complained(&["only for the section jpeg"]);
    }
    pixelflume(["bench", "memory", "--device", "cuda:0,host"])
        .ended(2)
        .complained(&["--device cuda:0,host: this section measures one device"]);
    pixelflume(["bench", "jobs", "--device", "cuda:0,cuda"])
        .ended(2)
        .complained(&["cuda:0 is named twice"]);
    let empty = folder.path().to_str().unwrap();
    pixelflume(["bench", "jpeg", "--device", "host", "--files", empty])
        .ended(2)
        .complained(&["there is no JPEG file in"]);
    pixelflume(["bench", "--trace", "trace.json"])
        .ended(2)
        .complained(&["only for the section engine"]);
}
