//! The golden data of processors, as far as the page tells of it. The format is that of
//! crates/pipeline/tests/processors/generate.py.

use super::{row, table_head};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The outputs of a processor of a library with one backend.
#[derive(Deserialize)]
pub(super) struct Set {
    processor: String,
    /// Arguments of a processor that is read from no file.
    options: Option<serde_json::Map<String, Value>>,
    backend: String,
    library: String,
    version: String,
    /// The libraries below it, with their versions.
    with: String,
    cases: Vec<Value>,
}

#[derive(Deserialize)]
struct File {
    sets: Vec<Set>,
}

/// All sets, by the names of their files.
pub(super) fn sets(root: &Path) -> Result<Vec<Set>> {
    let folder = root.join("crates/pipeline/tests/processors/golden");
    let entries = fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry?.path());
    }
    paths.sort();
    let mut sets = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let file: File =
            serde_json::from_str(&text).with_context(|| format!("{}", path.display()))?;
        sets.extend(file.sets);
    }
    Ok(sets)
}

/// A row for each processor, a column for each backend, and the libraries of the backends below.
pub(super) fn table(page: &mut String, sets: &[Set]) {
    // Backends in the order of the files, with the libraries below them.
    let mut backends: Vec<&str> = Vec::new();
    let mut with: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for set in sets {
        if !backends.contains(&set.backend.as_str()) {
            backends.push(&set.backend);
        }
        let with = with.entry(&set.backend).or_default();
        if !with.contains(&set.with.as_str()) {
            with.push(&set.with);
        }
    }
    table_head(page, &[&["processor", "library"], &backends[..]].concat());
    for first in sets {
        let of_processor = |set: &&Set| set.processor == first.processor;
        let of_it: Vec<&Set> = sets.iter().filter(of_processor).collect();
        if !std::ptr::eq(of_it[0], first) {
            continue;
        }
        let mut cells = vec![
            format!("`{}`{}", first.processor, first.options_text()),
            format!("{} {}", first.library, first.version),
        ];
        for backend in &backends {
            let set = of_it.iter().find(|set| set.backend == *backend);
            cells.push(set.map_or_else(String::new, |set| set.cases.len().to_string()));
        }
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        row(page, &cells);
    }
    *page += "\n";
    for backend in &backends {
        *page += &format!("- *{backend}*: {}.\n", with[backend].join("; "));
    }
}

impl Set {
    /// The arguments, as in ` (crop 224, resize 256)`.
    fn options_text(&self) -> String {
        let Some(options) = self.options.as_ref().filter(|options| !options.is_empty()) else {
            return String::new();
        };
        let texts = options.iter().map(|(name, value)| match value {
            Value::String(text) => format!("{name} {text}"),
            other => format!("{name} {other}"),
        });
        format!(" ({})", texts.collect::<Vec<_>>().join(", "))
    }
}
