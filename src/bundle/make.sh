#!/usr/bin/env bash
# Makes the bundle, an archive that runs where there is no Java: docs/bundle.md. Maven calls it (-Pdist).
#
#   make.sh NAME JDK TARGET CLASSPATH
#
#   NAME       of the archive, and of the one folder in it
#   JDK        whose modules become the runtime
#   TARGET     where Maven builds; the folder of the bundle, and the archive, go there too
#   CLASSPATH  of the program: our classes, and its libraries
set -euo pipefail

name=$1 jdk=$2 target=$3
IFS=: read -r -a classpath <<<"$4"
here=$(readlink -f "${BASH_SOURCE[0]%/*}")
home=${here%/src/bundle}
bundle=$target/bundle/$name
runtime=$bundle/runtime
platform=linux-x86_64

modules=java.base,java.desktop,java.logging,java.management,java.sql,jdk.unsupported

die() {
    echo "make.sh: $1" >&2
    exit 1
}

# The launcher, the classes, the libraries. Native ones lie in the folder of classes, where they are loaded.
add_program() {
    install -D -m 755 "$home/ni" "$bundle/bin/ni"
    install -m 644 "$home/LICENSE" "$bundle"
    mkdir "$bundle/classes" "$bundle/lib"
    local element jars=()
    for element in "${classpath[@]}"; do
        case $element in
            *-$platform.jar) ;; # the folder of classes has what is in it
            *.jar) jars+=("$element") ;;
            *) cp -R "$element/." "$bundle/classes" ;;
        esac
    done
    "$jdk/bin/java" "$here/StoredJars.java" "$bundle/lib" "${jars[@]}"
    find "$bundle/classes" -name '*.marker' -delete
}

# Java, without what needs a display or plays sounds.
add_runtime() {
    "$jdk/bin/jlink" --add-modules "$modules" --output "$runtime" \
        --strip-debug --no-header-files --no-man-pages
    rm "$runtime"/lib/lib{awt_xawt,jawt,jsound,splashscreen}.so
    local library
    needed_libraries | while read -r library; do
        cp -L "$library" "$runtime/lib"
    done
}

# What Java needs of this machine, if its JDK is that of a Linux distribution. The libraries of C and C++ stay behind:
# CUDA needs those of the machine that it runs on.
needed_libraries() {
    find "$runtime" -name '*.so' -exec ldd {} + | awk -v inside="$runtime/" '
        $2 == "=>" && $3 ~ "^/" && index($3, inside) != 1 &&
            $3 !~ "/lib(c|m|dl|rt|pthread|gcc_s|stdc[+][+])[.]so" { print $3 }' | sort -u
}

# The same contents make the same archive. A window of 16 MiB gains more than a higher level of xz.
pack() {
    find "$bundle" -name '*.so' -exec strip --strip-unneeded {} +
    tar -C "$target/bundle" -c --sort=name --mtime='2026-01-01 00:00Z' --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX --format=gnu "$name" |
        xz --threads=2 --lzma2=preset=2,dict=16MiB >"$target/$name-$platform.tar.xz"
}

[[ -x $jdk/bin/jlink ]] || die "$jdk has no jlink (Debian package openjdk-17-jdk-headless; -Dni.jdk names another JDK)"
type -P xz >/dev/null || die "xz is missing (Debian package xz-utils)"
rm -rf "$target/bundle"
mkdir -p "$bundle"
add_program
add_runtime
pack
