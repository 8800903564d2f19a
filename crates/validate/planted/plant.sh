#!/usr/bin/env bash
# Plants a bug in a clone of the last commit, to show that a check finds it. docs/validation.md has the list, and the command
# to run then.
#   crates/validate/planted/plant.sh NAME FOLDER
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
if (($# != 2)); then
    echo "usage: plant.sh NAME FOLDER; the names are" >&2
    for patch in "$root"/crates/validate/planted/*.patch; do echo "    $(basename "$patch" .patch)" >&2; done
    exit 2
fi
git clone --quiet "$root" "$2"
cd "$2"
git apply "$root/crates/validate/planted/$1.patch"
git --no-pager diff --stat
if ! git diff --quiet -- kernels; then
    echo "a kernel has changed: cargo xtask kernels --bootstrap compiles it"
fi
