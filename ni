#!/usr/bin/env bash
# ni: runs NaturalInversion. In a checkout it first builds what is older than a source; in the bundle, where it lies in
# bin, all is there, Java too.
#
# The classes and native libraries run where they lie: from a jar, every version's libraries would first have to be
# unpacked into the cache. Words in NI_JAVA_OPTIONS go to the virtual machine.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
home=${self%/*}
jar=$home/target/naturalinversion.jar
sources=("$home/src/main" "$home/pom.xml" "$home/CMakeLists.txt" "$home/cmake")

die() {
    echo "ni: $1" >&2
    exit 1
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

stale() {
    [[ ! -e $jar || -n $(find "${sources[@]}" -newer "$jar" -print -quit) ]]
}

build() {
    local missing=()
    [[ -x $java_home/bin/javac ]] || missing+=("javac (Debian package openjdk-17-jdk-headless)")
    type -P mvn >/dev/null || missing+=("mvn (Debian package maven)")
    type -P cmake >/dev/null || missing+=("cmake (Debian package cmake)")
    type -P g++ >/dev/null || missing+=("g++ (Debian package g++)")
    if ((${#missing[@]})); then
        local list
        printf -v list ', %s' "${missing[@]}"
        die "missing to build: ${list:2}"
    fi

    mkdir -p "$home/target"
    local log=$home/target/build.log
    echo "ni: building, see $log" >&2
    : >"$log.start"
    # Maven adds to this folder and takes nothing away: after an upgrade, the old library would be found first.
    [[ ! $home/pom.xml -nt $jar ]] || rm -rf "$home/target/lib"
    if ! (cd "$home" && JAVA_HOME=$java_home mvn -B -ntp -Dmaven.test.skip=true package </dev/null >"$log" 2>&1); then
        cat "$log" >&2
        die "the build failed, see $log"
    fi
    # The jar is as new as the sources that were read, also where its contents have not changed.
    touch -r "$log.start" "$jar"
}

# The value of --threads, or the number of processors: OpenMP reads it before the program has read its arguments.
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
    [[ $threads =~ ^[1-9][0-9]*$ ]] || threads=$(nproc)
}

if [[ -f $home/pom.xml ]]; then
    program=$home/target
    find_java
    if stale; then
        # One build at a time in this folder; whoever waited looks again. The lock ends with the subshell.
        (
            flock 9
            ! stale || build 9<&-
        ) 9<"$home/pom.xml"
    fi
else
    program=${home%/*}
    JAVA_HOME=$program/runtime
    find_java
fi
find_threads "$@"
# From the PATH it is called by its name alone.
command=$0
[[ $(type -P ni) != "$0" ]] || command=ni
# A stream that is closed would be the number of the next file that is opened.
{ : >&1; } 2>/dev/null || exec 1</dev/null
{ : >&2; } 2>/dev/null || exec 2>/dev/null
export OMP_NUM_THREADS=$threads
# Threads that wait give up their core soon: beside other programs spinning ones bring everything to a halt.
[[ -n ${OMP_WAIT_POLICY-} ]] || export GOMP_SPINCOUNT=${GOMP_SPINCOUNT-1000}

cache=${XDG_CACHE_HOME:-~/.cache}/naturalinversion
options=(
    -Xmx2g
    -Xshare:auto
    -XX:+UseSerialGC
    -Djava.awt.headless=true
    # Native memory is not limited by the size of the heap.
    -Dorg.bytedeco.javacpp.maxBytes=0
    -Dorg.bytedeco.javacpp.maxPhysicalBytes=0
    -Dorg.bytedeco.javacpp.cachedir="$cache"
    # What to type to go on: the name that this was called by.
    -Dni.command="$command"
)
((java_version < 22)) || options+=(--enable-native-access=ALL-UNNAMED)
# shellcheck disable=SC2206 # split into words on purpose
options+=(${NI_JAVA_OPTIONS-})

exec "$java" "${options[@]}" -cp "$program/classes:$program/lib/*" org.naturalinversion.cli.Main "$@"
