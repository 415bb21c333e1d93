"""Where the program runs: caches, temporary folders, foreign code lying about, languages, other folders, other users."""
import json
import os
import shutil
import time
import zipfile

from . import make
from .frame import (
    BAD_FILE, FAILURE, FAULT, NO_ROOM, SMALL, USAGE, NotTried, accepted, accepted_or_refused, altered, check, civil,
    contents, finished, need_root, refused, same, trial, undisturbed,
)
from .kills import TRAINING, data

# ---- the cache -------------------------------------------------------------------------------------


def works_or_names(box, folder, **how):
    """It needs no such folder, or says in a line which it is."""
    done = box.ni(*SMALL, "--out", "run", **how)
    if done.code == 0:
        accepted(done)
        same(box.path("run"), undisturbed(box, SMALL))
    else:
        refused(done, FAILURE, NO_ROOM)
        check(str(folder) in done.err, f"{folder} is not named; {done}")


@trial(FAULT, "the cache on a disk", of={
    "without execution": "size=200m,noexec", "of 20 MB": "size=20m", "of 1 MB": "size=1m", "that is read-only": "size=1m,ro"})
def cache_disk(box, item):
    with box.disk("cache", item) as cache:
        works_or_names(box, cache, env={"XDG_CACHE_HOME": cache})


@trial(FAULT, "the cache", of={
    "is a file": lambda path: path.write_text("no folder"),
    "is a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "is not there": lambda path: None,
})
def cache_path(box, item):
    item(box.path("cache"))
    works_or_names(box, box.path("cache"), env={"XDG_CACHE_HOME": box.path("cache")})


@trial(FAULT, "no home folder", of={"unset": None, "not there": "/nonexistent", "relative": "here"})
def no_home(box, item):
    works_or_names(box, "", env={"HOME": item, "XDG_CACHE_HOME": None})


# ---- /tmp ------------------------------------------------------------------------------------------


def own_tmp(box, options):
    """Words before the program's that give it a /tmp of its own."""
    need_root()
    if str(box.bench.ni).startswith("/tmp/") or str(box.folder).startswith("/tmp/"):
        raise NotTried("the program or this folder lies in /tmp, that this trial hides")
    box.shell("unshare", "-m", "true")
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o {options} none /tmp && exec "$@"', "sh"]


@trial(FAULT, "/tmp", of={"full": "size=4k", "read-only": "size=1m,ro", "without execution": "size=64m,noexec"})
def tmp(box, item):
    accepted(box.ni("synthesize", *SMALL[1:], "--out", "run", prefix=own_tmp(box, item)))
    same(box.path("run"), undisturbed(box, SMALL))


@trial(FAULT, "/tmp and the cache read-only")
def tmp_and_cache(box):
    box.good("--version")
    with box.disk("cache", "size=1m,ro") as cache:
        works_or_names(box, cache, prefix=own_tmp(box, "size=1m,ro"), env={"XDG_CACHE_HOME": cache})


# ---- foreign code ----------------------------------------------------------------------------------


def library(box, name):
    """A library that leaves a file when it is loaded."""
    source = box.write(
        "planted.c",
        '#include <stdio.h>\n__attribute__((constructor)) static void run(void) '
        f'{{ FILE *f = fopen("{box.path("PLANTED")}", "w"); if (f) fclose(f); }}\n',
    )
    path = box.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    box.shell("gcc", "-shared", "-fPIC", "-o", path, source)
    return path


def nothing_ran(box):
    check(not box.path("PLANTED").exists(), "foreign code was run")


COMMANDS = {
    "synthesize": ["synthesize", "--batch", 4, "--iterations", 1, "--threads", 1, "--quiet", "--out", "../run"],
    "inspect": ["inspect", "../t.safetensors", "--threads", 1, "--quiet"],
    "evaluate": ["evaluate", "--data", "../data", "--threads", 1, "--quiet"],
    "train": ["train", "--data", "../data", "--test", "../data", "--epochs", 1, "--quiet", "--out", "../run"],
    "doctor": ["doctor", "--only", "Adam", "--threads", 1, "--quiet"],
    "bench": ["bench", "--batch", 2, "--iterations", 1, "--threads", 1, "--quiet"],
}


def here(box, command):
    data(box)
    if command == "inspect":
        box.good("export", "--out", "t.safetensors")
    return box.ni(*COMMANDS[command], cwd=box.path("here"), timeout=120)


@trial(FAULT, "Python packages in the current folder", of=list(COMMANDS))
def python(box, item):
    code = f'open({str(box.path("PLANTED"))!r}, "w")\n'
    for name in ("nvidia/__init__.py", "sitecustomize.py", "json.py", "os.py"):
        box.write(f"here/{name}", code)
    civil(here(box, item))
    nothing_ran(box)


@trial(FAULT, "libraries in the current folder", of=["synthesize", "doctor"])
def libraries(box, item):
    planted = library(box, "here/libcuda.so.1")
    for name in ("libcudart.so.13", "libcudnn.so.9", "libjnijavacpp.so", "libjnidnnl.so", "libdnnl.so.3", "libni_host.so",
                 "libgomp.so.1", "lib64/libcuda.so.1", "nvidia/cudnn/lib/libcudnn.so.9", "nvidia/lib/libcuda.so.1"):
        box.path(f"here/{name}").parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(planted, box.path(f"here/{name}"))
    civil(here(box, item))
    nothing_ran(box)


@trial(FAULT, "a program named as a tool in the current folder")
def tools(box):
    for name in ("python3", "python", "java", "nproc", "readlink", "sha256sum", "locale", "ldconfig"):
        box.write(f"here/{name}", f"#!/bin/sh\ntouch {box.path('PLANTED')}\n").chmod(0o755)
    civil(here(box, "synthesize"))
    nothing_ran(box)


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


BINDING = "org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so"


def own_binding(box):
    """The program's own library: the name of the jar that it came in, its size and time."""
    ni = box.bench.ni
    program = ni.parent / "target" if (ni.parent / "pom.xml").exists() else ni.parent.parent
    for jar in sorted(program.glob("lib/javacpp-*.jar")):
        name = f"{jar.stem.removesuffix('-linux-x86_64')}-linux-x86_64.jar"
        with zipfile.ZipFile(jar) as archive:
            if BINDING in archive.namelist():  # an older program, which unpacks it
                info = archive.getinfo(BINDING)
                return name, info.file_size, time.mktime((*info.date_time, 0, 0, -1))
        if (program / "classes" / BINDING).exists():
            facts = (program / "classes" / BINDING).stat()
            return name, facts.st_size, facts.st_mtime
    raise NotTried("the program's lib has no binding of JavaCPP's")


@trial(FAULT, "a library planted in /tmp under another user's name",
       of={"home not there": "/nonexistent", "home not writable": "/"})
def planted_in_tmp(box, item):
    """Another user has made the folders in /tmp where libraries could be unpacked, and put his own there: of equal size
    and time, which is what JavaCPP compares."""
    prefix = own_tmp(box, "size=400m,mode=1777")
    jar, size, modified = own_binding(box)
    planted = library(box, "libjnijavacpp.so")
    check(planted.stat().st_size <= size, "the trial's library is larger than the program's")
    os.truncate(planted, size)
    planted.chmod(0o755)
    os.utime(planted, (modified, modified))
    for cache in (".javacpp-nobody/cache", ".javacpp-nobody", ".cache/naturalinversion"):
        for folder in (f"{jar}/{BINDING}", BINDING):
            copy = box.path(f"tmp/{cache}/{folder}")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(planted, copy)
    box.folder.chmod(0o777)
    user = {"HOME": item, "XDG_CACHE_HOME": None, "USER": "nobody", "LOGNAME": "nobody"}
    plant = f'cp -a {box.path("tmp")}/. /tmp && chmod -R a+rwX /tmp && exec "$@"'
    done = box.ni(*SMALL, "--out", "run", prefix=[*prefix, "sh", "-c", plant, "sh", *NOBODY], env=user)
    nothing_ran(box)
    accepted_or_refused(done, FAILURE, NO_ROOM)


def named_library(box):
    folder = box.path("cuda")
    for name in ("libcuda.so.1", "libcudart.so.13", "libcudart.so", "libcudnn.so.9"):
        library(box, f"cuda/{name}")
    return str(folder)


def edit(path, **settings):
    value = json.loads(path.read_text())
    value["settings"].update(settings)
    path.write_text(json.dumps(value))


@trial(FAULT, "libraries named by", of=["a run's manifest, resumed", "a run's manifest as --config",
                                                     "a settings file", "a training's manifest, resumed"])
def named(box, item):
    where = named_library(box)
    if item.startswith("a training"):
        data(box)
        box.good(*TRAINING, "--out", "run")
        edit(box.path("run/training.json"), **{"cuda-path": [where], "backend": "auto"})
        done = box.ni("train", "--out", "run", "--resume", "--quiet")
    elif item == "a settings file":
        box.write("s.yaml", f"cuda-path: [{where}]\nbackend: auto\n")
        done = box.ni(*altered(SMALL, backend="auto"), "--config", "s.yaml", "--out", "run")
    else:
        run = finished(box, SMALL)
        edit(run / "manifest.json", **{"cuda-path": [where], "backend": "auto"})
        words = ["--out", "run", "--resume"] if "resumed" in item else ["--config", "run/manifest.json", "--out", "new"]
        done = box.ni("synthesize", *words, "--quiet")
    nothing_ran(box)
    accepted_or_refused(done, USAGE, BAD_FILE)


@trial(FAULT, "an output folder named by a run's manifest")
def output_named(box):
    run = finished(box, SMALL)
    edit(run / "manifest.json", out=str(box.path("elsewhere")))
    done = box.ni("synthesize", "--config", "run/manifest.json", "--quiet")
    check(not box.path("elsewhere").exists(), "it was written to")
    accepted_or_refused(done, USAGE, BAD_FILE)


# ---- names and places ------------------------------------------------------------------------------

FOREIGN = "出力 é"


@trial(FAULT, "names beyond ASCII", of={
    f"{what}, {locale or 'no language'}": (what, locale)
    for what in ("--out", "--teacher", "--data", "--config", "current folder") for locale in ("C", None)
    if locale or what == "--out"
})
def beyond_ascii(box, item):
    what, locale = item
    environment = {"LC_ALL": locale, "LANG": None}
    call = {"env": environment}
    words = [*SMALL, "--out", "run"]
    if what == "--out":
        words[-1] = FOREIGN
    elif what == "--teacher":
        box.good("export", "--out", f"{FOREIGN}.safetensors")
        words += ["--teacher", f"{FOREIGN}.safetensors"]
    elif what == "--data":
        make.pictures(box.path(FOREIGN))
        words = ["evaluate", "--data", FOREIGN, "--threads", 1, "--quiet"]
    elif what == "--config":
        box.write(f"{FOREIGN}.yaml", "seed: 3\n")
        words += ["--config", f"{FOREIGN}.yaml"]
    else:
        box.path(FOREIGN).mkdir()
        call["cwd"] = box.path(FOREIGN)
    done = box.ni(*words, **call)
    accepted(done)
    if what == "--out":
        check(box.path(FOREIGN).is_dir(), f"there is no {FOREIGN}, but {os.listdir(box.folder)}")


@trial(FAULT, "a run resumed from another folder", of=["--teacher", "--verifier"])
def elsewhere(box, item):
    box.good("export", "--out", "t.safetensors")
    words = [*SMALL, item, "t.safetensors"]
    box.good(*words, "--out", "run")
    sorted(box.path("run").glob("images/*/*.png"))[0].unlink()
    accepted(box.ni("synthesize", "--out", box.path("run"), "--resume", "--quiet", cwd="/"))
    same(box.path("run"), undisturbed_with(box, words))


def undisturbed_with(box, words):
    """Of a call that needs the files of this folder."""
    box.good(*words, "--out", "again")
    return contents(box.path("again"))


@trial(FAULT, "training resumed from another folder")
def training_elsewhere(box):
    data(box)
    process = box.start(*TRAINING, "--out", "run")
    process.until(box.path("run/training.json").exists)
    process.kill()
    accepted(box.ni("train", "--out", box.path("run"), "--resume", "--quiet", cwd="/"))


@trial(FAULT, "--resume of a folder that is not there", of=["synthesize", "train"])
def typo(box, item):
    data(box)
    words = ["--data", "data", "--test", "data", "--epochs", 1] if item == "train" else ["--batch", 4, "--iterations", 1]
    refused(box.ni(item, *words, "--out", "typo", "--resume", "--quiet"), USAGE)
    check(not box.path("typo").exists(), "a folder is left behind")


@trial(FAULT, "--resume of a folder without a run", of=["synthesize", "train"])
def empty(box, item):
    data(box)
    box.path("empty").mkdir()
    words = ["--data", "data", "--test", "data", "--epochs", 1] if item == "train" else ["--batch", 4, "--iterations", 1]
    refused(box.ni(item, *words, "--out", "empty", "--resume", "--quiet"), USAGE)


@trial(FAULT, "a folder that holds nothing of anyone's", of=[
    ".DS_Store", "Thumbs.db", "desktop.ini", ".manifest.json.0123456789abcdef", ".training.json.0123456789abcdef"])
def nearly_empty(box, item):
    box.write(f"run/{item}", "x")
    words = TRAINING if item.startswith(".training") else SMALL
    data(box)
    accepted(box.ni(*words, "--out", "run"))


# ---- results that cannot be written ----------------------------------------------------------------

FULL = {
    "inspect --json": ["inspect", "t.safetensors", "--json", "--threads", 1],
    "evaluate --json": ["evaluate", "--data", "data", "--json", "--threads", 1, "--backend", "cpu"],
    "synthesize --json": [*SMALL, "--json", "--out", "run"],
    "--help": ["--help"],
    "--version": ["--version"],
    "bench --list": ["bench", "--list"],
}


@trial(FAULT, "results go to a full disk", of=FULL)
def full(box, item):
    data(box)
    if item[0] == "inspect":
        box.good("export", "--out", "t.safetensors")
    with open("/dev/full", "wb", buffering=0) as out:
        refused(box.ni(*item, stdout=out), FAILURE)


@trial(FAULT, "results go nowhere: stdout is closed")
def closed(box):
    box.good("export", "--out", "t.safetensors")
    done = box.ni("inspect", "t.safetensors", "--json", "--threads", 1, prefix=["sh", "-c", 'exec "$@" >&-', "sh"])
    refused(done, FAILURE)


# ---- what works already, and must go on to ---------------------------------------------------------


@trial(FAULT, "results go nowhere: stdin and stdout are closed")
def closed_both(box):
    done = box.ni("--version", prefix=["sh", "-c", 'exec "$@" <&- >&-', "sh"])
    civil(done)
    check(done.code == FAILURE and len(complaints(done)) == 1, str(done))


@trial(FAULT, "the current folder is gone")
def gone(box):
    done = box.ni("--version", prefix=["bash", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"])
    civil(done)
    check(done.code == FAILURE and "current folder" in done.err, str(done))


@trial(FAULT, "the environment", of={
    "through a link": "link", "in a folder that is read-only": "read-only", "another user": "user", "umask 077": "umask",
    "an empty environment": "empty", "spaces in names": "spaces", "no network": "network", "a far time zone": "zone",
    "JAVA_TOOL_OPTIONS": "tool", "a Turkish language": "turkish",
})
def environment(box, item):
    call, out, prefix, program = {}, "run", [], None
    if item == "link":
        box.path("bin").mkdir()
        program = box.path("bin/ni")
        program.symlink_to(box.bench.ni)
    elif item == "read-only":
        with box.disk("here", "size=1m,ro") as folder:
            accepted(box.ni(*SMALL, "--out", box.path("run"), cwd=folder))
        return same(box.path("run"), undisturbed(box, SMALL))
    elif item == "user":
        need_root()
        if box.shell(*NOBODY, "sh", "-c", f"test -x {box.bench.ni} && echo yes || echo no").strip() != "yes":
            raise NotTried("the program is not to be run by others")
        box.folder.chmod(0o777)
        box.path("home").mkdir()
        box.path("home").chmod(0o777)
        prefix, call = NOBODY, {"HOME": box.path("home"), "XDG_CACHE_HOME": None}
    elif item == "umask":
        prefix = ["sh", "-c", 'umask 077; exec "$@"', "sh"]
    elif item == "empty":
        prefix = ["env", "-i", f"PATH={os.environ['PATH']}"]
    elif item == "spaces":
        out = "a run with 'spaces'"
    elif item == "network":
        box.shell("unshare", "-n", "true")
        prefix = ["unshare", "-n"]
    else:
        call = {"zone": {"TZ": "Pacific/Kiritimati"}, "tool": {"JAVA_TOOL_OPTIONS": "-Duser.language=de"},
                "turkish": {"LC_ALL": "tr_TR.UTF-8", "NI_JAVA_OPTIONS": "-Duser.language=tr -Duser.country=TR"}}[item]
    done = box.ni(*SMALL, "--out", out, prefix=prefix, env=call, program=program)
    check(done.code == 0, str(done))
    same(box.path(out), undisturbed(box, SMALL))


def other_javas():
    roots = ["/usr/lib/jvm"]
    return sorted(
        os.path.join(root, name) for root in roots if os.path.isdir(root) for name in os.listdir(root)
        if os.path.exists(os.path.join(root, name, "bin/java")) and not os.path.islink(os.path.join(root, name))
    )


@trial(FAULT, "every Java that the machine has")
def javas(box):
    found = other_javas()
    if not found:
        raise NotTried("there is none in /usr/lib/jvm")
    for java in found:
        done = box.ni(*SMALL, "--out", f"run-{os.path.basename(java)}", env={"JAVA_HOME": java})
        if "17 or newer is needed" not in done.err:
            check(done.code == 0, f"{java}: {done}")
            civil(done)
