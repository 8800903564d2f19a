//! The list of all checks of the validation, in the order in which they run.

use crate::check::Check;
use crate::{
    addresses, custom, doors, encoded, engine, environment, fused, graphs, job, job_soak, jpeg,
    memory, mixed, operators, parameters, performance, pipelines, processors, python,
    random_pipelines, samples, sanitizer, stencils, streams, submit, timing, user_code,
};

pub(crate) const CHECKS: &[Check] = &[
    Check::new("environment", environment::run),
    Check::new("operators", operators::run),
    Check::new("colors", operators::all_colors),
    Check::new("samples", samples::run),
    Check::new("stencils", stencils::run),
    Check::new("custom", custom::run),
    Check::new("pipelines", pipelines::run),
    Check::new("processors", processors::run),
    Check::new("random", random_pipelines::run),
    Check::new("fused", fused::run),
    Check::new("mixed", mixed::run),
    Check::new("jpeg", jpeg::run),
    Check::new("encoded", encoded::run),
    Check::new("job", job::run),
    Check::new("job-soak", job_soak::run),
    Check::new("memory", memory::run),
    Check::new("streams", streams::run),
    Check::new("graphs", graphs::run),
    Check::new("addresses", addresses::run),
    Check::new("parameters", parameters::run),
    Check::new("timing", timing::run),
    Check::new("engine", engine::run),
    Check::new("user-code", user_code::run),
    Check::new("submit", submit::run),
    Check::new("doors", doors::run),
    Check::new("python", python::tests),
    Check::new("torch-processors", python::processors),
    #[cfg(feature = "cuda")]
    Check::new("guests", crate::guests::run),
    #[cfg(feature = "cuda")]
    Check::new("driver-faults", crate::driver_faults::run),
    Check::new("sanitizer-memcheck", |of| sanitizer::run(of, "memcheck")),
    Check::new("sanitizer-racecheck", |of| sanitizer::run(of, "racecheck")),
    Check::new("sanitizer-initcheck", |of| sanitizer::run(of, "initcheck")),
    Check::new("sanitizer-synccheck", |of| sanitizer::run(of, "synccheck")),
    Check::new("sanitizer-jpeg", sanitizer::run_corrupted_files),
    Check::new("performance", performance::run),
];

/// The names of all checks, for `--list`, `--only` and `--skip`.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name)
}

/// The checks to run: `only` alone, or all but `skip`.
///
/// # Errors
/// A name that is not in the list; the text names all checks.
pub(crate) fn select(only: Option<&str>, skip: &[String]) -> Result<Vec<&'static Check>, String> {
    for name in only.into_iter().chain(skip.iter().map(String::as_str)) {
        if names().all(|known| known != name) {
            let known = names().collect::<Vec<_>>().join(", ");
            return Err(format!(
                "there is no check {name:?}\n  help: the checks are {known}"
            ));
        }
    }
    let wanted = |check: &&Check| match only {
        Some(only) => only == check.name,
        None => skip.iter().all(|skip| skip != check.name),
    };
    Ok(CHECKS.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Context;

    fn named(name: &str) -> &'static Check {
        let check = CHECKS.iter().find(|check| check.name == name);
        check.unwrap_or_else(|| panic!("no check {name}"))
    }

    /// Runs checks with the host device on both sides. This shows that they run to their end and report no difference where
    /// there is none; a wrong pixel cannot be found in this way.
    #[test]
    fn checks_pass_on_the_host() {
        let mut context = Context::of_hosts();
        for name in [
            "operators",
            "pipelines",
            "processors",
            "random",
            "fused",
            "mixed",
            "streams",
            "graphs",
            "addresses",
            "parameters",
            "timing",
            "user-code",
            "submit",
        ] {
            // One round is enough of what takes seconds each.
            context.case = (name == "pipelines").then_some(1);
            if let Err(error) = (named(name).run)(&context) {
                panic!("{name}: {error:#}");
            }
        }
    }

    #[test]
    fn a_host_is_no_gpu_to_the_environment() {
        let error = environment::run(&Context::of_hosts()).expect_err("no GPU");
        assert!(error.to_string().contains("is not a GPU"), "{error}");
    }

    #[test]
    fn checks_are_chosen_by_name() {
        let only = select(Some("graphs"), &[]).expect("a known name");
        assert_eq!(only.len(), 1);
        let most = select(None, &["graphs".to_owned()]).expect("a known name");
        assert_eq!(most.len(), CHECKS.len() - 1);
        assert!(most.iter().all(|check| check.name != "graphs"));
        let error = select(Some("graph"), &[]).expect_err("an unknown name");
        assert!(error.contains("there is no check \"graph\""), "{error}");
        assert!(error.contains("graphs, addresses"), "{error}");
    }
}
