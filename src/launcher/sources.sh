#!/usr/bin/env bash
# Knows of which sources the program in target was built: by what they contain, whatever their times are.
#
#   sources.sh built    whether it was built of the sources as they are now: exit code 0 or 1
#   sources.sh begin    when Maven begins: notes what it is given
#   sources.sh end      when classes and libraries are there: what was noted is what was built
set -euo pipefail
export LC_ALL=C # names are bytes, and sorted as such
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

sources=(src/main pom.xml CMakeLists.txt cmake)
begun=target/sources.begun # sum and name of every file that Maven was last given
built=target/sources.built # the same for the program that is there

sums() {
    find "${sources[@]}" -type f -print0 | sort -z | xargs -0 sha256sum
}

built() {
    [[ -e $built && -d target/classes && -d target/lib ]] && [[ $(sums) == "$(<"$built")" ]]
}

begin() {
    mkdir -p target
    rm -f "$built"
    sums >"$begun.new"
    if [[ -e $begun ]]; then
        show_changes
    else # nobody knows what was built, perhaps by an older version
        rm -rf target/classes target/lib target/cmake
    fi
    mv "$begun.new" "$begun"
}

# Maven and make go by times: what has changed is dated now, so that they see it. They leave in target what is gone.
show_changes() {
    local line file
    sort "$begun" "$begun.new" | uniq -u | while IFS= read -r line; do
        file=${line#*  }
        if [[ ! -e $file ]]; then
            rm -rf target/classes
        elif ! touch "$file" 2>/dev/null; then
            rm -rf target/classes target/cmake
        fi
        [[ $file != pom.xml ]] || rm -rf target/lib target/classes/org/bytedeco
    done
}

end() {
    cp "$begun" "$built.new"
    mv "$built.new" "$built"
}

"$1"
