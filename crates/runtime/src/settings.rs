//! The settings of a job that are in force.

use crate::error::StartError;
use crate::policy::Order;
use pixelflume_device::{MAX_THREADS, THREADS_VARIABLE, default_threads};
use pixelflume_pipeline::engine::EffectiveConfig;
use pixelflume_scheduler::settings::{Form, Origin, Setting, process_environment, write_settings};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The default of [`JobBuilder::host_memory`](crate::JobBuilder::host_memory).
const HOST_MEMORY: u64 = 512 << 20;

/// The least of it, with which a small image can be processed.
const LEAST_HOST_MEMORY: u64 = 512 << 10;

/// How long the first image of a batch waits for others.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BatchAge(pub Option<Duration>);

impl fmt::Display for BatchAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(age) => write!(f, "{}ms", age.as_secs_f64() * 1e3),
            None => f.write_str("none"),
        }
    }
}

/// The settings of a job that are in force, each with its origin. The `Display` text is the line that is logged when the job starts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EffectiveJob {
    /// Bytes of ordinary memory for items; variable `PIXELFLUME_HOST_MEMORY`.
    pub host_memory: Setting<u64>,
    /// Bytes that one item may take; no variable sets it.
    pub item_memory: Setting<u64>,
    /// Threads that read and decode files and call the sink; variable `PIXELFLUME_WORKERS`.
    pub workers: Setting<usize>,
    /// When a batch is closed that is not full; variable `PIXELFLUME_BATCH_AGE_MS`, in whole milliseconds.
    pub batch_age: Setting<BatchAge>,
    /// The order of batches; no variable sets it, since a program may rely on it.
    pub order: Setting<Order>,
    /// The settings of the engines.
    pub engine: EffectiveConfig,
}

/// What the builder of a job has set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    pub(crate) host_memory: Option<u64>,
    pub(crate) item_memory: Option<u64>,
    pub(crate) workers: Option<usize>,
    pub(crate) batch_age: Option<Duration>,
    pub(crate) order: Option<Order>,
}

impl EffectiveJob {
    pub(crate) fn new(given: Given, engine: EffectiveConfig) -> Result<Self, StartError> {
        EffectiveJob::of(given, engine, process_environment)
    }

    fn of(
        given: Given,
        engine: EffectiveConfig,
        environment: impl Fn(&str) -> Option<String> + Copy,
    ) -> Result<Self, StartError> {
        let host_memory = Setting::resolve(
            environment,
            "PIXELFLUME_HOST_MEMORY",
            Form::bytes(),
            given.host_memory,
            (HOST_MEMORY, ""),
        )?;
        let range = LEAST_HOST_MEMORY..=u64::MAX / 4;
        refuse("host_memory", &host_memory, range, "at least 524288 bytes")?;
        let workers = Setting::resolve(
            environment,
            "PIXELFLUME_WORKERS",
            Form::count(),
            given.workers,
            (default_threads(), THREADS_VARIABLE),
        )?;
        let count = Setting {
            name: workers.name,
            value: workers.value as u64,
            origin: workers.origin,
        };
        refuse("workers", &count, 1..=MAX_THREADS as u64, "from 1 to 1024")?;
        let batch_age = Setting::resolve(
            environment,
            "PIXELFLUME_BATCH_AGE_MS",
            Form {
                expected: "a whole number",
                read: |text| {
                    let age = text.parse().map(Duration::from_millis);
                    age.ok().map(|age| BatchAge(Some(age)))
                },
            },
            given.batch_age.map(|age| BatchAge(Some(age))),
            (BatchAge(None), ""),
        )?;
        let set = |is_set| match is_set {
            true => Origin::Builder,
            false => Origin::Default(""),
        };
        // Of what is not ahead and not a copied result.
        let most = host_memory.value / 4 * 3;
        let item_memory = Setting {
            name: "item_memory",
            value: given.item_memory.map_or(most, |bytes| bytes.max(most)),
            origin: set(given.item_memory.is_some_and(|bytes| bytes > most)),
        };
        let order = Setting {
            name: "order",
            value: given.order.unwrap_or_default(),
            origin: set(given.order.is_some()),
        };
        Ok(EffectiveJob {
            host_memory,
            item_memory,
            workers,
            batch_age,
            order,
            engine,
        })
    }

    /// The settings of the job, without those of its engines, with their values as text.
    pub fn settings(&self) -> [Setting<String>; 5] {
        [
            self.host_memory.as_text(),
            self.item_memory.as_text(),
            self.workers.as_text(),
            self.batch_age.as_text(),
            self.order.as_text(),
        ]
    }
}

impl fmt::Display for EffectiveJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_settings(f, "job", self.settings())?;
        write!(f, " {}", self.engine)
    }
}

/// Refuses a value that is out of range, by the name under which it was set.
fn refuse(
    method: &'static str,
    setting: &Setting<u64>,
    range: RangeInclusive<u64>,
    rule: &'static str,
) -> Result<(), StartError> {
    let name = match setting.origin {
        Origin::Environment => setting.name,
        _ => method,
    };
    match range.contains(&setting.value) {
        true => Ok(()),
        false => Err(StartError::Refused {
            name,
            value: setting.value,
            rule,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixelflume_pipeline::EngineConfig;

    fn of(given: Given, name: &'static str, text: &'static str) -> Result<EffectiveJob, String> {
        let engine = EngineConfig::new().effective_in(|_| None).unwrap();
        let environment = move |asked: &str| (asked == name).then(|| text.to_owned());
        EffectiveJob::of(given, engine, environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_builder_comes_before_the_environment() {
        let given = Given {
            host_memory: Some(1 << 20),
            order: Some(Order::Unordered),
            ..Given::default()
        };
        let job = of(given, "PIXELFLUME_HOST_MEMORY", "2MiB").unwrap();
        assert_eq!(job.host_memory.to_string(), "1048576 (builder)");
        assert_eq!(job.item_memory.to_string(), "786432 (default)");
        assert_eq!(job.order.to_string(), "unordered (builder)");
        let job = of(Given::default(), "PIXELFLUME_HOST_MEMORY", "2MiB").unwrap();
        assert_eq!(job.host_memory.to_string(), "2097152 (environment)");
        let job = of(Given::default(), "PIXELFLUME_BATCH_AGE_MS", " 5 ").unwrap();
        let text = "PIXELFLUME_BATCH_AGE_MS=5ms (environment) order=kept (default)";
        assert!(job.to_string().contains(text), "{job}");
    }

    #[test]
    fn values_of_the_environment_are_checked() {
        for (name, text, error) in [
            (
                "PIXELFLUME_WORKERS",
                "0",
                "PIXELFLUME_WORKERS is 0: it must be from 1 to 1024",
            ),
            (
                "PIXELFLUME_HOST_MEMORY",
                "much",
                "PIXELFLUME_HOST_MEMORY=\"much\" cannot be used",
            ),
            (
                "PIXELFLUME_BATCH_AGE_MS",
                "-1",
                "PIXELFLUME_BATCH_AGE_MS=\"-1\" cannot be used",
            ),
        ] {
            let told = of(Given::default(), name, text).unwrap_err();
            assert!(told.starts_with(error), "{told}");
        }
    }
}
