//! Signals that end a run: complete results stay, incomplete ones are removed, and the process ends by the signal.

#![cfg(target_os = "linux")]

mod common;

use common::{chain, names, pixels, save};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const HUP: i32 = 1;
const INT: i32 = 2;
const TERM: i32 = 15;

const FRAME: &[u8] = b"FRAME\n01234567";

/// Starts the command from a shell that runs `first` before; the command inherits the signals that the shell ignores.
fn start(first: &str, arguments: &[&Path]) -> Child {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{first}\nexec \"$0\" run \"$@\""))
        .arg(env!("CARGO_BIN_EXE_pixelflume"))
        .args(arguments)
        .env("PIXELFLUME_CUDA_DRIVER", "none")
        .env_remove("PIXELFLUME_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn send(signal: i32, child: &Child) {
    let kill = format!("kill -{signal} {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

/// Whether the test process ignores this signal; the command would inherit that, so the test is skipped then.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask >> (signal - 1) & 1 == 1
}

/// Waits until a condition holds. The time limit only ends a test that hangs.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(120), "never {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for the end of the command, and checks that it ended by a signal and printed nothing else.
fn end_of(mut child: Child) -> (ExitStatus, String) {
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().unwrap();
    pipe.read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap(), stderr)
}

fn temporaries(folder: &Path) -> usize {
    let names = names(folder).into_iter();
    names
        .filter(|name| name.starts_with(".pixelflume-"))
        .count()
}

/// A run over a video whose input stays open, with one frame in its temporary file.
fn video(folder: &Path, first: &str) -> Child {
    let pipeline = chain(folder, &["op = \"gaussian_blur\"\nsize = 3"]);
    let (out, report) = (folder.join("out.y4m"), folder.join("report.json"));
    let mut arguments = vec![pipeline.as_path(), Path::new("-")];
    arguments.extend([Path::new("--out"), &out, Path::new("--report"), &report]);
    arguments.extend(["--batch", "1"].map(Path::new));
    let mut child = start(first, &arguments);
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(b"YUV4MPEG2 W4 H2 Cmono\n").unwrap();
    stdin.write_all(FRAME).unwrap();
    wait_until("two temporary files", || temporaries(folder) == 2);
    child
}

#[test]
fn a_video_that_is_interrupted_leaves_nothing() {
    for signal in [HUP, INT, TERM].into_iter().filter(|&s| !is_ignored(s)) {
        let folder = tempfile::tempdir().unwrap();
        let child = video(folder.path(), "");
        send(signal, &child);
        let (status, stderr) = end_of(child);
        assert_eq!(status.signal(), Some(signal), "{status} {stderr}");
        assert_eq!(names(folder.path()), ["chain.toml"], "{signal}");
    }
}

#[test]
fn signals_that_were_ignored_stay_ignored() {
    for (first, signal) in [("trap '' HUP", HUP), ("trap '' INT", INT)] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = video(folder.path(), first);
        send(signal, &child);
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(FRAME).unwrap();
        drop(stdin);
        let (status, stderr) = end_of(child);
        assert_eq!(status.code(), Some(0), "{status} {stderr}");
        let expected = ["chain.toml", "out.y4m", "report.json"];
        assert_eq!(names(folder.path()), expected);
    }
}

#[test]
fn images_that_are_done_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (inputs, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&inputs).unwrap();
    let image = pixels(400, 300, 3, 1);
    save(&inputs.join("0000.png"), &image);
    for number in 1..2000 {
        fs::hard_link(
            inputs.join("0000.png"),
            inputs.join(format!("{number:04}.png")),
        )
        .unwrap();
    }
    let pipeline = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let arguments = [&pipeline, &inputs, Path::new("--out"), &out];
    let further = ["--threads", "4", "--batch", "4"].map(Path::new);
    let arguments: Vec<&Path> = arguments.into_iter().chain(further).collect();
    for count in [1, 7, 30] {
        let child = start("", &arguments);
        let done = || {
            names(&out)
                .iter()
                .filter(|name| name.ends_with(".png"))
                .count()
        };
        wait_until("some images", || out.exists() && done() > count);
        send(TERM, &child);
        let (status, stderr) = end_of(child);
        assert_eq!(status.signal(), Some(TERM), "{status} {stderr}");
        let done = names(&out);
        assert!(
            (1..2000).contains(&done.len()),
            "{} of 2000 images",
            done.len()
        );
        for name in done {
            assert!(name.ends_with(".png"), "{name}");
            let result = common::load(&out.join(name));
            assert_eq!((result.width, result.height), (400, 300));
        }
        fs::remove_dir_all(&out).unwrap();
    }
}
