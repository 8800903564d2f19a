//! The modules of a crate, read from its source files, with the paths that each module names.

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A path of a source file that begins at the root of the crate: `crate::name`, or enough `super::` before `name`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct RootPath {
    /// The top-level module that names it; empty for the root itself.
    pub(super) from: String,
    /// The first name of the path below the root.
    pub(super) to: String,
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

/// The modules that the source files of one crate declare, and the paths that they name. Code that
/// only tests compile is not in it.
#[derive(Debug, Default)]
pub(super) struct CrateSource {
    /// The modules that the root file declares.
    pub(super) modules: BTreeSet<String>,
    pub(super) paths: Vec<RootPath>,
}

impl CrateSource {
    /// Reads a crate from its root file and all files that its `mod` declarations lead to.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut source = CrateSource::default();
        source.read_file(root, &[])?;
        source.modules = {
            let mut root_modules = BTreeSet::new();
            collect_modules(&tokens(root)?, &mut |name, _, _| {
                root_modules.insert(name.to_owned());
            });
            root_modules
        };
        Ok(source)
    }

    fn read_file(&mut self, file: &Path, module: &[String]) -> Result<()> {
        let tokens = tokens(file)?;
        self.read_tokens(&tokens, file, module)
    }

    fn read_tokens(&mut self, tokens: &[TokenTree], file: &Path, module: &[String]) -> Result<()> {
        let mut children = Vec::new();
        collect_modules(tokens, &mut |name, path, body| {
            children.push((name.to_owned(), path, body));
        });
        for (name, path, body) in children {
            let child = [module, std::slice::from_ref(&name)].concat();
            match body {
                Some(body) => self.read_tokens(&without_tests(body), file, &child)?,
                None => {
                    let found = module_file(file, module, &name, path.as_deref())
                        .with_context(|| format!("{}: no file of module {name}", file.display()))?;
                    self.read_file(&found, &child)?;
                }
            }
        }
        self.collect_paths(tokens, file, module);
        Ok(())
    }

    /// Notes the paths of the tokens, but not those of modules with a body, which are read by themselves.
    fn collect_paths(&mut self, tokens: &[TokenTree], file: &Path, module: &[String]) {
        let mut index = 0;
        while index < tokens.len() {
            if is_word(tokens.get(index), "mod") && is_brace(tokens.get(index + 2)) {
                index += 3;
                continue;
            }
            match &tokens[index] {
                TokenTree::Group(group) => {
                    let inner = without_tests(group.stream());
                    self.collect_paths(&inner, file, module);
                    index += 1;
                }
                TokenTree::Ident(word) if word == "crate" || word == "super" => {
                    // `pub(in crate::a)` says who sees an item, and is no use of `a`.
                    let visibility = index > 0 && is_word(tokens.get(index - 1), "in");
                    let mut depth = match word == "crate" {
                        true => module.len(),
                        false => 1,
                    };
                    let mut next = index + 1;
                    while is_colons(tokens, next) && is_word(tokens.get(next + 2), "super") {
                        depth += 1;
                        next += 3;
                    }
                    if depth == module.len() && !visibility {
                        // `use crate as root` would give the root a name that this reader does not know.
                        let named = match is_colons(tokens, next) {
                            true => tokens.get(next + 2),
                            false => tokens.get(next).filter(|_| is_word(tokens.get(next), "as")),
                        };
                        self.first_names(named, file, module);
                    }
                    index = next;
                }
                _ => index += 1,
            }
        }
    }

    /// Notes a name below the root, or each of those in braces; `*` counts as a name. A variable of a macro, as in
    /// `crate::$module`, is not seen.
    fn first_names(&mut self, token: Option<&TokenTree>, file: &Path, module: &[String]) {
        match token {
            Some(TokenTree::Punct(punct)) if punct.as_char() != '*' => {}
            Some(name @ (TokenTree::Ident(_) | TokenTree::Punct(_))) => self.paths.push(RootPath {
                from: module.first().cloned().unwrap_or_default(),
                to: name.to_string(),
                file: file.to_owned(),
                line: name.span().start().line,
            }),
            Some(TokenTree::Group(group)) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                let begins = |index: usize| {
                    index == 0
                        || matches!(&inner[index - 1], TokenTree::Punct(p) if p.as_char() == ',')
                };
                for index in (0..inner.len()).filter(|&index| begins(index)) {
                    self.first_names(inner.get(index), file, module);
                }
            }
            _ => {}
        }
    }
}

fn tokens(file: &Path) -> Result<Vec<TokenTree>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    let stream: TokenStream = text
        .parse()
        .map_err(|error| anyhow::anyhow!("{} is no Rust: {error}", file.display()))?;
    Ok(without_tests(stream))
}

/// The tokens without the items that only tests compile: those under an attribute `cfg` that asks for `test` or the feature
/// `testing`, unless it negates them or is content with something else.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = stream.into_iter().peekable();
    let mut skipping = false;
    while let Some(token) = tokens.next() {
        let is_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if is_hash
            && let Some(TokenTree::Group(group)) = tokens.peek()
            && group.delimiter() == Delimiter::Bracket
        {
            skipping |= is_test_only(&group.stream().to_string());
            if skipping {
                tokens.next();
                continue;
            }
        }
        if !skipping {
            kept.push(token);
            continue;
        }
        // An item ends with its body or a semicolon; a field, a variant or an expression with a comma.
        skipping = match &token {
            TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
            TokenTree::Punct(punct) => !matches!(punct.as_char(), ';' | ','),
            _ => true,
        };
    }
    kept
}

fn is_test_only(attribute: &str) -> bool {
    let mut words = attribute
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    // `cfg_attr` leaves the item in.
    if words.next() != Some("cfg") {
        return false;
    }
    let words: Vec<_> = words.collect();
    let is_test = |word: &str| word == "test" || word == "testing";
    let is_other = |word: &str| !is_test(word) && !matches!(word, "any" | "all" | "feature");
    let has_choice = words.contains(&"any") && words.iter().any(|word| is_other(word));
    !words.contains(&"not") && !has_choice && words.iter().any(|word| is_test(word))
}

/// Calls `found` for each `mod` item with its name, its attribute `path`, and its body where it has one.
fn collect_modules(
    tokens: &[TokenTree],
    found: &mut impl FnMut(&str, Option<String>, Option<TokenStream>),
) {
    for index in 0..tokens.len() {
        let (Some(TokenTree::Ident(name)), true) =
            (tokens.get(index + 1), is_word(tokens.get(index), "mod"))
        else {
            continue;
        };
        match tokens.get(index + 2) {
            Some(TokenTree::Punct(punct)) if punct.as_char() == ';' => {
                found(&name.to_string(), path_attribute(&tokens[..index]), None);
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                found(&name.to_string(), None, Some(group.stream()));
            }
            _ => {}
        }
    }
}

/// The value of `#[path = "..."]` right before an item, with only a visibility between.
fn path_attribute(before: &[TokenTree]) -> Option<String> {
    let attribute = before.iter().rev().take(3).find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            Some(group.stream().to_string())
        }
        _ => None,
    })?;
    let value = attribute.strip_prefix("path")?.split('"').nth(1)?;
    Some(value.to_owned())
}

/// The file of a module that `file` declares: `name.rs` or `name/mod.rs`, beside a root or `mod.rs`, else in a folder of
/// the declaring module's name.
fn module_file(file: &Path, module: &[String], name: &str, path: Option<&str>) -> Option<PathBuf> {
    let folder = file.parent()?;
    if let Some(path) = path {
        return Some(folder.join(path)).filter(|file| file.is_file());
    }
    let is_folder_root = module.is_empty() || file.file_name().is_some_and(|it| it == "mod.rs");
    let folder = match is_folder_root {
        true => folder.to_owned(),
        false => folder.join(file.file_stem()?),
    };
    let candidates = [
        folder.join(format!("{name}.rs")),
        folder.join(name).join("mod.rs"),
    ];
    candidates.into_iter().find(|file| file.is_file())
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_brace(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

/// Whether `::` stands at this index.
fn is_colons(tokens: &[TokenTree], index: usize) -> bool {
    let colon = |index| matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(index) && colon(index + 1)
}
