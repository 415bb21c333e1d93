#!/usr/bin/env bash
# Checks the bundle on a bare machine: nothing but bash, three tools and the libraries of C and C++, no network, an empty
# environment, and a folder with spaces that nobody can write to. Needs root and Linux's namespaces.
#
#   check.sh ARCHIVE
set -euo pipefail

archive=$(readlink -f "$1")
limit=50000000
tools=(/usr/bin/{bash,env,nproc,readlink})

die() {
    echo "check.sh: $1" >&2
    exit 1
}

# In namespaces of its own: what it mounts is gone when it ends.
if [[ ${NI_BARE-} != yes ]]; then
    ((EUID == 0)) || die "root is needed"
    NI_BARE=yes exec unshare --mount --net bash "${BASH_SOURCE[0]}" "$archive"
fi

build_machine() {
    machine=$(mktemp -d)
    mount -t tmpfs bare "$machine"
    trap 'umount -R "$machine"; rmdir "$machine"' EXIT
    mkdir "$machine"/{bin,dev,lib,proc,tmp,usr,"a folder"}
    ln -s lib "$machine/lib64"
    ln -s ../bin "$machine/usr/bin"
    touch "$machine"/dev/{null,urandom}
    mount --bind /dev/null "$machine/dev/null"
    mount --bind /dev/urandom "$machine/dev/urandom"
    mount -t proc proc "$machine/proc"

    local cpp
    cpp=$(ldconfig -p | awk '$1 == "libstdc++.so.6" && /x86-64/ && !found++ { print $NF }')
    cp -L "${tools[@]}" "$machine/bin"
    # With the parts that the C library once had: programs still ask for them by name.
    {
        printf '%s\n' "$cpp" "${cpp%/*}"/lib{dl,pthread,rt}.so.*
        ldd "${tools[@]}" "$cpp" | grep -o '/.*\.so[^ :]*'
    } | sort -u | xargs cp -L -t "$machine/lib"

    tar -C "$machine/a folder" -xf "$archive"
    mount --bind "$machine/a folder" "$machine/a folder"
    mount -o remount,bind,ro "$machine/a folder"
    bundle=$(cd "$machine/a folder" && echo *)
}

# Runs ni there; it must end well and print that.
expect() { # pattern, arguments
    local pattern=$1 output
    shift
    echo "ni $*"
    output=$(chroot "$machine" /bin/env -i "/a folder/$bundle/bin/ni" "$@" 2>&1) || die "it failed: $output"
    [[ $output =~ $pattern ]] || die "'$pattern' is not in its output: $output"
}

size=$(stat -c %s "$archive")
((size < limit)) || die "$archive has $size bytes, $limit or more"
build_machine
expect "^NaturalInversion [0-9.]+" --version
expect "Usage: ni doctor" doctor --help
expect "cuda: not available, .*libcuda.so.1|built without nvcc.*" doctor
expect "2 images in /tmp/run" synthesize --images 2 --iterations 3 --batch 2 --out /tmp/run
[[ -s $machine/tmp/run/grid.png ]] || die "grid.png was not written"
[[ -z $(find "$machine/tmp" -name '*.so*') ]] || die "libraries were unpacked"
echo "$bundle: $size bytes, runs on a bare machine"
