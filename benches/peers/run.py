"""Runs pixelflume and its peers on the same workloads and images, one after the other on this machine, and prints one table.
Peers that are not installed are left out with a message."""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# Name, script and further arguments.
PEERS = {
    "opencv": ("opencv_peer.py", []),
    "torch-eager": ("torch_peer.py", []),
    "torch-compile": ("torch_peer.py", ["--compile"]),
    "cvcuda": ("cvcuda_peer.py", []),
    "cvcuda-tv": ("cvcuda_peer.py", ["--resample", "tvresize"]),
    "kornia": ("kornia_peer.py", []),
    "npp": ("npp_peer.py", []),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixelflume", default="pixelflume", help="the program")
    parser.add_argument("--out", required=True, help="folder for the results (JSON)")
    parser.add_argument("--device", default="auto", help="of pixelflume: auto, host, cuda or cuda:N")
    parser.add_argument("--only", default="all", help="names of workloads, separated by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="names of peers, separated by commas")
    parser.add_argument("--quick", action="store_true", help="measure less")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    chosen = [name for name in options.peers.split(",") if name]
    for name in chosen:
        if name not in PEERS:
            sys.exit(f"no peer is called {name}; there are {', '.join(PEERS)}")

    bench = [options.pixelflume, "bench", "--workload", options.only]
    further = ["--quick"] if options.quick else []
    listed = os.path.join(options.out, "workloads.json")
    failed = []
    with tempfile.TemporaryDirectory() as images:
        subprocess.run([*bench, "--list", "--json", listed], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*bench, "--dump", images], check=True)
        own = os.path.join(options.out, "pixelflume.json")
        subprocess.run([*bench, "--device", options.device, "--json", own, *further], check=True)
        cold = os.path.join(options.out, "cold-start.json")
        subprocess.run([*bench[:2], "--cold-start", "--device", options.device, "--json", cold, *further], check=True)
        for name in chosen:
            script, arguments = PEERS[name]
            command = [sys.executable, os.path.join(HERE, script), *arguments, *further]
            command += ["--workloads", listed, "--images", images, "--only", options.only]
            command += ["--json", os.path.join(options.out, f"{name}.json")]
            if subprocess.run(command, check=False).returncode != 0:
                failed.append(name)
    subprocess.run([sys.executable, os.path.join(HERE, "table.py"), options.out], check=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
