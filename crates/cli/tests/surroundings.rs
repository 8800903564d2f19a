//! The environment of the command: full or closed standard streams, few threads, and paths that are not Unicode.

#![cfg(target_os = "linux")]

mod common;

use common::{Piped, chain, command, feed, finish, names, pixels, save};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with a pipeline and an image.
fn prepared() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let image = folder.path().join("a.png");
    save(&image, &pixels(20, 10, 3, 1));
    (folder, pipeline, image)
}

/// A stream that refuses every write.
fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Exit status and standard error of a command with this standard output.
fn to(stdout: impl Into<Stdio>, command: &mut Command) -> (Option<i32>, String) {
    let child = command.stdout(stdout).stderr(Stdio::piped()).spawn();
    let output = child.unwrap().wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

/// The command started by a shell, which can do more with it than [`Command`]; the script refers to it as `"$0" "$@"`.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(env!("CARGO_BIN_EXE_pixelflume"))
        .env("PIXELFLUME_CUDA_DRIVER", "none")
        .env_remove("PIXELFLUME_LOG");
    command
}

#[test]
fn a_result_that_cannot_be_printed_is_an_error() {
    let (folder, pipeline, image) = prepared();
    let pipeline = pipeline.to_str().unwrap();
    let commands: [&[&str]; 10] = [
        &["devices"],
        &["devices", "--json"],
        &["inspect", pipeline],
        &["inspect", pipeline, "--format", "json"],
        &["inspect", pipeline, "--schedule"],
        &["bench", "--list"],
        &["bench", "--list", "--json", "-"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ];
    for arguments in commands {
        let (status, stderr) = to(full(), command().args(arguments));
        assert_eq!(status, Some(2), "{arguments:?}: {stderr}");
        let text = "error: cannot write to stdout: ";
        assert!(stderr.contains(text), "{arguments:?}: {stderr}");
    }
    // The results of a run are files, and they are complete.
    let mut run = command();
    run.arg("run").arg(pipeline).arg(&image);
    run.arg("--out").arg(folder.path().join("out"));
    let (status, stderr) = to(full(), &mut run);
    assert_eq!(status, Some(1), "{stderr}");
    assert!(stderr.contains("error: cannot write to stdout: "));
    assert_eq!(names(&folder.path().join("out")), ["a.png"]);
    // Without a summary there is nothing to write.
    assert_eq!(to(full(), run.arg("--quiet")), (Some(0), String::new()));
}

#[test]
fn a_pipe_that_nobody_reads_is_no_error() {
    let (_folder, pipeline, _) = prepared();
    for arguments in [&["devices"][..], &["bench", "--list"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = to(writer, command().args(arguments));
        assert_eq!(ended, (Some(0), String::new()), "{arguments:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = to(writer, command().arg("inspect").arg(pipeline));
    assert_eq!(ended, (Some(0), String::new()));
}

#[test]
fn a_log_that_cannot_be_written_changes_nothing() {
    let (folder, pipeline, image) = prepared();
    let missing = folder.path().join("missing.png");
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for (number, stderr) in [Stdio::from(full()), closed()].into_iter().enumerate() {
        let out = folder.path().join(format!("out{number}"));
        let mut run = command();
        run.env("PIXELFLUME_LOG", "trace").arg("run").arg(&pipeline);
        run.arg(&image).arg("--out").arg(&out);
        let status = run.stderr(stderr).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(0));
        assert_eq!(names(&out), ["a.png"]);
    }
    // Errors that cannot be printed are visible in the exit status.
    for (input, status) in [(&missing, 2), (&image, 0)] {
        let mut run = command();
        run.env("PIXELFLUME_LOG", "no such filter=[").arg("run");
        run.arg(&pipeline).arg(input).arg("--out");
        let ran = run.arg(folder.path().join("out")).stderr(full());
        assert_eq!(
            ran.stdout(Stdio::null()).status().unwrap().code(),
            Some(status)
        );
    }
    let ran = command().arg("no-such-command").stderr(full()).status();
    assert_eq!(ran.unwrap().code(), Some(2));
}

#[test]
fn streams_that_are_closed_do_not_lend_their_numbers_to_files() {
    let (folder, pipeline, image) = prepared();
    let expected = folder.path().join("expected");
    let run = |command: &mut Command, out: &Path| {
        command.arg("run").arg(&pipeline).arg(&image);
        command.arg("--out").arg(out).status().unwrap().code()
    };
    assert_eq!(run(command().stdout(Stdio::null()), &expected), Some(0));
    for (number, closed) in ["<&-", "<&- >&-", "2>&-", "<&- >&- 2>&-"]
        .iter()
        .enumerate()
    {
        let out = folder.path().join(format!("out{number}"));
        // Messages must not end up in a file that got the number of a closed stream.
        let mut shell = shell(&format!("exec \"$0\" \"$@\" {closed}"));
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        shell.env("PIXELFLUME_LOG", "trace");
        assert_eq!(run(&mut shell, &out), Some(0), "{closed}");
        let file = |folder: &Path| fs::read(folder.join("a.png")).unwrap();
        assert_eq!(file(&out), file(&expected), "{closed}");
    }
}

#[test]
fn names_cannot_forge_messages_or_steer_the_terminal() {
    let (folder, _, _) = prepared();
    let pipeline = folder.path().join("p.toml");
    let text =
        "name = \"a\\u001b[31m\"\n[[node]]\nname = \"n\"\nfrom = \"input\"\nop = \"sobel\"\n";
    fs::write(&pipeline, text).unwrap();
    let input = folder
        .path()
        .join("bad\u{1b}[31m\u{9b}31m\r\nerror: forged.png");
    fs::write(&input, "no image").unwrap();
    let mut run = command();
    run.env("PIXELFLUME_LOG", "trace").arg("run").arg(&pipeline);
    run.arg(&input).arg("--out").arg(folder.path().join("out"));
    let ran = finish(&mut run).ended(1);
    let steers = |c: char| c.is_control() && c != '\n';
    assert!(!ran.stderr.contains(steers), "{ran:#?}");
    let errors = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    assert_eq!(errors.count(), 1, "{ran:#?}");
    ran.complained(&["bad\\u{1b}[31m\\u{9b}31m\\r\\nerror: forged.png: "]);
    let mut inspect = command();
    let ran = finish(inspect.arg("inspect").arg(&pipeline)).ended(0);
    assert!(!ran.stdout.contains(steers), "{ran:#?}");
}

#[test]
fn with_fewer_threads_than_asked_for_everything_is_done() {
    let (folder, pipeline, image) = prepared();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    // One image per thread, since no more threads are started than there are images.
    for number in 0..1024 {
        fs::hard_link(&image, inputs.join(format!("{number:04}.png"))).unwrap();
    }
    let report = folder.path().join("report.json");
    let out = folder.path().join("out");
    let mut run = shell("ulimit -v 4000000; exec \"$0\" \"$@\"");
    run.arg("run").arg(&pipeline).arg(&inputs);
    run.args(["--threads", "1024", "--out"]).arg(&out);
    let ran = finish(run.arg("--report").arg(&report)).ended(0);
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    let ran = ran.complained(&["warning: "]);
    assert!(ran.stderr.contains(" of 1024 threads "), "{ran:#?}");
    assert_eq!(names(&out).len(), 1024);
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&report).unwrap()).unwrap();
    let threads = report["effective"]["threads"].as_u64().unwrap();
    assert!((1..1024).contains(&threads), "{threads}");
}

#[test]
fn a_video_runs_with_few_threads_too() {
    let (folder, pipeline, _) = prepared();
    let mut run = shell("ulimit -v 4000000; exec \"$0\" \"$@\"");
    run.arg("run").arg(&pipeline).args(["-", "--out", "-"]);
    run.args(["--threads", "1024"]);
    let mut stream = b"YUV4MPEG2 W4 H2 Cmono\n".to_vec();
    for _ in 0..20 {
        stream.extend(b"FRAME\n01234567");
    }
    let Piped { stdout, ran } = feed(&mut run, &stream);
    ran.ended(0);
    assert_eq!(stdout.len(), stream.len());
    drop(folder);
}

#[test]
fn paths_need_not_be_text() {
    let (folder, pipeline, image) = prepared();
    let name = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    // `=` is a character of paths, too.
    let odd = folder.path().join(name(b"a\xff=b.png"));
    fs::copy(&image, &odd).unwrap();
    let mut named = name(b"--input=input=");
    named.push(&odd);
    for argument in [named.as_os_str(), odd.as_os_str()] {
        let out = folder.path().join(name(b"out\xfe"));
        let mut run = command();
        run.arg("run").arg(&pipeline).arg(argument);
        finish(run.arg("--out").arg(&out)).ended(0);
        let mut result = Vec::new();
        let path = out.join(name(b"a\xff=b.png"));
        File::open(path).unwrap().read_to_end(&mut result).unwrap();
        assert!(!result.is_empty());
        fs::remove_dir_all(&out).unwrap();
    }
    for wrong in [
        &b"--input=a\xff=b"[..],
        b"--input=\xff",
        b"--input==\xff",
        b"--input=input=",
    ] {
        let mut run = command();
        run.arg("run").arg(&pipeline).arg(name(wrong));
        finish(run.args(["--out", "out"]))
            .ended(2)
            .complained(&["error: ", "for example left=a.png"]);
    }
}
