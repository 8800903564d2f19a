#!/usr/bin/env bash
# Runs the GPU validation of this bundle, from the folder that it lies in. See README.txt.
#   ./run.sh [ARGS]       pixelflume-validate with ARGS
#   ./run.sh --sanitizer  the short form of it under each tool of compute-sanitizer
# Exit codes: 0 passed, 1 failed, 2 wrong usage or no compute-sanitizer, 3 no GPU (0 with --allow-no-gpu).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

sanitizer=false
quick=false
args=()
for arg in "$@"; do
    case $arg in
        --sanitizer) sanitizer=true ;;
        --quick) quick=true ;;
        *) args+=("$arg") ;;
    esac
done
if $sanitizer || $quick; then args=(--quick ${args[@]+"${args[@]}"}); fi

if ! $sanitizer; then
    exec ./pixelflume-validate ${args[@]+"${args[@]}"}
fi

tool=$(command -v compute-sanitizer || true)
for folder in "${CUDA_PATH:-}" "${CUDA_HOME:-}" /usr/local/cuda; do
    if [[ -z $tool && -n $folder && -x $folder/bin/compute-sanitizer ]]; then tool=$folder/bin/compute-sanitizer; fi
done
if [[ -z $tool ]]; then
    echo "run.sh: compute-sanitizer is neither on the PATH nor in CUDA_PATH; it comes with the CUDA toolkit" >&2
    exit 2
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=()
for check in memcheck racecheck synccheck initcheck; do
    echo "== compute-sanitizer --tool $check"
    start=$SECONDS
    status=0
    # The suite provokes errors of the driver's API on purpose and checks them itself.
    options=()
    if [[ $check == memcheck ]]; then options=(--leak-check full --report-api-errors no); fi
    "$tool" --tool "$check" ${options[@]+"${options[@]}"} --error-exitcode 86 --target-processes all \
        ./pixelflume-validate ${args[@]+"${args[@]}"} >"$logs/$check.log" 2>&1 || status=$?
    if ((status == 3)); then
        cat "$logs/$check.log"
        exit 3
    elif ((status == 0)); then
        tail -n 4 "$logs/$check.log"
        echo "== $check passed in $((SECONDS - start)) s"
    else
        # The first findings tell more than the last; the closing lines hold the count.
        grep -m 20 '^=========' "$logs/$check.log" || true
        tail -n 20 "$logs/$check.log"
        echo "== $check FAILED with exit code $status after $((SECONDS - start)) s"
        failed+=("$check")
    fi
done

if ((${#failed[@]})); then
    echo "run.sh: failed: ${failed[*]}" >&2
    exit 1
fi
echo "run.sh: memcheck, racecheck, synccheck and initcheck passed"
