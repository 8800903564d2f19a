//! The report as one HTML page that needs no other file and no network.

use super::compare::Change;
use super::plots::{self, Line, Mark, Row, escaped, short};
use super::results::Results;
use super::workloads::{Run, Spread, Workload};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

const STYLE: &str = include_str!("report.css");

/// Makes the page. `changes` has the comparison, if there is one; `sweep` has results of workloads at several batch
/// sizes.
pub(super) fn page(results: &Results, changes: &[Change], sweep: &[Run]) -> Result<String> {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>pixelflume benchmarks</title>\n<style>{STYLE}</style></head><body>\n<h1>pixelflume benchmarks</h1>\n"
    );
    for (title, of) in [
        ("machine", &results.machine),
        ("versions", &results.versions),
        ("settings", &results.settings),
    ] {
        facts(&mut page, title, of);
    }
    if !changes.is_empty() {
        comparison(&mut page, changes);
    }
    let own = match results.workloads.is_null() {
        true => None,
        false => Some(Run::of(&results.workloads)?),
    };
    if let Some(own) = &own {
        bandwidth(&mut page, &own.workloads);
        by_batch(&mut page, sweep);
        processor(&mut page, &own.workloads);
        latency(&mut page, &own.workloads);
        let peers = results.peers.values().map(Run::of);
        peers_table(&mut page, own, &peers.collect::<Result<Vec<_>>>()?);
    }
    all(&mut page, results);
    page.push_str("</body></html>\n");
    Ok(page)
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($page:expr, $($text:tt)*) => { _ = writeln!($page, $($text)*) };
}

fn facts(page: &mut String, title: &str, of: &BTreeMap<String, String>) {
    put!(page, "<table class=\"facts\"><caption>{title}</caption>");
    for (name, value) in of {
        let (name, value) = (escaped(name), escaped(value));
        put!(page, "<tr><th>{name}</th><td>{value}</td></tr>");
    }
    put!(page, "</table>");
}

fn legend(page: &mut String, names: &[&str]) {
    let items = names
        .iter()
        .enumerate()
        .map(|(series, name)| format!("<span class=\"key s{series}\"></span>{}", escaped(name)));
    put!(
        page,
        "<p class=\"legend\">{}</p>",
        items.collect::<Vec<_>>().join(" ")
    );
}

fn comparison(page: &mut String, changes: &[Change]) {
    put!(
        page,
        "<h2>Compared</h2>\n<p>Time of the present version over that of the saved one, measured in turns: the median of the \
         rounds, and from the least to the greatest. Less than 1 is faster.</p>"
    );
    let row = |change: &Change| {
        let mark = Mark {
            value: change.ratio?,
            range: change.band,
        };
        Some(Row {
            label: change.name.clone(),
            marks: vec![Some(mark)],
        })
    };
    let rows: Vec<Row> = changes.iter().filter_map(row).collect();
    page.push_str(&plots::bars(&rows, "", Some(1.0)));
    put!(
        page,
        "<table><tr><th>benchmark</th><th>saved</th><th>present</th><th>ratio</th><th>band</th><th></th></tr>"
    );
    for change in changes {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), short);
        let band = change.band.map_or("-".to_owned(), |[low, high]| {
            format!("{low:.3} to {high:.3}")
        });
        let ratio = change
            .ratio
            .map_or("-".to_owned(), |ratio| format!("{ratio:.3}"));
        put!(
            page,
            "<tr><td>{}</td><td>{} {unit}</td><td>{} {unit}</td><td>{ratio}</td><td>{band}</td><td>{:?}</td></tr>",
            escaped(&change.name),
            number(change.saved),
            number(change.present),
            change.verdict,
            unit = escaped(&change.unit)
        );
    }
    put!(page, "</table>");
}

fn bandwidth(page: &mut String, workloads: &[Workload]) {
    put!(
        page,
        "<h2>Share of the copy bandwidth</h2>\n<p>The bytes that a workload must move, over its time, as a share of what plain \
         copies reached in the same run.</p>"
    );
    let row = |of: &Workload| {
        let share = of.bandwidth.as_ref()?.share_of_copy;
        Some(Row {
            label: of.label(),
            marks: vec![Some((100.0 * share).into())],
        })
    };
    let rows: Vec<Row> = workloads.iter().filter_map(row).collect();
    page.push_str(&plots::bars(&rows, " %", Some(100.0)));
}

fn by_batch(page: &mut String, sweep: &[Run]) {
    let mut lines = BTreeMap::<&str, Vec<[f64; 2]>>::new();
    for workload in sweep.iter().flat_map(|run| &run.workloads) {
        let Some(time) = workload.us_per_batch else {
            continue;
        };
        let batch = f64::from(workload.batch);
        let rate = batch / time.median * 1e6;
        lines.entry(&workload.name).or_default().push([batch, rate]);
    }
    if lines.is_empty() {
        return;
    }
    let line = |(name, mut points): (&str, Vec<[f64; 2]>)| {
        points.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]));
        Line {
            label: name.to_owned(),
            points,
        }
    };
    let lines: Vec<Line> = lines.into_iter().map(line).collect();
    put!(page, "<h2>Throughput by batch</h2>");
    let names: Vec<&str> = lines.iter().map(|line| &line.label[..]).collect();
    legend(page, &names);
    page.push_str(&plots::lines(&lines, "images of a batch", "images/s"));
}

fn processor(page: &mut String, workloads: &[Workload]) {
    put!(
        page,
        "<h2>Time of the processor to submit a batch</h2>\n<p>Until the device has all work, without the wait.</p>"
    );
    legend(page, &["direct", "replay"]);
    let row = |of: &Workload| Row {
        label: of.label(),
        marks: [&of.execute_direct, &of.execute_replay]
            .map(|execution| Some(execution.as_ref()?.cpu.submit_us.into()))
            .into(),
    };
    let rows: Vec<Row> = workloads.iter().map(row).collect();
    page.push_str(&plots::bars(&rows, " us", None));
}

fn latency(page: &mut String, workloads: &[Workload]) {
    put!(
        page,
        "<h2>Latency</h2>\n<p>Wall time of one execution and its wait: the median, and from the tenth part that is least to the \
         tenth part that is greatest.</p>"
    );
    legend(page, &["direct", "replay"]);
    let mark = |spread: Spread| Mark {
        value: spread.median,
        range: Some([spread.p10, spread.p90]),
    };
    let row = |of: &Workload| Row {
        label: of.label(),
        marks: [&of.execute_direct, &of.execute_replay]
            .map(|execution| Some(mark(execution.as_ref()?.wall_us)))
            .into(),
    };
    let rows: Vec<Row> = workloads.iter().map(row).collect();
    page.push_str(&plots::bars(&rows, " us", None));
}

fn peers_table(page: &mut String, own: &Run, peers: &[Run]) {
    if peers.is_empty() {
        return;
    }
    put!(
        page,
        "<h2>Peers</h2>\n<p>us per batch on the same machine after each other, and in brackets the ratio to pixelflume: more \
         than 1 is slower.</p>\n<table><tr><th>workload</th><th>{}</th>",
        escaped(&own.tool)
    );
    for peer in peers {
        put!(page, "<th>{}</th>", escaped(&peer.tool));
    }
    put!(page, "</tr>");
    for workload in &own.workloads {
        let Some(Spread { median: ours, .. }) = workload.us_per_batch else {
            continue;
        };
        put!(
            page,
            "<tr><td>{} ({})</td><td>{}</td>",
            escaped(&workload.label()),
            escaped(&workload.timed),
            short(ours)
        );
        for peer in peers {
            let same = |of: &&Workload| (&of.name, of.batch) == (&workload.name, workload.batch);
            let of = peer.workloads.iter().find(same);
            match of.and_then(|of| Some((of.us_per_batch?.median, of.agreement))) {
                Some((time, agreement)) => {
                    let differing = match agreement {
                        Some(of) if of.differing_share > 0.0 => format!(
                            ", {:.2} % of the samples differ, by {} at most",
                            100.0 * of.differing_share,
                            short(of.largest_difference)
                        ),
                        Some(_) => ", equal".to_owned(),
                        None => String::new(),
                    };
                    put!(
                        page,
                        "<td>{} ({:.2}{differing})</td>",
                        short(time),
                        time / ours
                    );
                }
                None => put!(page, "<td>-</td>"),
            }
        }
        put!(page, "</tr>");
    }
    put!(page, "</table>");
}

fn all(page: &mut String, results: &Results) {
    put!(
        page,
        "<h2>All measurements</h2>\n<table><tr><th>benchmark</th><th>median</th><th>p10</th><th>p90</th></tr>"
    );
    for of in &results.measurements {
        put!(
            page,
            "<tr><td>{}</td><td>{} {}</td><td>{}</td><td>{}</td></tr>",
            escaped(&of.name),
            short(of.median),
            escaped(&of.unit),
            short(of.p10),
            short(of.p90)
        );
    }
    put!(page, "</table>");
}

#[cfg(test)]
mod tests {
    use super::super::compare::Verdict;
    use super::super::results::{FORMAT, Measurement};
    use super::super::workloads::tests::results;
    use super::*;

    #[test]
    fn the_page_has_everything_and_needs_no_network() -> Result<()> {
        let own = results("pixelflume", 20.0);
        let all = Results {
            format: FORMAT,
            machine: BTreeMap::from([("GPU".to_owned(), "<none>".to_owned())]),
            versions: BTreeMap::new(),
            settings: BTreeMap::new(),
            measurements: vec![Measurement {
                name: "graph/build".to_owned(),
                unit: "ns".to_owned(),
                median: 5.0,
                p10: 4.0,
                p90: 6.0,
            }],
            peers: BTreeMap::from([("torch".to_owned(), results("torch", 50.0))]),
            workloads: own,
        };
        let change = Change {
            name: "graph/build".to_owned(),
            unit: "ns".to_owned(),
            saved: Some(4.0),
            present: Some(5.0),
            ratio: Some(1.25),
            band: Some([1.2, 1.3]),
            verdict: Verdict::Slower,
        };
        let sweep = [Run::of(&all.workloads)?];
        let page = page(&all, &[change], &sweep)?;
        for part in [
            "&lt;none&gt;",
            "<td>1.250</td><td>1.200 to 1.300</td><td>Slower</td>",
            ">50 %</text>",
            "<h2>Throughput by batch</h2>",
            ">3 us</text>",
            "<h2>Latency</h2>",
            "<th>torch</th>",
            "<td>50 (2.50, 25.00 % of the samples differ, by 3 at most)</td>",
            "<td>graph/build</td><td>5 ns</td>",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http") && !outside.contains("<script"));
        Ok(())
    }
}
