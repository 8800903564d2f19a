//! The golden files of the JPEG decoder, as far as the page tells of them: how many files of each kind have the samples of each library.
//! The format is that of crates/jpeg/tests/golden/decode/generate.py.

use crate::exactness::golden::line;
use crate::exactness::{row, table_head};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;

/// The file, in the folder of the workspace.
const FILE: &str = "crates/jpeg/tests/golden/decode/files.bin";

/// Groups of files, and what they are.
const GROUPS: [(&str, &str); 17] = [
    (
        "opencv",
        "written by OpenCV's encoder: quality 1 to 100, five samplings, baseline, progressive, optimized, restarts, gray",
    ),
    (
        "pillow",
        "written by Pillow's encoder: the same, and CMYK, RGB, EXIF",
    ),
    (
        "any",
        "random structure: 1, 3, 4 components, 19 sets of sampling factors, scans in any grouping, tables and restarts that change",
    ),
    ("tiny", "random structure, 1x1 to 20x20 pixels"),
    ("progressive", "random progressions"),
    ("incomplete", "random progressions that lack scans"),
    ("factors", "any sampling factors, also impossible ones"),
    (
        "extreme",
        "coefficients and quantizers to the limits of 16 bits",
    ),
    ("without-tables", "no Huffman tables, as in motion JPEG"),
    ("any-cut", "random structure, cut off"),
    ("any-data", "random structure, damaged image data"),
    ("any-bytes", "random structure, damaged anywhere"),
    ("any-markers", "random structure, changed markers"),
    ("any-segments", "random structure, segments swapped or lost"),
    (
        "any-restarts",
        "random structure, restart markers added, lost or changed",
    ),
    ("incomplete-cut", "progressions that lack scans, cut off"),
    (
        "incomplete-data",
        "progressions that lack scans, damaged image data",
    ),
];

/// Libraries by the beginning of the names of forms, and what people call them.
const LIBRARIES: [(&str, &str); 3] = [
    ("opencv", "OpenCV"),
    ("pillow12", "Pillow"),
    ("pillow13", "Pillow"),
];

/// Files that a library decodes, and those that it refuses.
#[derive(Clone, Copy, Default)]
struct Count {
    decoded: usize,
    refused: usize,
}

/// Appends the section.
pub(super) fn section(page: &mut String, root: &Path) -> Result<()> {
    let bytes = fs::read(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    let (versions, counts) = read(&bytes).with_context(|| FILE)?;
    *page += "\n## JPEG files\n\n\
        The number of files of the golden vectors whose samples are equal to the library's in every bit, as RGB and, of OpenCV, also as gray \
        and turned\nas EXIF says; and of files that the library and this project refuse. Of damaged files, with `allow_truncated`, the results \
        are those of OpenCV's\n`imread`; Pillow refuses most of them. Whole files that Pillow alone refuses are not in its numbers.\n\n";
    let names = LIBRARIES.iter().zip(&versions);
    let names = names.map(|((_, name), version)| format!("{name} {version}"));
    let head: Vec<String> = std::iter::once("files".to_owned()).chain(names).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    table_head(page, &head);
    for ((_, about), counts) in GROUPS.iter().zip(counts) {
        let cells = counts.map(|count| match count {
            Count {
                decoded: 0,
                refused: 0,
            } => String::new(),
            Count {
                decoded,
                refused: 0,
            } => format!("{decoded} equal"),
            Count {
                decoded: 0,
                refused,
            } => format!("{refused} refused"),
            Count { decoded, refused } => format!("{decoded} equal, {refused} refused"),
        });
        row(page, &[about, &cells[0], &cells[1], &cells[2]]);
    }
    Ok(())
}

/// The versions of the libraries, and the counts of each group for each library.
fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<[Count; 3]>)> {
    let mut rest = bytes;
    let head = line(&mut rest)?;
    let words: Vec<&str> = head.split(' ').collect();
    let [
        "pixelflume",
        "jpeg",
        "golden",
        "1",
        ref libraries @ ..,
        "files",
        count,
    ] = words[..]
    else {
        bail!("not a golden file of JPEG: {head}");
    };
    let (names, versions): (Vec<&str>, Vec<String>) = libraries
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1].to_owned()))
        .unzip();
    ensure!(
        names == LIBRARIES.map(|(name, _)| name),
        "other libraries: {head}"
    );
    let mut counts = vec![[Count::default(); 3]; GROUPS.len()];
    let mut files = 0;
    while !rest.is_empty() {
        let text = line(&mut rest)?;
        let fields: Vec<&str> = text.split('\t').collect();
        let [_, group, length, ref forms @ ..] = fields[..] else {
            bail!("a file has at least three fields: {text}");
        };
        rest = rest
            .get(length.parse::<usize>()?..)
            .context("a file is cut off")?;
        let group = GROUPS.iter().position(|(name, _)| *name == group);
        let group = group.with_context(|| {
            format!("nothing is said of the group of {text}: xtask/src/exactness/jpeg.rs")
        })?;
        for (library, count) in LIBRARIES.iter().zip(&mut counts[group]) {
            // All forms of a library are decoded, or none.
            let form = forms
                .iter()
                .find(|form| form.starts_with(&format!("{}-", library.0)));
            match form.map(|form| form.ends_with("=refused")) {
                Some(true) => count.refused += 1,
                Some(false) => count.decoded += 1,
                None => {}
            }
        }
        files += 1;
    }
    ensure!(
        files == count.parse::<usize>()?,
        "{files} files, and {count} in {head}"
    );
    Ok((versions, counts))
}
