//! The pages: their links lead somewhere, the book has all of them, and their pipeline files are ones.

use pixelflume::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages of the repository: those at its root, and those of these folders.
fn pages() -> Vec<PathBuf> {
    let folders = ["", "docs", "examples/photos", "benches", "benches/peers"];
    let mut pages = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
            let path = entry.expect("a readable folder").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.len() > 10, "found {pages:?}");
    pages
}

/// What stands in a page.
#[derive(Default)]
struct Page {
    links: Vec<String>,
    /// The headings as the targets of links.
    anchors: HashSet<String>,
    /// Blocks of code with their language.
    code: Vec<(String, String)>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let mut page = Page::default();
        let mut heading: Option<String> = None;
        let mut code: Option<(String, String)> = None;
        for event in Parser::new(&text) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.to_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors
                        .extend(heading.take().map(|text| anchor(&text)));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    code = Some((language.to_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => page.code.extend(code.take()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some((_, code)) = &mut code {
                        code.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// The target that a heading makes: lower case, spaces as hyphens, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for path in pages() {
        let page = Page::read(&path);
        for link in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().expect("a file has a folder").join(file),
            };
            let found = target.exists()
                && (fragment.is_empty() || Page::read(&target).anchors.contains(fragment));
            if !found {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn the_book_has_every_page() {
    let docs = root().join("docs");
    let named: HashSet<String> = Page::read(&docs.join("SUMMARY.md"))
        .links
        .into_iter()
        .collect();
    for path in pages() {
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let in_docs = path.parent().is_some_and(|folder| folder.ends_with("docs"));
        if in_docs && name != "SUMMARY.md" {
            assert!(named.contains(&name), "SUMMARY.md does not name {name}");
        }
    }
}

#[test]
fn pipeline_files_in_the_pages_are_pipeline_files() {
    let mut count = 0;
    for path in pages() {
        for (language, text) in Page::read(&path).code {
            // A program without the codec has no table for files.
            let is_known = cfg!(feature = "codec") || !text.contains("[decode]");
            if language == "toml" && text.contains("[[node]]") && is_known {
                count += 1;
                Pipeline::from_toml(&text, "page.toml")
                    .unwrap_or_else(|error| panic!("{}:\n{error}", path.display()));
            }
        }
    }
    assert!(count >= 3, "found {count}");
}

#[test]
fn the_table_of_operators_is_complete() {
    let unknown = "[[node]]\nname = \"x\"\nop = \"zzz\"\nfrom = \"input\"\n";
    let error = Pipeline::from_toml(unknown, "x.toml")
        .expect_err("an unknown operator")
        .to_string();
    let known = error
        .split("Known operators: ")
        .nth(1)
        .expect("the error lists them");
    let page = fs::read_to_string(root().join("docs/operators.md")).expect("the page");
    for operator in known.split(',').map(str::trim) {
        assert!(
            page.contains(&format!("`{operator}`")),
            "{operator} is not in the table"
        );
    }
}
