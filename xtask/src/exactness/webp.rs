//! The section on WebP files, from the files of the tests of `pixelflume-codec`: each with the pixels that Pillow reads from it.

use super::{row, table_head};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// The files, beside the program that made them with Pillow.
const FOLDER: &str = "crates/codec/tests/webp";

/// The beginnings of the names of files, and what they are. A name is of the first that fits.
const GROUPS: [(&str, &str); 4] = [
    ("lossy_alpha", "lossy, with alpha"),
    ("lossy", "lossy"),
    ("lossless_alpha", "lossless, with alpha"),
    ("lossless", "lossless, one with a palette"),
];

/// Appends the section.
pub(super) fn section(page: &mut String, root: &Path) -> Result<()> {
    let folder = root.join(FOLDER);
    let program = folder.join("generate.py");
    let program = fs::read_to_string(&program).with_context(|| format!("{FOLDER}/generate.py"))?;
    let version = program.split_once("with Pillow ");
    let version = version.and_then(|(_, rest)| rest.split_once(' '));
    let (version, _) = version.with_context(|| format!("{FOLDER}/generate.py names no Pillow"))?;
    let mut counts = [0; GROUPS.len()];
    for entry in fs::read_dir(&folder).with_context(|| FOLDER)? {
        let path = entry?.path();
        let has_pixels = path.with_extension("png").exists();
        if path.extension().is_none_or(|extension| extension != "webp") || !has_pixels {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let group = GROUPS.iter().position(|(begin, _)| name.starts_with(begin));
        let group = group
            .with_context(|| format!("nothing is said of {name}: xtask/src/exactness/webp.rs"))?;
        counts[group] += 1;
    }
    ensure!(
        counts.iter().all(|&count| count > 0),
        "{FOLDER} lacks files"
    );
    *page += "\n## WebP files\n\n\
        The number of files of the tests, still images that Pillow wrote, whose pixels are equal in every bit to those that Pillow reads, \
        which are\nlibwebp's. EXIF data are ignored for that, as Pillow does it. Animations are refused.\n\n";
    let library = format!("Pillow {version}");
    table_head(page, &["files", &library]);
    for ((_, about), count) in GROUPS.iter().zip(counts) {
        row(page, &[about, &format!("{count} equal")]);
    }
    Ok(())
}
