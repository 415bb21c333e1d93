#!/usr/bin/env bash
# The C++ compiler of the build, for JavaCPP: the one that CMake takes, which CXX names or which is found first.
set -euo pipefail

compiler=${CXX:-$(type -P c++ || type -P g++ || type -P clang++)}
! type -P "$compiler" >/dev/null || exec "$compiler" "$@"
set -f # CXX may have more words than a name
# shellcheck disable=SC2086
exec $compiler "$@"
