//! The programs that are measured: built from the present sources, or saved from earlier ones.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use xshell::{Shell, cmd};

/// The criterion benches and the command line program of one version.
#[derive(Debug)]
pub(super) struct Programs {
    /// The name (`CRATE-BENCH`) and the path of each bench, in order of the names.
    pub(super) benches: Vec<(String, PathBuf)>,
    /// The command line program.
    pub(super) command: PathBuf,
}

/// The file name of the command line program.
const COMMAND: &str = "pixelflume";
/// The prefix of the file names of benches in a folder of saved programs.
const BENCH: &str = "bench-";

/// The fields read of cargo's messages; there is one per artifact.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

impl Programs {
    /// Builds the programs; `benches` includes the criterion benches.
    pub(super) fn build(shell: &Shell, benches: bool) -> Result<Self> {
        let mut command = None;
        let messages = cmd!(
            shell,
            "cargo build --release --package pixelflume-cli --message-format json-render-diagnostics"
        )
        .read()?;
        for message in parse(&messages)? {
            if message.target.is_some_and(|of| of.name == COMMAND) {
                command = message.executable.or(command);
            }
        }
        let mut all = Programs {
            benches: Vec::new(),
            command: command.context("cargo does not tell the path of the program pixelflume")?,
        };
        if benches {
            // Leaves out the tests of libraries and programs, which cargo would build as benches, too.
            let every = "*";
            let messages = cmd!(
                shell,
                "cargo bench --workspace --bench {every} --no-run --message-format json-render-diagnostics"
            )
            .read()?;
            all.benches = bench_programs(&messages)?;
        }
        Ok(all)
    }

    /// The programs that [`keep`](Self::keep) copied to `folder`.
    pub(super) fn kept(folder: &Path) -> Result<Self> {
        let entries = fs::read_dir(folder).with_context(|| {
            format!(
                "nothing is saved in {}; save it with `cargo xtask bench --save NAME`",
                folder.display()
            )
        })?;
        let mut benches = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(name) = name.strip_prefix(BENCH) {
                benches.push((name.to_owned(), entry.path()));
            }
        }
        benches.sort_unstable();
        let command = folder.join(COMMAND);
        if !command.is_file() {
            bail!("{} is no saved run: it has no {COMMAND}", folder.display());
        }
        Ok(Programs { benches, command })
    }

    /// Copies the programs to `folder`, replacing its content.
    pub(super) fn keep(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("{} cannot be replaced", folder.display()))?;
        }
        fs::create_dir_all(folder)?;
        for (name, program) in &self.benches {
            fs::copy(program, folder.join(format!("{BENCH}{name}")))?;
        }
        fs::copy(&self.command, folder.join(COMMAND))?;
        Ok(())
    }
}

fn parse(messages: &str) -> Result<Vec<Message>> {
    let parsed = messages.lines().map(serde_json::from_str::<Message>);
    let mut all = parsed.collect::<Result<Vec<_>, _>>()?;
    all.retain(|message| message.reason == "compiler-artifact");
    Ok(all)
}

/// The names and paths of the benches among cargo's artifacts; libraries and programs are built as benches, too, and are left
/// out.
fn bench_programs(messages: &str) -> Result<Vec<(String, PathBuf)>> {
    let mut all = Vec::new();
    for message in parse(messages)? {
        let (Some(target), Some(program)) = (message.target, message.executable) else {
            continue;
        };
        if target.kind.iter().any(|kind| kind == "bench") {
            // The ID is path+file:///.../crates/NAME#pixelflume-NAME@0.1.0, or has no name where it is that of the folder.
            let package = message.package_id.rsplit(['/', '#']).next().unwrap_or("");
            let package = package.split('@').next().unwrap_or(package);
            let package = package.trim_start_matches("pixelflume-");
            all.push((format!("{package}-{}", target.name), program));
        }
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn benches_are_read_from_cargos_messages() -> Result<()> {
        let messages = r#"{"reason":"compiler-artifact","package_id":"path+file:///p/crates/ops#pixelflume-ops@0.1.0","target":{"kind":["bench"],"name":"operators"},"executable":"/t/operators-1"}
{"reason":"compiler-artifact","package_id":"path+file:///p/crates/ops#pixelflume-ops@0.1.0","target":{"kind":["lib"],"name":"pixelflume_ops"},"executable":"/t/lib-1"}
{"reason":"compiler-artifact","package_id":"path+file:///p/crates/graph#pixelflume-graph@0.1.0","target":{"kind":["bench"],"name":"graph"},"executable":"/t/graph-1"}
{"reason":"build-finished","success":true}"#;
        let expected = [
            ("graph-graph".to_owned(), PathBuf::from("/t/graph-1")),
            ("ops-operators".to_owned(), PathBuf::from("/t/operators-1")),
        ];
        assert_eq!(bench_programs(messages)?, expected);
        Ok(())
    }

    #[test]
    fn what_is_kept_is_found_again() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let program = |name: &str| {
            let file = folder.path().join(name);
            fs::write(&file, name).map(|()| file)
        };
        let programs = Programs {
            benches: vec![("graph-graph".to_owned(), program("one")?)],
            command: program("two")?,
        };
        let kept = folder.path().join("kept");
        assert!(Programs::kept(&kept).is_err());
        programs.keep(&kept)?;
        programs.keep(&kept)?;
        let found = Programs::kept(&kept)?;
        assert_eq!(found.benches.len(), 1);
        assert_eq!(found.benches[0].0, "graph-graph");
        assert_eq!(fs::read_to_string(&found.benches[0].1)?, "one");
        assert_eq!(fs::read_to_string(&found.command)?, "two");
        Ok(())
    }
}
