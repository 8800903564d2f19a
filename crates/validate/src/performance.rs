//! The check `performance`: workloads are as near to the copy bandwidth as they were; it runs `pixelflume bench
//! --check`.

use crate::check::{Context, Skipped};
use anyhow::{Context as _, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

/// The exit status of `pixelflume bench --check` for a GPU of which no shares are stored.
const NOTHING_STORED: i32 = 3;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    if context.quick {
        bail!(Skipped("not with --quick".to_owned()));
    }
    // The program is built apart from this one: fault injection is not compiled into what is measured.
    let program = std::env::current_exe()?.with_file_name("pixelflume");
    if !program.is_file() {
        bail!(Skipped(format!("there is no {}", program.display())));
    }
    let output = Command::new(&program)
        .args(arguments(context))
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    verdict(&program, &output)
}

fn arguments(context: &Context) -> Vec<OsString> {
    let device = format!("cuda:{}", context.device);
    let mut arguments: Vec<OsString> = ["bench", "--quick", "--device", &device]
        .map(OsString::from)
        .into();
    if let Some(folder) = &context.report {
        arguments.extend(["--json".into(), folder.join("bench.json").into()]);
    }
    match (&context.write_shares, &context.shares) {
        (Some(file), _) => arguments.extend(["--write-shares".into(), file.into()]),
        (None, Some(file)) => arguments.extend(["--check".into(), file.into()]),
        (None, None) => arguments.push("--check".into()),
    }
    arguments
}

/// The result of the check, by the exit status and the last line of the program.
fn verdict(program: &Path, output: &Output) -> anyhow::Result<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    match output.status.code() {
        Some(0) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let last = text.lines().next_back();
            let last = last.with_context(|| format!("{} printed nothing", program.display()))?;
            Ok(last.to_owned())
        }
        Some(NOTHING_STORED) => {
            let reason = said.strip_prefix("error: ").unwrap_or(said);
            bail!(Skipped(reason.to_owned()))
        }
        _ => bail!("pixelflume bench ended with {}: {said}", output.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(script: &str) -> anyhow::Result<String> {
        let program = Path::new("sh");
        let output = Command::new(program).args(["-c", script]).output()?;
        verdict(program, &output)
    }

    #[test]
    fn the_check_passes_fails_or_is_skipped_as_the_program_ends() -> anyhow::Result<()> {
        assert_eq!(ended("echo a table; echo gray 0.9")?, "gray 0.9");
        let error = ended("echo 'error: too slow: gray' >&2; exit 1").expect_err("too slow");
        assert!(error.to_string().contains("too slow: gray"), "{error}");
        assert!(!error.is::<Skipped>());
        let error = ended("echo 'error: nothing stored' >&2; exit 3").expect_err("skipped");
        assert!(error.is::<Skipped>());
        assert_eq!(error.to_string(), "nothing stored");
        ended("true").expect_err("no result");
        Ok(())
    }

    #[test]
    fn the_command_gets_the_files_of_the_arguments() {
        let mut context = Context::of_hosts();
        let text = |context: &Context| arguments(context).join(" ".as_ref());
        assert_eq!(text(&context), *"bench --quick --device cuda:0 --check");
        context.shares = Some("mine.json".into());
        context.report = Some("out".into());
        context.device = 2;
        assert_eq!(
            text(&context),
            *"bench --quick --device cuda:2 --json out/bench.json --check mine.json"
        );
        context.write_shares = Some("new.json".into());
        assert!(
            text(&context)
                .to_string_lossy()
                .ends_with("--write-shares new.json")
        );
    }
}
