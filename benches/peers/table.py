"""Puts the results of a folder (see run.py) side by side, as Markdown tables: on stdout, or into a page between two marks."""

import argparse
import glob
import json
import os
import statistics
import sys
import time

END = "<!-- end of results -->"

# The aims on an H200, in microseconds.
AIMS = {
    ("edge-full", 8): 45,
    ("edge-full", 32): 170,
    ("edge-small", 32): 32,
    ("blur5", 8): 60,
    ("blur7", 8): 240,
    ("gray", 32): 80,
    ("resize", 32): 42,
    ("classify", 32): 27,
    ("letterbox", 32): 75,
    # 1.6 times the floor, and 1.5 times.
    ("resample", 32): 77,
    ("upscale2", 8): 22,
    ("upscale3", 8): 10,
    ("latency", 1): 14,
}


def load(folder):
    """The results of each tool, by its name."""
    reports = {}
    for path in glob.glob(os.path.join(folder, "*.json")):
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        if isinstance(report, dict) and "tool" in report and "workloads" in report:
            reports[report["tool"]] = report
    return reports


def rows_of(report):
    return {(row["name"], row["batch"]): row for row in report["workloads"]}


def time_text(us):
    return f"{us:,.0f}" if us >= 100 else f"{us:.1f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def cold_start(folder):
    """The table of the cold start, where it was measured."""
    path = os.path.join(folder, "cold-start.json")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    parts = {
        "process": "process_us",
        "driver, device": "device_us",
        "kernel modules": "modules_us",
        "compile": "compile_us",
        "first run": "first_run_us",
        "in all": "total_us",
        "second run": "second_run_us",
    }
    row = lambda name, of: [name] + [f"{of(part) / 1e3:.1f}" for part in parts.values()]
    rows = [
        row("empty cache", lambda part: report["cold"][part]),
        row("filled cache", lambda part: statistics.median(start[part] for start in report["warm"])),
    ]
    text = (
        f"From the start of a process to the first result of one image of `{report['workload']}`, milliseconds (of "
        f"{len(report['warm'])} processes with a filled cache the median of each part):"
    )
    return [text, table(["cache of the driver", *parts], rows)]


def text_of(own, peers, cold):
    device = own["machine"]["device"]
    facts = [device["name"]]
    if device["kind"] == "host":
        facts.append(f"{device['threads']} threads")
    if "driver_version" in device:
        facts.append(f"driver for CUDA {device['driver_version']}")
        facts += [own["machine"]["driver"] or "", own["machine"]["processor"] or ""]
    facts.append(own["machine"]["system"])
    facts += [f"pixelflume {own['version']}" + ("" if own["settings"]["fusion"] else " without fusion")]
    facts += [f"{name} {report['version']}" for name, report in peers.items()]
    copy = own["copy"]
    date = time.strftime("%Y-%m-%d", time.gmtime(own["unix_time"]))
    parts = [
        f"{date}: {'; '.join(fact for fact in facts if fact)}.",
        f"Copies {copy['before_gb_per_s']:.0f} GB/s before the workloads, {copy['after_gb_per_s']:.0f} GB/s after them, read "
        "and written. Microseconds per batch; behind peers, how many times as long they take.",
        times(own, peers),
        "Of pixelflume, executed and waited for, per batch; as a replayed graph / launch by launch:",
        costs(own),
        *cold,
    ]
    if peers:
        parts += ["Share of samples that differ from pixelflume's, and by how much at most:", agreement(own, peers)]
    return "\n\n".join(parts) + "\n"


def label(row):
    return f"{row['name']}: {row['batch']} x {row['input'].split()[0]}"


def times(own, peers):
    peers = {name: rows_of(report) for name, report in peers.items()}
    aimed = "H200" in own["machine"]["device"]["name"]
    header = ["workload", "pixelflume", "p10 to p90", "GB/s", "of copy", "floor", "x floor"]
    header += ["aim"] * aimed + list(peers)
    rows = []
    for row in own["workloads"]:
        us, band = row["us_per_batch"], row["bandwidth"]
        key = (row["name"], row["batch"])
        cells = [
            label(row),
            time_text(us["median"]),
            f"{time_text(us['p10'])} to {time_text(us['p90'])}",
        ]
        if band is None:
            cells += ["", "", "", ""]
        else:
            cells += [
                f"{band['gb_per_s']:.0f}",
                f"{band['share_of_copy'] * 100:.0f} %",
                time_text(band["floor_us"]),
                f"{band['ratio_to_floor']:.2f}",
            ]
        if aimed:
            cells.append(str(AIMS.get(key, "")))
        for peer in peers.values():
            theirs = peer.get(key, {}).get("us_per_batch")
            cells.append(f"{time_text(theirs['median'])} ({theirs['median'] / us['median']:.2g}x)" if theirs else "")
        rows.append(cells)
    return table(header, rows)


def costs(own):
    header = ["workload", "nodes", "launches", "allocations: driver + heap", "submit us", "wall us", "caller's CPU us"]
    rows = []
    for row in own["workloads"]:
        both = [row["execute_replay"], row["execute_direct"]]
        pair = lambda of, digits=1: " / ".join(f"{of(one):.{digits}f}" for one in both)
        allocations = [one["allocations_per_batch"] for one in both]
        rows.append(
            [
                label(row),
                f"{row['nodes_per_batch']:g}",
                str(row["launches_per_batch"]),
                " / ".join(f"{one['driver']:g} + {one['heap']:g}" for one in allocations),
                pair(lambda one: one["cpu"]["submit_us"], 2),
                pair(lambda one: one["wall_us"]["median"]),
                pair(lambda one: one["cpu"]["thread_us"] or 0.0),
            ]
        )
    return table(header, rows)


def agreement(own, peers):
    peers = {name: rows_of(report) for name, report in peers.items()}
    rows = []
    for row in own["workloads"]:
        cells = [label(row)]
        for peer in peers.values():
            agree = peer.get((row["name"], row["batch"]), {}).get("agreement")
            text = f"{agree['differing_share'] * 100:.3g} %, {agree['largest_difference']:.3g}" if agree else ""
            cells.append(text)
        rows.append(cells)
    return table(["workload", *peers], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="the folder that run.py wrote to")
    parser.add_argument("--into", help="a Markdown page, in which the text between the marks of --section is replaced")
    parser.add_argument("--section", default="gpu", help="gpu or host, as the marks of the page say")
    options = parser.parse_args()
    reports = load(options.folder)
    own = reports.pop("pixelflume", None)
    if own is None:
        sys.exit(f"no results of pixelflume in {options.folder}")
    text = text_of(own, dict(sorted(reports.items())), cold_start(options.folder))
    if options.into is None:
        print(text, end="")
        return
    with open(options.into, encoding="utf-8") as file:
        page = file.read()
    mark = f"<!-- results of {options.section}: benches/peers/table.py -->"
    before, begin, rest = page.partition(mark)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{options.into} has no lines {mark} and {END}")
    with open(options.into, "w", encoding="utf-8") as file:
        file.write(f"{before}{mark}\n{text}{END}{after}")


if __name__ == "__main__":
    main()
