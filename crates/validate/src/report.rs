//! Verdicts, on the terminal and as JSON.

use crate::stage::{Context, Stage};
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) struct Report {
    environment: serde_json::Value,
    verdicts: Vec<Verdict>,
}

struct Verdict {
    stage: &'static str,
    result: Result<String, String>,
    time: Duration,
}

impl Report {
    pub(crate) fn new(context: &Context) -> Self {
        let gpu = context.cuda.capabilities();
        let version = |v: Option<(u32, u32)>| v.map(|(major, minor)| format!("{major}.{minor}"));
        let environment = json!({
            "pixelflume": env!("CARGO_PKG_VERSION"),
            "gpu": gpu.name,
            "compute_capability": version(gpu.compute_capability),
            "driver_cuda_version": version(gpu.driver_version),
            "multiprocessors": gpu.multiprocessors,
            "memory_bytes": gpu.total_memory,
            "host": context.host.name(),
            "seed": context.seed,
        });
        println!(
            "{} against {}, seed {}",
            context.cuda, context.host, context.seed
        );
        Report {
            environment,
            verdicts: Vec::new(),
        }
    }

    pub(crate) fn run(&mut self, stage: &Stage, context: &Context) {
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| (stage.run)(context)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("panicked, see above")))
            .map_err(|error| format!("{error:#}"));
        let verdict = Verdict {
            stage: stage.name,
            result,
            time: start.elapsed(),
        };
        verdict.print();
        self.verdicts.push(verdict);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
    }

    pub(crate) fn passed(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.result.is_ok())
    }

    pub(crate) fn print_summary(&self) {
        let failed = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.result.is_err())
            .count();
        println!("{} passed, {failed} failed", self.verdicts.len() - failed);
    }

    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        let stages: Vec<_> = self.verdicts.iter().map(Verdict::to_json).collect();
        let report = json!({
            "environment": self.environment,
            "passed": self.passed(),
            "stages": stages,
        });
        std::fs::write(path, format!("{report:#}\n"))
    }
}

impl Verdict {
    fn print(&self) {
        let (word, text) = match &self.result {
            Ok(text) => ("PASS", text),
            Err(text) => ("FAIL", text),
        };
        println!(
            "{word} {:<10} {:>7.2} s  {text}",
            self.stage,
            self.time.as_secs_f64()
        );
    }

    fn to_json(&self) -> serde_json::Value {
        let (passed, text) = match &self.result {
            Ok(text) => (true, text),
            Err(text) => (false, text),
        };
        json!({
            "stage": self.stage,
            "passed": passed,
            "text": text,
            "seconds": self.time.as_secs_f64(),
        })
    }
}
