"""The checkout itself copied, moved, read-only, of another language or time: it builds, and runs. Slow."""
import os
import shutil
import signal
import time

from .frame import DONE, FAILURE, FAULT, SMALL, NotTried, accepted, check, civil, complaints, need_root, text, trial
from .surroundings import NOBODY, other_javas

BUILDING = 1800
MAIN = "src/main/java/org/naturalinversion/cli/Main.java"


def copy(box, name):
    """The checkout and what it has built; the program must lie in one."""
    checkout = box.bench.ni.parent
    if not (checkout / "pom.xml").exists():
        raise NotTried("the program is not that of a checkout")
    where = box.path(name)
    where.parent.mkdir(parents=True, exist_ok=True)
    box.shell("cp", "-a", checkout, where)
    # In a worktree .git is a file that names another place.
    if (where / ".git").is_file():
        (where / ".git").unlink()
    return where


def changed(where, name=MAIN):
    """A source that differs, in words only."""
    with open(where / name, "a", encoding="utf-8") as file:
        file.write("// changed\n")


def builds(box, where, **how):
    done = box.ni("--version", program=where / "ni", timeout=BUILDING, **how)
    civil(done)
    check(done.code == DONE, str(done))
    return done


@trial(FAULT, "a checkout that is", slow=True, alone=True, of=["copied", "copied, and a kernel changed"])
def copied(box, item):
    where = copy(box, "elsewhere")
    changed(where, "src/main/cuda/kernels/add.cu" if "kernel" in item else MAIN)
    builds(box, where)
    accepted(box.ni(*SMALL, "--out", "run", program=where / "ni"))


@trial(FAULT, "a compiler that is broken at first", slow=True, alone=True)
def compiler(box):
    where = copy(box, "checkout")
    shutil.rmtree(where / "target/cmake")
    changed(where)
    for name in ("c++", "g++"):
        box.write(f"broken/{name}", "#!/bin/sh\nexit 1\n").chmod(0o755)
    path = box.bench.environment["PATH"]
    failed = box.ni("--version", program=where / "ni", env={"PATH": f"{box.path('broken')}:{path}"}, timeout=BUILDING)
    check(failed.code == FAILURE, str(failed))
    check(len(failed.err.splitlines()) < 50, f"{len(failed.err.splitlines())} lines are printed")
    builds(box, where)


@trial(FAULT, "a checkout in a folder named", slow=True, alone=True, of=["a:b", "日本", "two words", "it's $HOME"])
def named(box, item):
    where = copy(box, f"{item}/checkout")
    environment = {"LC_ALL": "C", "LANG": None}
    done = box.ni("--version", program=where / "ni", env=environment, timeout=BUILDING)
    if item == "a:b" and done.code != 0:
        civil(done)
        check(len(complaints(done)) == 1, str(done))
    else:
        accepted(done)
        accepted(box.ni(*SMALL, "--out", "run", program=where / "ni", env=environment))


@trial(FAULT, "a checkout that is read-only", slow=True, alone=True, of=["built", "to be built"])
def read_only(box, item):
    where = copy(box, "checkout")
    if item == "to be built":
        changed(where)
    need_root()
    box.shell("unshare", "-m", "true")
    prefix = ["unshare", "-m", "sh", "-c", f"mount --bind {where} {where} && mount -o remount,ro,bind {where}"
              ' && exec "$@"', "sh"]
    done = box.ni("--version", program=where / "ni", prefix=prefix, timeout=BUILDING)
    if item == "built":
        accepted(done)
    else:
        civil(done)
        check(done.code == FAILURE and len(done.err.splitlines()) <= 3, str(done))


@trial(FAULT, "a checkout of another user's", slow=True, alone=True, of=["built", "to be built"])
def foreign(box, item):
    where = copy(box, "checkout")
    box.folder.chmod(0o755)
    if item == "to be built":
        changed(where)
    need_root()
    done = box.ni("--version", program=where / "ni", prefix=NOBODY, env={"HOME": "/nonexistent", "XDG_CACHE_HOME": None},
                  timeout=BUILDING)
    if item == "built":
        accepted(done)
    else:
        civil(done)
        check(done.code == FAILURE and len(done.err.splitlines()) <= 3, str(done))


@trial(FAULT, "a source dated in the future builds once", slow=True, alone=True)
def future(box):
    where = copy(box, "checkout")
    changed(where)
    os.utime(where / MAIN, (time.time() + 2 * 86400,) * 2)
    builds(box, where)
    again = builds(box, where)
    check("building" not in again.err, f"it is built again: {again.err.strip()}")


@trial(FAULT, "a source that is only touched builds nothing", slow=True, alone=True)
def touched(box):
    where = copy(box, "checkout")
    builds(box, where)
    os.utime(where / MAIN)
    again = builds(box, where)
    check("building" not in again.err, f"it is built again: {again.err.strip()}")


@trial(FAULT, "kill -9 of ni while it builds", slow=True, alone=True)
def killed(box):
    """Maven goes on; the next ni waits for it and builds nothing."""
    where = copy(box, "checkout")
    changed(where)
    process = box.start("--version", program=where / "ni")
    process.until(lambda: "building" in text(process.err), timeout=BUILDING)
    time.sleep(3)
    process.signal(signal.SIGKILL)  # not the group: Maven lives
    again = builds(box, where)
    check("another ni is building" in again.err, f"it did not wait: {again.err.strip()}")
    check("ni: building" not in again.err, f"it built as well: {again.err.strip()}")


@trial(FAULT, "without flock", slow=True, alone=True)
def no_flock(box):
    where = copy(box, "checkout")
    changed(where)
    for folder in box.bench.environment["PATH"].split(":"):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name != "flock" and not box.path(f"bin/{name}").is_symlink():
                box.path("bin").mkdir(exist_ok=True)
                box.path(f"bin/{name}").symlink_to(os.path.join(folder, name))
    done = box.ni("--version", program=where / "ni", env={"PATH": box.path("bin")}, timeout=BUILDING)
    civil(done)
    check(done.code == DONE or len(done.err.splitlines()) <= 3 and len(complaints(done)) == 1, str(done))


@trial(FAULT, "every Java that the machine has builds it", slow=True, alone=True)
def javas(box):
    found = [java for java in other_javas() if os.path.exists(f"{java}/bin/javac")]
    if not found:
        raise NotTried("there is none in /usr/lib/jvm")
    where = copy(box, "checkout")
    for java in found:
        changed(where)
        builds(box, where, env={"JAVA_HOME": java})
