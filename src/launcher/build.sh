# shellcheck shell=bash
# Part of ni: builds the program and shows progress. It is no process of its own, so that signals reach it.

log=$home/target/build.log
lock=$home/target/build.lock

say() {
    echo "ni: $1" >&2
}

is_built() {
    bash "$home/src/launcher/sources.sh" built
}

# A build replaces the files that a running program reads, so programs share a lock and builds have it alone. File 9 is
# the lock: Java and Maven inherit it, and so keep it even if ni is killed.
build_where_needed() {
    lock_to_run
    ! is_built || return 0
    require_tools
    require_place
    lock_to_build
    is_built || build # who had to wait looks again
    flock -s 9 2>/dev/null || true
}

# Reading is enough for this lock, so it works in folders of other users; after mvn there may be no such file yet. Without
# flock, or where locks fail, the program runs all the same.
lock_to_run() {
    type -P flock >/dev/null || return 0
    { exec 9<"$lock" || exec 9<>"$lock"; } 2>/dev/null || return 0
    local status=0
    flock -s -n 9 2>/dev/null || status=$?
    ((status != 1)) || wait_for_build -s
}

lock_to_build() {
    if ! type -P flock >/dev/null; then
        say "flock was not found (Debian package util-linux): let no other ni build or run here meanwhile"
        return
    fi
    { exec 9<>"$lock"; } 2>/dev/null || die "$lock cannot be written"
    local status=0
    flock -n 9 2>/dev/null || status=$?
    if ((status == 0)); then
        return
    elif ((status != 1)); then # not a lock of another program, but none at all, as on some network disks
        say "$lock cannot be locked: let no other ni build or run here meanwhile"
    elif flock -s -n 9; then
        say "the program of $home is running, and a build would replace its files: waiting for it to end"
        flock 9
    else
        wait_for_build -x
    fi
}

wait_for_build() { # -s to run, -x to build
    say "another ni is building in $home, waiting for it"
    flock "$1" 9
}

require_tools() {
    local missing=()
    [[ -x $java_home/bin/javac ]] || missing+=("javac (Debian package openjdk-17-jdk-headless)")
    type -P mvn >/dev/null || missing+=("mvn (Debian package maven)")
    type -P cmake >/dev/null || missing+=("cmake (Debian package cmake)")
    [[ ${CMAKE_GENERATOR-} ]] || type -P make >/dev/null || missing+=("make (Debian package make)")
    [[ ${CXX-} ]] || type -P c++ >/dev/null || type -P g++ >/dev/null || type -P clang++ >/dev/null ||
        missing+=("g++ (Debian package g++)")
    if ((${#missing[@]})); then
        local list
        printf -v list ', %s' "${missing[@]}"
        die "missing to build: ${list:2}"
    fi
}

require_place() {
    local target=$home/target obstacle why
    [[ $home != *:* ]] || die "$home has a colon in its name, which make and Java take for a separator: build elsewhere"
    [[ ! -L $target || -e $target ]] || die "$target is a broken link: delete it, or create the folder that it names"
    [[ ! -e $target || -d $target ]] || die "$target is not a folder, but the program is built there: move it away"
    if why=$(LC_ALL=C mkdir -p "$target" 2>&1); then
        obstacle=$(find "$target" \( -type d -o -type f ! -user "$EUID" \) ! -writable -print -quit)
        why="it is read-only"
    else
        obstacle=$home why=${why##*: }
    fi
    [[ $obstacle ]] || return 0
    [[ -O $obstacle ]] || why="it belongs to $(stat -c %U "$obstacle")"
    die "the program has to be built, but $obstacle cannot be written, $why: build as its owner or in a copy of your own"
}

# What Maven does, and how much of the whole is done: kernels take four fifths of the time.
find_progress() {
    local text
    text=$(<"$log")
    step=preparing percent=0
    [[ $text == *" --- "*" ("* ]] || return 0
    step=${text##*" --- "}
    step=${step#*(} step=${step%%)*}
    case $step in
        "build kernels")
            text=${text##*$'\n['}
            [[ ! $text =~ ^\ *([0-9]+)% ]] || percent=$((BASH_REMATCH[1] * 4 / 5))
            ;;
        default-compile) step="compile Java" percent=82 ;;
        bind*) percent=90 ;;
        "copy libraries" | default-jar) percent=98 ;;
    esac
}

# In place on a terminal, elsewhere a line every half minute. It ends with ni, also if ni is killed.
show_progress() {
    local step percent left next=30
    while kill -0 $$ 2>/dev/null && sleep 1 >/dev/null 2>&1; do
        find_progress
        left=
        ((percent < 5)) || left=", about $((SECONDS * (100 - percent) / percent + 1)) s left"
        if [[ -t 2 ]]; then
            printf '\r\e[Kni: building, %d %% (%s)%s' "$percent" "$step" "$left" >&2
        elif ((SECONDS >= next)); then
            say "building, $percent % ($step)$left"
            next=$((SECONDS + 30))
        fi
    done
}

hide_progress() {
    kill "$reporter" 2>/dev/null || true
    wait "$reporter" 2>/dev/null || true
    [[ ! -t 2 ]] || printf '\r\e[K' >&2
}

# What a reader needs of the log: the errors of compilers, CMake and Maven, without Maven's advice and traces.
show_errors() {
    local errors noise
    noise='^--$|^\[INFO\]|^\[ERROR\] (\[Help 1\].*|COMPILATION ERROR.*|Command execution failed.*|)$|[Rr]e-run Maven'
    noise+='|For more information|^ *at .*\(.*\)$|ExecuteException|make\[?[0-9]*\]?:'
    errors=$(sed 's/\x1b\[[0-9;]*m//g; s/ -> \[Help 1\]$//' "$log" | grep -E -A2 '(error|Error|ERROR)[]: ]' |
        grep -vE "$noise" | awk '!seen[$0]++' | head -n 30) || true
    [[ $errors ]] || errors=$(tail -n 20 "$log")
    printf '%s\n' "$errors" >&2
}

# Maven and all that it started end before ni does.
stop() { # exit code
    trap '' INT TERM HUP
    if [[ $maven ]]; then
        kill -TERM -- "-$maven" 2>/dev/null || true
        wait "$maven" 2>/dev/null || true
        hide_progress
    fi
    die "the build was stopped" "$1"
}

run_maven() {
    maven='' reporter=''
    trap 'stop 130' INT
    trap 'stop 143' TERM
    trap 'stop 129' HUP
    set -m # as a group of its own it is told to stop by us alone, not by Ctrl-C
    (
        cd "$home"
        exec "${utf8[@]}" JAVA_HOME="$java_home" mvn -B -ntp -Dmaven.test.skip=true package
    ) </dev/null >"$log" 2>&1 &
    maven=$!
    set +m
    show_progress 9<&- & # without the lock
    reporter=$!
    local status=0
    wait "$maven" || status=$?
    hide_progress
    trap - INT TERM HUP
    return "$status"
}

count() { # number, of what
    (($1 == 1)) && echo "$1 $2" || echo "$1 $2s"
}

build() {
    local cores minutes estimate="what has changed"
    if [[ ! -d $home/target/cmake ]]; then
        cores=$(nproc) minutes=$((1 + 8 / cores))
        estimate="about $(count "$minutes" minute) on $(count "$cores" processor)"
    fi
    say "building, $estimate; see $log"
    SECONDS=0
    if ! run_maven; then
        show_errors
        die "the build failed, see $log"
    fi
}
