#!/usr/bin/env bash
# ni: runs NaturalInversion. In a checkout it first builds the program where it is not that of the sources; in the
# bundle, where ni lies in bin, all is there, Java too.
#
# The classes and native libraries run where they lie: nothing is unpacked. Words in NI_JAVA_OPTIONS go to the virtual
# machine.
set -euo pipefail

# A stream that is closed would be the number of the next file that is opened.
[[ -e /proc/self/fd/0 ]] || exec 0</dev/null
[[ -e /proc/self/fd/1 ]] || exec 1</dev/null
[[ -e /proc/self/fd/2 ]] || exec 2>/dev/null

# Java and Maven take names of files for UTF-8, also where no locale says so. Not the shell, which would complain where
# there is no such locale.
utf8=(env LC_ALL=C.UTF-8)

self=$(readlink -f "${BASH_SOURCE[0]}")
home=${self%/*}

die() { # message, exit code
    echo "ni: $1" >&2
    exit "${2-1}"
}

# Finds java, its home and its major version; asks java itself only where no release file answers.
find_java() {
    java=${JAVA_HOME:+$JAVA_HOME/bin/java}
    [[ -x $java ]] || java=$(type -P java) || die "Java 17 or newer is missing (Debian package openjdk-17-jdk-headless)"
    java_home=$(readlink -f "$java")
    java_home=${java_home%/bin/java}
    local facts
    if [[ -f $java_home/release ]]; then
        facts=$(<"$java_home/release")
    else
        facts=$("$java" -XshowSettings:properties -version 2>&1) || true
        [[ $facts =~ java\.home\ =\ ([^$'\n']+) ]] && java_home=${BASH_REMATCH[1]}
    fi
    java_version=0
    [[ $facts =~ (JAVA_VERSION=\"|java\.specification\.version\ =\ )([0-9]+) ]] && java_version=${BASH_REMATCH[2]}
    ((java_version >= 17)) ||
        die "$java is Java $java_version, but 17 or newer is needed (Debian package openjdk-17-jdk-headless)"
}

# The value of --threads, or the number of processors: OpenMP reads it before the program has read its arguments, and
# refused more than 1024.
find_threads() {
    threads=
    while (($#)); do
        case $1 in
            --threads) threads=${2-} ;;
            --threads=*) threads=${1#*=} ;;
            --) break ;;
        esac
        shift
    done
    [[ $threads =~ ^[1-9][0-9]{0,3}$ ]] && ((threads <= 1024)) || threads=$(nproc)
}

# Sets container to the least that a container around this process allows, in MiB, or to nothing: cgroups of version 1
# and 2, with all that are around them. NI_SYSTEM_ROOT is for tests, as the property ni.system.root of the program.
find_container() {
    local root=${NI_SYSTEM_ROOT-} controllers path folder file files bytes
    container=
    [[ -r $root/proc/self/cgroup ]] || return 0
    while IFS=: read -r _ controllers path; do
        case ,$controllers, in
            ,,) folder=$root/sys/fs/cgroup files=(memory.max memory.high) ;;
            *,memory,*) folder=$root/sys/fs/cgroup/memory files=(memory.limit_in_bytes) ;;
            *) continue ;;
        esac
        path=${path%/}/
        while [[ $path ]]; do
            path=${path%/*}
            for file in "${files[@]}"; do
                bytes=
                [[ ! -r $folder$path/$file ]] || read -r bytes <"$folder$path/$file" || true
                if [[ $bytes =~ ^[0-9]+$ ]] && ((bytes / 1048576 < ${container:-1048576})); then
                    container=$((bytes / 1048576))
                fi
            done
        done
    done <"$root/proc/self/cgroup"
}

# MiB in the unit that the program prints, millions of bytes.
megabytes() {
    echo "$(($1 * 1048576 / 1000000)) MB"
}

# Sets heap, in MiB: 2 GiB, or less where a container or ulimit -v leaves less. A process's addresses hold much that is
# not in the heap: libraries, the virtual machine's own, stacks and pools of threads.
find_heap() {
    heap=2048
    find_container
    [[ ! $container ]] || ((container / 2 >= heap)) || heap=$((container / 2))
    local addresses others
    addresses=$(ulimit -v)
    if [[ $addresses != unlimited ]]; then
        addresses=$((addresses / 1024)) others=$((1400 + 16 * threads))
        ((addresses >= others + 256)) || die "ulimit -v allows $(megabytes "$addresses") of addresses, but\
 at least $(megabytes $((others + 256))) are needed with $threads threads: raise it, for example ulimit -v unlimited" 4
        ((heap <= (addresses - others) / 2)) || heap=$(((addresses - others) / 2))
        export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX-2} # each takes 64 MB of them
        options+=(-XX:CompressedClassSpaceSize=64m -XX:ReservedCodeCacheSize=64m)
    fi
}

# Sets crashes to the folder of crash logs, in the user's cache, or to nothing. Only absolute folders count, and nothing is
# made in a home that does not exist.
find_crashes() {
    local cache=${XDG_CACHE_HOME-}
    crashes=
    [[ $cache == /* ]] || cache=${HOME:+$HOME/.cache}
    [[ $cache == /* ]] || return 0
    [[ -d $cache/naturalinversion ]] || mkdir -m 700 "$cache" "$cache/naturalinversion" 2>/dev/null || true
    [[ ! -d $cache/naturalinversion || ! -w $cache/naturalinversion ]] || crashes=$cache/naturalinversion
}

if [[ -f $home/pom.xml ]]; then
    program=$home/target
    find_java
    # shellcheck source=src/launcher/build.sh
    . "$home/src/launcher/build.sh"
    build_where_needed
else
    program=${home%/*}
    JAVA_HOME=$program/runtime
    find_java
fi
# A class path cannot name a folder with a colon in its name; such a one goes by the handle that the program inherits.
if [[ $program == *:* ]]; then
    exec 8<"$program"
    program=/proc/self/fd/8
fi
pwd -P >/dev/null 2>&1 || die "the current folder does not exist any more"
find_threads "$@"
# From the PATH it is called by its name alone.
command=$0
[[ $(type -P ni) != "$0" ]] || command=ni
export OMP_NUM_THREADS=$threads
# Threads that wait give up their core soon: beside other programs spinning ones bring everything to a halt.
[[ -n ${OMP_WAIT_POLICY-} ]] || export GOMP_SPINCOUNT=${GOMP_SPINCOUNT-1000}

options=(
    -Xshare:auto
    -Djava.awt.headless=true
    # What the virtual machine has to say goes where errors go, and after a crash nothing is left where the user stands.
    -XX:+DisplayVMOutputToStderr
    -Xlog:disable
    -Xlog:all=warning:stderr
    -XX:-CreateCoredumpOnCrash
    -XX:-DumpReplayDataOnError
    # Native memory is not limited by the size of the heap.
    -Dorg.bytedeco.javacpp.maxBytes=0
    -Dorg.bytedeco.javacpp.maxPhysicalBytes=0
    # Nothing in /tmp, which others can write to and which may be full: no counters, no files of debuggers that attach.
    -XX:+PerfDisableSharedMem
    -XX:+DisableAttachMechanism
    # What to type to go on: the name that this was called by.
    -Dni.command="$command"
)
find_crashes
if [[ $crashes ]]; then
    options+=(-XX:ErrorFile="$crashes/crash-%p.log")
else
    options+=(-XX:+ErrorFileToStderr)
fi
# Newer ones warn of native libraries, and of what protobuf does.
((java_version < 24)) || options+=(--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow)
# One collector only: that of the user, if there is one.
[[ "${JAVA_TOOL_OPTIONS-} ${JDK_JAVA_OPTIONS-} ${_JAVA_OPTIONS-} ${NI_JAVA_OPTIONS-}" =~ -XX:\+Use[A-Za-z0-9]*GC ]] ||
    options+=(-XX:+UseSerialGC)
find_heap
options+=(-Xmx"$heap"m)
set -f # split into words on purpose, but no patterns for files of the current folder
# shellcheck disable=SC2206
options+=(${NI_JAVA_OPTIONS-})
set +f

exec "${utf8[@]}" "$java" "${options[@]}" -cp "$program/classes:$program/lib/*" org.naturalinversion.cli.Main "$@"
