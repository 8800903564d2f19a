#!/usr/bin/env bash
# Runs the GPU validation of this bundle. Relative paths of the arguments refer to the current folder. The
# report goes to the folder `report` beside this script unless --report names another. The arguments are those of
# pixelflume-validate; see README.txt.
set -euo pipefail
bundle=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

report=(--report "$bundle/report")
pipelines=(--pipelines "$bundle/examples/pipelines")
processors=(--processors "$bundle/processors")
for arg in "$@"; do
    case $arg in
    --report | --report=*) report=() ;;
    --pipelines | --pipelines=*) pipelines=() ;;
    --processors | --processors=*) processors=() ;;
    esac
done
exec "$bundle/pixelflume-validate" ${report[@]+"${report[@]}"} ${pipelines[@]+"${pipelines[@]}"} \
    ${processors[@]+"${processors[@]}"} "$@"
