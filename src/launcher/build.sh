# shellcheck shell=bash
# Part of ni: builds the program, and says how far it is. It is no process of its own, so that signals reach it.

log=$home/target/build.log

say() {
    echo "ni: $1" >&2
}

is_built() {
    bash "$home/src/launcher/sources.sh" built
}

# Builds go one at a time: whoever had to wait looks again.
build_where_needed() {
    ! is_built || return 0
    take_turns
    is_built || build
    exec 9<&-
}

# The lock is that of a file which is there and need not be written. Maven holds it too, so that it lasts as long.
take_turns() {
    if ! type -P flock >/dev/null; then
        say "flock was not found (Debian package util-linux): let no other ni build here meanwhile"
        return
    fi
    exec 9<"$home/pom.xml"
    if ! flock -n 9; then
        say "another ni is building in $home, waiting for it"
        flock 9
    fi
}

require_tools() {
    local missing=()
    [[ -x $java_home/bin/javac ]] || missing+=("javac (Debian package openjdk-17-jdk-headless)")
    type -P mvn >/dev/null || missing+=("mvn (Debian package maven)")
    type -P cmake >/dev/null || missing+=("cmake (Debian package cmake)")
    [[ ${CMAKE_GENERATOR-} ]] || type -P make >/dev/null || missing+=("make (Debian package make)")
    type -P g++ >/dev/null || missing+=("g++ (Debian package g++)")
    if ((${#missing[@]})); then
        local list
        printf -v list ', %s' "${missing[@]}"
        die "missing to build: ${list:2}"
    fi
}

require_place() {
    local target=$home/target obstacle=$home why
    [[ $home != *:* ]] || die "$home has a colon in its name, which make and Java take for a separator: build elsewhere"
    if mkdir -p "$target" 2>/dev/null; then
        obstacle=$(find "$target" \( -type d -o -type f ! -user "$EUID" \) ! -writable -print -quit)
    fi
    [[ $obstacle ]] || return 0
    why="it is read-only"
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

# In place on a terminal, elsewhere a line every half minute.
show_progress() {
    local step percent left next=30
    while sleep 1 >/dev/null 2>&1 9<&-; do
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
    show_progress &
    reporter=$!
    local status=0
    wait "$maven" || status=$?
    hide_progress
    trap - INT TERM HUP
    return "$status"
}

build() {
    local cores estimate="what has changed"
    cores=$(nproc)
    require_tools
    require_place
    [[ -d $home/target/cmake ]] || estimate="about $((1 + 8 / cores)) minutes on $cores processors"
    say "building, $estimate; see $log"
    SECONDS=0
    if ! run_maven; then
        show_errors
        die "the build failed, see $log"
    fi
}
