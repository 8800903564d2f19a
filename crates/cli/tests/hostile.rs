//! Inputs that take too much memory or keep a reader waiting: each is refused with a reason, and the others are processed.

mod common;

use common::{chain, chunk, edges, example, finish, load, names, pixels, run, save};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// Everything in a folder of images that is no regular file is reported by name, and nothing waits for it.
#[cfg(unix)]
#[test]
fn pipes_and_devices_in_a_folder_of_images_are_told_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let good = pixels(40, 30, 3, 1);
    save(&inputs.join("good.png"), &good);
    let made = std::process::Command::new("mkfifo")
        .arg(inputs.join("pipe.png"))
        .status();
    assert!(made.unwrap().success());
    for (link, to) in [("zero.jpg", "/dev/zero"), ("null.png", "/dev/null")] {
        std::os::unix::fs::symlink(to, inputs.join(link)).unwrap();
    }
    let out = folder.path().join("out");
    let ran = run(&example("edges.toml"), &[&inputs], &out, &[]).ended(1);
    ran.complained(&[
        "pipe.png: it is a named pipe",
        "zero.jpg: it is a device",
        "null.png: it is a device",
    ]);
    assert_eq!(names(&out), ["good.png"]);
    assert_eq!(load(&out.join("good.png")), edges(&good));
}

/// A sparse file of 8 GB with these first bytes, and zeros after them.
fn sparse(path: &Path, begin: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(begin).unwrap();
    file.set_len(8 << 30).unwrap();
}

/// Runs with 4 GB of address space.
#[cfg(target_os = "linux")]
fn bounded(pipeline: &Path, input: &Path, out: &Path, further: &[&str]) -> common::Ran {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .arg("run")
        .arg(pipeline)
        .arg(input)
        .arg("--out")
        .arg(out);
    command.args(further).args(["--threads", "2"]);
    finish(command.env("PIXELFLUME_CUDA_DRIVER", "none"))
}

#[cfg(target_os = "linux")]
#[test]
fn long_files_are_read_no_further_than_their_image() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let jpeg = inputs.join("a.jpg");
    save(&jpeg, &pixels(16, 8, 3, 1));
    let whole = fs::read(&jpeg).unwrap();
    let out = folder.path().join("out");
    let pipeline = example("edges.toml");
    // Bytes after the end of the image are ignored.
    sparse(&jpeg, &whole);
    bounded(&pipeline, &inputs, &out, &[]).ended(0);
    // Headers without end, and an image larger than allowed. An image of one scan needs no marker at its end.
    sparse(&jpeg, &whole[..whole.len() - 2]);
    sparse(&inputs.join("b.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF");
    sparse(&inputs.join("c.pam"), b"P7\nWIDTH ");
    sparse(&inputs.join("d.pgm"), b"P5 # ");
    sparse(&inputs.join("e.png"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    sparse(&inputs.join("f.bmp"), b"BM");
    let ran = bounded(&pipeline, &inputs, &out, &["--max-pixels", "1000"]).ended(1);
    let lines = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    assert_eq!(lines.count(), 5, "{ran:#?}");
    ran.complained(&["b.jpg: ", "c.pam: its header is longer than", "d.pgm: "]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_takes_too_much_memory_is_refused_and_the_option_named() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let image = pixels(600, 400, 3, 1);
    save(&inputs.join("a.png"), &image);
    save(&inputs.join("b.png"), &pixels(40, 30, 3, 2));
    let out = folder.path().join("out");
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    // Reading the image takes too much; the other one is processed.
    let ran = run(&blur, &[&inputs], &out, &["--host-memory", "1MiB"]).ended(1);
    ran.complained(&["a.png: ", "--host-memory"]);
    assert_eq!(names(&out), ["b.png"]);
    // Its results take too much.
    let size = 1 << 16;
    let node = format!("op = \"resize\"\nwidth = {size}\nheight = {size}");
    let large = chain(folder.path(), &[&node]);
    let ran = bounded(&large, &inputs, &out, &[]).ended(1);
    ran.complained(&[
        "a.png: writing the results of 600x400x3 u8 takes",
        "--host-memory",
    ]);
    // The images between its nodes take too much.
    let between = [&node, "op = \"resize\"\nwidth = 8\nheight = 8"];
    let between = chain(folder.path(), &between);
    let ran = bounded(&between, &inputs, &out, &["--no-fusion"]).ended(1);
    ran.complained(&["a.png: ", "--host-memory"]);
}

#[test]
fn as_many_images_as_fit_are_on_their_way() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    // Each image takes more than half of the budget, with many decoder threads, in batches that never fill.
    let image = pixels(300, 200, 3, 1);
    for number in 0..12 {
        save(&inputs.join(format!("{number}.png")), &image);
    }
    for number in 0..4 {
        save(
            &inputs.join(format!("s{number}.png")),
            &pixels(9, 8 + number, 3, 1),
        );
    }
    let out = folder.path().join("out");
    let further = ["--host-memory", "3MiB", "--threads", "7", "--batch", "64"];
    run(&example("edges.toml"), &[&inputs], &out, &further).ended(0);
    assert_eq!(names(&out).len(), 16);
    assert_eq!(load(&out.join("11.png")), edges(&image));
}

#[test]
fn a_video_of_a_header_alone_has_no_engine() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("a.y4m");
    let (out, file) = (folder.path().join("o.y4m"), folder.path().join("r.json"));
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    let further = ["--report", file.to_str().unwrap()];
    let header = "YUV4MPEG2 W10000 H10000 C444\n";
    for (content, status) in [
        (header.to_owned(), 0),
        (format!("{header}FRAME\nnot all of it"), 1),
    ] {
        fs::write(&video, content).unwrap();
        run(&blur, &[&video], &out, &further).ended(status);
        let report: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(report["engines"]["made"], 0);
        assert!(fs::read(&out).unwrap().ends_with(b" C444\n"));
    }
    let further = ["--host-memory", "64MiB"];
    let ran = run(&blur, &[&video], &out, &further).ended(1);
    ran.complained(&["reading and writing a frame takes", "--host-memory"]);
}

#[test]
fn interlaced_chroma_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("a.y4m");
    let blur = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
    for (header, told) in [
        ("It", true),
        ("Im", true),
        ("Ip", false),
        ("It C444", false),
    ] {
        fs::write(&video, format!("YUV4MPEG2 W4 H2 {header}\n")).unwrap();
        let ran = run(&blur, &[&video], &folder.path().join("o.y4m"), &[]).ended(0);
        assert_eq!(ran.stderr.contains("interlaced"), told, "{header} {ran:#?}");
    }
}

/// Runs a command whose last line on stderr is `peak N` with a peak in kB; returns MiB.
#[cfg(target_os = "linux")]
fn peak_mib(command: &mut std::process::Command) -> u64 {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("peak "));
    line.unwrap_or_else(|| panic!("{text}"))
        .parse::<u64>()
        .unwrap()
        / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn what_decoders_keep_before_pixels_is_bounded_for_all_threads_together() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    // A color profile of 200 MB of zeros, compressed to 200 KB.
    let mut profile = b"name\0\0".to_vec();
    profile.extend(zeros(200 << 20));
    save(&inputs.join("a.png"), &pixels(8, 8, 3, 1));
    let plain = fs::read(inputs.join("a.png")).unwrap();
    // After the chunk of the header.
    let bomb = [&plain[..33], &chunk(b"iCCP", &profile), &plain[33..]].concat();
    for number in 0..24 {
        fs::write(inputs.join(format!("{number}.png")), &bomb).unwrap();
    }
    let mut command = std::process::Command::new("sh");
    let script = "\"$0\" \"$@\" >/dev/null 2>&1 & p=$!; m=0; \
        while s=$(grep VmHWM /proc/$p/status 2>/dev/null); do m=${s#*:}; done; echo peak ${m%kB} >&2";
    command.args(["-c", script, env!("CARGO_BIN_EXE_pixelflume"), "run"]);
    command
        .arg(example("edges.toml"))
        .arg(&inputs)
        .arg("--out")
        .arg(folder.path().join("o"));
    command.args(["--threads", "24", "--host-memory", "256MiB"]);
    command.env("PIXELFLUME_CUDA_DRIVER", "none");
    let peak = peak_mib(&mut command);
    assert!(peak < 256, "{peak} MiB");
}

/// A zlib stream (RFC 1950) of `count` zeros, in blocks with one code for the longest run (RFC 1951, 3.2.6).
#[cfg(target_os = "linux")]
fn zeros(count: usize) -> Vec<u8> {
    let (mut bytes, mut bits, mut filled) = (vec![0x78, 0x9c], 0_u64, 0);
    let mut push = |value: u64, count: u32, bytes: &mut Vec<u8>| {
        bits |= value << filled;
        filled += count;
        while filled >= 8 {
            bytes.push(bits as u8);
            bits >>= 8;
            filled -= 8;
        }
    };
    // The last block, with fixed codes: a literal zero, then runs of 258 at a distance of 1.
    push(0b011, 3, &mut bytes);
    push(0b0000_1100, 8, &mut bytes);
    let runs = count / 258;
    for _ in 0..runs {
        push(0b1010_0011, 8, &mut bytes);
        push(0, 5, &mut bytes);
    }
    push(0, 7, &mut bytes);
    push(0, 7, &mut bytes);
    let (mut a, mut b) = (1_u64, 0_u64);
    for _ in 0..=runs * 258 {
        b = (b + a) % 65_521;
        a %= 65_521;
    }
    bytes.extend((((b << 16) | a) as u32).to_be_bytes());
    bytes
}

#[cfg(target_os = "linux")]
#[test]
fn with_little_memory_large_images_are_refused_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    fs::write(inputs.join("large.pgm"), b"P5 13000 13000 255\n0").unwrap();
    let good = pixels(40, 30, 3, 1);
    save(&inputs.join("good.png"), &good);
    let out = folder.path().join("out");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 700000; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .arg("run")
        .arg(example("edges.toml"))
        .arg(&inputs)
        .arg("--out")
        .arg(&out);
    let ran = finish(command.env("PIXELFLUME_CUDA_DRIVER", "none")).ended(1);
    ran.complained(&["large.pgm: ", "--host-memory"]);
    assert_eq!(load(&out.join("good.png")), edges(&good));
}

#[cfg(target_os = "linux")]
#[test]
fn with_few_addresses_many_threads_do_not_end_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    for number in 0..10 {
        let image = pixels(100 + 50 * number, 400, 3, number as u64);
        save(&inputs.join(format!("{number:02}.jpg")), &image);
    }
    // Each thread that asks the C library's allocator for memory would have it reserve addresses.
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 900000; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_pixelflume"));
    command.arg("run").arg(example("thumbnails.toml"));
    command.arg(&inputs).arg("--out");
    command.arg(folder.path().join("out"));
    command.args(["--device", &["host"; 16].join(",")]);
    finish(command.env("PIXELFLUME_CUDA_DRIVER", "none")).ended(0);
}
