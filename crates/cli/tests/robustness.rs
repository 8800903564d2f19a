//! Malformed arguments, streams and files: the command reports the error and ends with a documented exit status. It never
//! panics, and does not allocate memory for sizes that only a header declares.

mod common;

use common::{
    Piped, chain, command, crc, edges, example, feed, finish, load, names, pixels, project,
};
use common::{Ran, run, save};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

/// Checks that the command ended by itself with a documented exit status.
#[track_caller]
fn sound(ran: &Ran, statuses: &[i32]) {
    assert!(statuses.contains(&ran.status), "{ran:#?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    assert_eq!(ran.status != 0, ran.stderr.contains("error"), "{ran:#?}");
}

/// The number of errors printed; other messages may contain the word as well.
fn told(ran: &Ran) -> usize {
    let lines = ran.stderr.lines();
    lines.filter(|line| line.starts_with("error: ")).count()
}

/// Writes small images whose headers declare this width and height.
fn bombs(folder: &Path, width: u16, height: u16) -> Vec<&'static str> {
    let names = vec!["a.bmp", "b.jpg", "c.pgm", "d.png"];
    for &name in &names {
        let path = folder.join(name);
        save(&path, &pixels(16, 8, 1, 7));
        let mut file = fs::read(&path).unwrap();
        let (wide, high) = (u32::from(width), u32::from(height));
        match name {
            "d.png" => {
                file[16..20].copy_from_slice(&wide.to_be_bytes());
                file[20..24].copy_from_slice(&high.to_be_bytes());
                // The CRC covers the type and the data of the header's chunk.
                let crc = crc(&file[12..29]);
                file[29..33].copy_from_slice(&crc.to_be_bytes());
            }
            "b.jpg" => {
                let frame = file.windows(2).position(|bytes| bytes == [0xff, 0xc0]);
                let frame = frame.unwrap();
                file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
                file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
            }
            "a.bmp" => {
                file[18..22].copy_from_slice(&wide.to_le_bytes());
                file[22..26].copy_from_slice(&high.to_le_bytes());
            }
            _ => file = format!("P5 {width} {height} 255\n0").into_bytes(),
        }
        fs::write(&path, file).unwrap();
    }
    names
}

#[test]
fn headers_that_promise_too_much_are_refused_whatever_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let good = pixels(40, 30, 3, 1);
    save(&inputs.join("good.png"), &good);
    // A few pixels more than the default limit.
    let bombs = bombs(&inputs, 13_377, 13_378);
    let out = folder.path().join("out");
    let ran = run(&example("edges.toml"), &[&inputs], &out, &[]).ended(1);
    sound(&ran, &[1]);
    let reason = "13377x13378 is more than 178956970 pixels; raise the limit with --max-pixels";
    assert_eq!(ran.stderr.matches(reason).count(), bombs.len(), "{ran:#?}");
    for name in bombs {
        assert!(ran.stderr.contains(&format!("{name}: ")), "{ran:#?}");
    }
    assert_eq!(names(&out), ["good.png"]);
    assert_eq!(load(&out.join("good.png")), edges(&good));
}

/// With little memory available, an image that is refused by its size must be refused before memory is allocated for it.
#[cfg(target_os = "linux")]
#[test]
fn no_memory_is_taken_for_what_is_refused() {
    use std::process::Command;

    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    let names = bombs(&inputs, 60_000, 60_000);
    let y4m = folder.path().join("bomb.y4m");
    fs::write(&y4m, "YUV4MPEG2 W60000 H60000 C444\nFRAME\n").unwrap();
    let out = folder.path().join("out");
    // 10.8 GB of pixels, 4 GB of address space.
    let bounded = |input: &Path, further: &[&str]| {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_pixelflume"));
        command.arg("run").arg(example("edges.toml")).arg(input);
        command.arg("--out").arg(&out).args(further);
        finish(command.env("PIXELFLUME_CUDA_DRIVER", "none"))
    };
    let reason = "60000x60000 is more than 178956970 pixels";
    let ran = bounded(&inputs, &[]).ended(1);
    sound(&ran, &[1]);
    assert_eq!(ran.stderr.matches(reason).count(), names.len(), "{ran:#?}");
    for (input, further) in [
        (&y4m, &[][..]),
        (&y4m, &["--raw", "60000x60000:rgb"]),
        (&y4m, &["--raw", "60000x60000:nv12"]),
    ] {
        let ran = bounded(input, further).ended(1).complained(&[reason]);
        sound(&ran, &[1]);
    }
}

/// Damage to an example file: flipped bits, or a cut end.
#[derive(Clone, Debug)]
struct Damage {
    photo: usize,
    cut: Option<prop::sample::Index>,
    flips: Vec<(prop::sample::Index, u8)>,
}

const PHOTOS: [&str; 3] = ["camera.png", "chelsea.png", "rocket.jpg"];

fn damage() -> impl Strategy<Value = Damage> {
    let cut = prop::option::of(any::<prop::sample::Index>());
    let flips = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..8);
    // Half of the flipped bits are near the beginning of the file, where the headers are.
    let near = prop::collection::vec((any::<prop::sample::Index>(), 8_u8..16), 0..3);
    (0..PHOTOS.len(), cut, flips, near).prop_map(|(photo, cut, mut flips, near)| {
        flips.extend(near);
        Damage { photo, cut, flips }
    })
}

impl Damage {
    /// The damaged file. Bits with numbers from 8 on are in the first bytes of the file.
    fn apply(&self, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_vec();
        if let Some(cut) = self.cut {
            file.truncate(cut.index(file.len()));
            return file;
        }
        for (at, bit) in &self.flips {
            let begin = if *bit < 8 { file.len() } else { 700 };
            file[at.index(begin)] ^= 1 << (bit % 8);
        }
        file
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn damaged_photographs_are_told_and_the_others_done(damages in prop::collection::vec(damage(), 24)) {
        let folder = tempfile::tempdir().unwrap();
        let inputs = folder.path().join("in");
        fs::create_dir(&inputs).unwrap();
        let photos = PHOTOS.map(|name| fs::read(project("examples/photos").join(name)).unwrap());
        let mut cut = 0;
        for (number, damage) in damages.iter().enumerate() {
            let whole = &photos[damage.photo];
            let file = damage.apply(whole);
            // The last chunk of a PNG file has no content, so losing it alone is no damage.
            cut += usize::from(damage.cut.is_some() && file.len() + 12 < whole.len());
            let extension = PHOTOS[damage.photo].rsplit('.').next().unwrap();
            fs::write(inputs.join(format!("d{number:02}.{extension}")), file).unwrap();
        }
        let good = pixels(21, 17, 3, 5);
        save(&inputs.join("good.png"), &good);
        let out = folder.path().join("out");
        let blur = chain(folder.path(), &["op = \"resize\"\nwidth = 8\nheight = 8"]);
        let ran = run(&blur, &[&inputs], &out, &[]);
        sound(&ran, &[0, 1]);
        let told = told(&ran);
        prop_assert!(told >= cut, "{} of {} cut files are told: {:#?}", told, cut, ran);
        prop_assert!(names(&out).contains(&"good.png".to_owned()));
        prop_assert_eq!(names(&out).len() + told, damages.len() + 1, "{:#?}", ran);
    }

    #[test]
    fn every_cut_of_a_photograph_is_told(cuts in prop::collection::vec(any::<prop::sample::Index>(), 12)) {
        let folder = tempfile::tempdir().unwrap();
        let inputs = folder.path().join("in");
        fs::create_dir(&inputs).unwrap();
        for name in ["camera.png", "rocket.jpg"] {
            let file = fs::read(project("examples/photos").join(name)).unwrap();
            for (number, cut) in cuts.iter().enumerate() {
                let cut = cut.index(file.len() - 12);
                fs::write(inputs.join(format!("{number}{name}")), &file[..cut]).unwrap();
            }
        }
        let out = folder.path().join("out");
        let ran = run(&example("thumbnails.toml"), &[&inputs], &out, &[]);
        sound(&ran, &[1]);
        prop_assert_eq!(told(&ran), 2 * cuts.len(), "{:#?}", ran);
    }
}

/// A random word of a command line.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "run",
        "inspect",
        "devices",
        "--out",
        "--device",
        "--batch",
        "--streams",
        "--threads",
        "--allocator",
        "--memory-limit",
        "--max-pixels",
        "--raw",
        "--out-raw",
        "--execution",
        "--format",
        "--report",
        "--trace",
        "--quiet",
        "--input",
        "--size",
        "--schedule",
        "--json",
        "--help",
        "p.toml",
        "a.png",
        "in.y4m",
        ".",
        "-",
        "",
        "out",
        "o.y4m",
        "input=a.png",
        "host",
        "auto",
        "0",
        "1",
        "2",
        "3",
        "65536",
        "18446744073709551616",
        "-1",
        "4x2:gray",
        "4x2:rgb@25",
        "4294967295x4294967295:rgb",
        "gray",
        "nv12",
        "png",
        "jpg",
        "json",
        "dot",
        "direct",
        "replay",
        "pooled",
        "1KiB",
        "64MiB",
        "1e99GiB",
        "640x480x3",
        "4294967295x1x1",
        "1x1x4294967295",
    ]);
    prop_oneof![
        6 => known.prop_map(str::to_owned),
        1 => "[-a-z0-9=:@.,é ]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_arguments_are_taken_or_refused(
        begin in prop::sample::select(vec![&["run", "p.toml", "a.png", "--out", "out"][..],
            &["run", "p.toml", "in.y4m", "--out", "o.y4m"], &["run", "p.toml"], &["inspect", "p.toml"], &["devices"], &[]]),
        words in prop::collection::vec(word(), 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        // Files written to `..` stay within the folder of the test.
        let here = folder.path().join("here");
        fs::create_dir(&here).unwrap();
        save(&here.join("a.png"), &pixels(4, 2, 3, 1));
        fs::copy(example("thumbnails.toml"), here.join("p.toml")).unwrap();
        fs::write(here.join("in.y4m"), "YUV4MPEG2 W4 H2 Cmono\nFRAME\n01234567").unwrap();
        let mut command = command();
        // Some cases ask for as much memory as the machine has; no case needs threads for that.
        command.current_dir(&here).args(begin).args(&words);
        let ran = finish(&mut command);
        // Help that was not requested, and usage errors, have the exit status 2.
        prop_assert!((0..=2).contains(&ran.status), "{:#?}", ran);
        prop_assert!(!ran.stderr.contains("panicked"), "{:?} {:?} {:#?}", begin, words, ran);
    }

    #[test]
    fn any_stream_is_read_or_refused(
        header in prop::collection::vec(prop_oneof![
            3 => "[WHFIACX][0-9a-z:]{0,8}",
            1 => prop::sample::select(vec!["W4", "H2", "Cmono", "C420jpeg", "C444", "F25:1", "Im", "A1:1"])
                .prop_map(str::to_owned),
        ], 0..5),
        whole in any::<bool>(),
        body in prop::collection::vec(prop_oneof![
            4 => Just(b"FRAME\n01234567".to_vec()),
            2 => Just(b"FRAME Itpp\n0123456789ab".to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ], 0..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = chain(folder.path(), &["op = \"gaussian_blur\"\nsize = 3"]);
        let begin = if whole { "YUV4MPEG2 W4 H2 Cmono" } else { "YUV4MPEG2" };
        let mut stream = begin.as_bytes().to_vec();
        for word in header {
            stream.push(b' ');
            stream.extend(word.as_bytes());
        }
        stream.push(b'\n');
        stream.extend(body.concat());
        let mut command = command();
        command.arg("run").arg(&pipeline).args(["-", "--out", "-", "--max-pixels", "100000"]);
        let Piped { stdout, ran } = feed(&mut command, &stream);
        prop_assert!([0, 1].contains(&ran.status), "{:#?}", ran);
        prop_assert!(!ran.stderr.contains("panicked"), "{:#?}", ran);
        prop_assert_eq!(ran.status, i32::from(ran.stderr.contains("error: stdin: ")), "{:#?}", ran);
        prop_assert!(stdout.is_empty() || stdout.starts_with(b"YUV4MPEG2 W"));
    }
}

#[test]
fn names_of_files_do_not_steer_the_terminal() {
    let name = "no\u{1b}[31m\u{202e}such\nfile.toml";
    let ran = finish(command().args(["inspect", name]));
    assert_eq!(ran.status, 2);
    assert!(!ran.stderr.contains(['\u{1b}', '\u{202e}']), "{ran:#?}");
    let picture = "no\u{1b}[31msuch.png";
    let folder = tempfile::tempdir().unwrap();
    let ran = run(
        &example("edges.toml"),
        &[Path::new(picture)],
        folder.path(),
        &[],
    );
    assert_ne!(ran.status, 0);
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
}
