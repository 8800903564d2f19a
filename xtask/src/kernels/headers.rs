//! The CUDA declarations of the argument structs, written from their one definition in `kernels/src/args`.

use super::COMMAND;
use anyhow::{Context, Result};
use pixelflume_kernels::args::{Constants, Field, Kind, Layout, constants, layouts};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The folder of the headers in that of the kernels.
pub(super) const FOLDER: &str = "args";

/// The expected headers: the text of each by its name.
pub(super) fn texts() -> BTreeMap<String, String> {
    let names: BTreeSet<&str> = layouts()
        .map(|layout| layout.header)
        .chain(constants().map(|set| set.header))
        .collect();
    let text = |name: &str| (format!("{name}.cuh"), text(name));
    names.into_iter().map(text).collect()
}

/// Writes the headers that differ from the expected ones, and removes others.
pub(super) fn write(kernels: &Path) -> Result<()> {
    let folder = kernels.join(FOLDER);
    fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let (there, wanted) = (read(&folder)?, texts());
    for name in there.keys().filter(|name| !wanted.contains_key(*name)) {
        fs::remove_file(folder.join(name))
            .with_context(|| format!("kernels/{FOLDER}/{name} cannot be removed"))?;
    }
    for (name, text) in &wanted {
        if there.get(name) != Some(text) {
            fs::write(folder.join(name), text)
                .with_context(|| format!("kernels/{FOLDER}/{name} cannot be written"))?;
        }
    }
    Ok(())
}

/// Lists the headers that differ from the definitions, one per line.
pub(super) fn problems(kernels: &Path) -> Result<Vec<String>> {
    let (there, wanted) = (read(&kernels.join(FOLDER))?, texts());
    let names: BTreeSet<&String> = there.keys().chain(wanted.keys()).collect();
    let different = names
        .into_iter()
        .filter(|name| there.get(*name) != wanted.get(*name));
    Ok(different
        .map(|name| {
            format!("kernels/{FOLDER}/{name}: not what the structs in kernels/src/args give")
        })
        .collect())
}

fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name() {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            texts.insert(name.to_string_lossy().into_owned(), text);
        }
    }
    Ok(texts)
}

/// The text of one header.
fn text(header: &str) -> String {
    let own: Vec<&Layout> = layouts().filter(|layout| layout.header == header).collect();
    let mut included: BTreeSet<&str> = own
        .iter()
        .flat_map(|layout| layout.fields)
        .filter_map(|field| nested(&field.kind))
        .collect();
    included.remove(header);
    let mut text =
        format!("// Written by `{COMMAND}` from kernels/src/args. Do not edit.\n#pragma once\n\n");
    text.push_str("#include \"types.cuh\"\n");
    for name in included {
        let _ = writeln!(text, "#include \"{FOLDER}/{name}.cuh\"");
    }
    for set in constants().filter(|set| set.header == header) {
        text.push_str(&constant_set(set));
    }
    for layout in own {
        text.push_str(&declaration(layout));
    }
    text
}

/// The header of the struct that a field is, or has as elements.
fn nested(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Number(_) => None,
        Kind::Array(element, _) => nested(element),
        Kind::Struct(layout) => Some(layout.header),
    }
}

fn comment(text: &mut String, indent: &str, doc: &[&str]) {
    for line in doc {
        let _ = writeln!(text, "{indent}//{line}");
    }
}

fn constant_set(set: &Constants) -> String {
    let mut text = String::from("\n");
    comment(&mut text, "", set.doc);
    let _ = writeln!(text, "enum {} : uint32_t {{", set.name);
    for constant in set.values {
        comment(&mut text, "    ", constant.doc);
        let _ = writeln!(text, "    {} = {},", constant.name, constant.value);
    }
    text + "};\n"
}

fn declaration(layout: &Layout) -> String {
    let Layout { name, bytes, .. } = layout;
    let mut text = String::from("\n");
    comment(&mut text, "", layout.doc);
    let _ = writeln!(text, "struct {name} {{");
    for field in layout.fields {
        comment(&mut text, "    ", field.doc);
        let _ = writeln!(text, "    {};", declarator(field));
    }
    let _ = writeln!(text, "}};\nstatic_assert(sizeof({name}) == {bytes});");
    for Field {
        name: field,
        offset,
        ..
    } in layout.fields
    {
        let _ = writeln!(
            text,
            "static_assert(OFFSET_OF({name}, {field}) == {offset});"
        );
    }
    text
}

/// A field as C++ declares it: `float scale[4]`.
fn declarator(field: &Field) -> String {
    let mut lengths = String::new();
    let mut kind = &field.kind;
    while let Kind::Array(element, length) = kind {
        let _ = write!(lengths, "[{length}]");
        kind = element;
    }
    let (Kind::Number(of) | Kind::Struct(Layout { name: of, .. })) = kind else {
        unreachable!("arrays were taken off")
    };
    format!("{of} {}{lengths}", field.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;

    #[test]
    fn committed_headers_are_what_the_structs_give() {
        let problems = problems(&project::root().join("kernels")).unwrap();
        assert_eq!(problems, [""; 0], "mend it with `{COMMAND}`");
    }

    #[test]
    fn fields_are_declared_with_their_offsets() {
        let all = texts();
        let blur = &all["gaussian_blur.cuh"];
        for line in [
            "#include \"args/image.cuh\"",
            "    ImageParam dst;",
            "    // Taps on each axis: odd, 1 to 31.",
            "    uint16_t taps[32];",
            "static_assert(sizeof(GaussianBlurArgs) == 152);",
            "static_assert(OFFSET_OF(GaussianBlurArgs, taps) == 88);",
        ] {
            assert!(blur.lines().any(|of| of == line), "{line} in\n{blur}");
        }
        let sample = &all["sample.cuh"];
        assert!(sample.contains("    PLANAR = 32,\n"), "{sample}");
        assert!(!sample.contains("#include \"args/sample.cuh\""), "{sample}");
    }

    #[test]
    fn a_swap_of_two_fields_is_found() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        assert_eq!(problems(folder.path()).unwrap(), [""; 0]);
        let path = folder.path().join(FOLDER).join("threshold.cuh");
        let text = fs::read_to_string(&path).unwrap();
        let swapped = text
            .replace("uint32_t threshold;", "uint32_t other;")
            .replace("uint32_t maximum;", "uint32_t threshold;")
            .replace("uint32_t other;", "uint32_t maximum;");
        assert_ne!(text, swapped);
        fs::write(&path, swapped).unwrap();
        fs::write(folder.path().join(FOLDER).join("old.cuh"), "").unwrap();
        let found = problems(folder.path()).unwrap();
        let name = |name: &str| {
            format!("kernels/args/{name}.cuh: not what the structs in kernels/src/args give")
        };
        assert_eq!(found, [name("old"), name("threshold")]);
        write(folder.path()).unwrap();
        assert_eq!(problems(folder.path()).unwrap(), [""; 0]);
    }
}
