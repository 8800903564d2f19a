#!/usr/bin/env bash
# Runs the GPU validation of this bundle, in the folder that it lies in, and leaves its report in the folder `report`
# beside it unless --report names another. The arguments are those of pixelflume-validate; see README.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

report=(--report report)
for arg in "$@"; do
    if [[ $arg == --report || $arg == --report=* ]]; then report=(); fi
done
exec ./pixelflume-validate ${report[@]+"${report[@]}"} "$@"
