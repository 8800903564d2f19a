"""Draws some batches of an engine's trace: `python3 engine_trace.py trace.json engine_trace.svg`.

The trace is one that `pixelflume bench engine --trace trace.json` wrote.
"""

import json
import sys

FIRST, BATCHES = 60, 6
LANES = ["upload", "compute", "download"]
COLORS = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"]
WIDTH, LEFT, TOP, LANE, GAP = 960, 90, 34, 34, 10


def boxes(path):
    """Lane, batch, begin and length in microseconds."""
    with open(path) as file:
        events = json.load(file)["traceEvents"]
    process = next(
        event["pid"]
        for event in events
        if event["name"] == "process_name" and event["args"]["name"].startswith("engine on")
    )
    for event in events:
        batch = event["args"].get("batch", -1)
        if event["ph"] == "X" and event["pid"] == process and FIRST <= batch < FIRST + BATCHES:
            yield LANES.index(event["name"]), batch, event["ts"], event["dur"]


def main(source, target):
    drawn = sorted(boxes(source), key=lambda box: box[2])
    origin = drawn[0][2]
    length = max(begin + took for _, _, begin, took in drawn) - origin
    scale = (WIDTH - LEFT - 20) / length
    height = TOP + len(LANES) * (LANE + GAP) + 16
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for step in range(int(length // 1000) + 1):
        x = LEFT + step * 1000 * scale
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 12}" stroke="#dddddd"/>')
        out.append(f'<text x="{x:.1f}" y="{TOP - 14}" fill="#555555" text-anchor="middle">{step} ms</text>')
    for lane, name in enumerate(LANES):
        y = TOP + lane * (LANE + GAP) + LANE / 2 + 5
        out.append(f'<text x="{LEFT - 12}" y="{y}" fill="#222222" text-anchor="end">{name}</text>')
    for lane, batch, begin, took in drawn:
        x, y = LEFT + (begin - origin) * scale, TOP + lane * (LANE + GAP)
        color = COLORS[(batch - FIRST) % len(COLORS)]
        width = max(took * scale, 1)
        out.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{LANE}" fill="{color}">'
            f"<title>batch {batch}: {LANES[lane]}, {took:.0f} us</title></rect>"
        )
        if width > 24:
            middle = f'x="{x + width / 2:.1f}" y="{y + LANE / 2 + 5}"'
            out.append(f'<text {middle} fill="#ffffff" text-anchor="middle">{batch}</text>')
        else:
            out.append(f'<text x="{x + width + 3:.1f}" y="{y + LANE / 2 + 5}" fill="#222222">{batch}</text>')
    out.append("</svg>")
    with open(target, "w") as file:
        file.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
