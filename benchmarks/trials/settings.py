"""YAML that is wrong, odd or evil, as --config."""
import json
import os

from .frame import BAD_FILE, BAD_INPUT, SMALL, USAGE, accepted, accepted_or_refused, check, complaints, refused, trial

BAD = (USAGE, BAD_FILE)

WRONG = {
    "empty": "",
    "a comment only": "# nothing\n",
    "a list": "- seed\n- 1\n",
    "a number": "7\n",
    "a word": "seed\n",
    "no YAML: brackets": "seed: [1\n",
    "no YAML: a quote": "out: 'x\n",
    "no YAML: a tab": "seed:\n\t1\n",
    "no YAML: colons": "a: b: c\n",
    "binary": bytes(range(256)) * 4,
    "no UTF-8": b"arch: \xff\xfe\xfa\n",
    "NUL bytes": b"seed: 1\0\0\0\n",
    "UTF-16": "seed: x\n".encode("utf-16"),
    "an unknown setting": "nonsense: 1\n",
    "a setting with a letter wrong": "sede: 1\n",
    "a setting with dashes": "--seed: 1\n",
    "a key twice": "seed: 1\nseed: 2\n",
    "no value": "seed:\n",
    "null": "seed: null\n",
    "a mapping for a value": "seed: {a: 1}\n",
    "a list of lists": "classes: [[1], [2]]\n",
    "a list for one value": "seed: [1, 2]\n",
    "a word for a number": "seed: one\n",
    "a fraction for a number": "images: 1.5\n",
    "a number too large": "images: 99999999999999\n",
    "infinity": "ce-weight: .inf\n",
    "not a number": "ce-weight: .nan\n",
    "a negative number": "images: -4\n",
    "zero": "images: 0\n",
    "a word for yes": "stretched: perhaps\n",
    "no-": "no-seed: 1\n",
    "config in config": "config: other.yaml\n",
    "a tag that makes an object": "seed: !!java.net.URL [\"http://localhost/\"]\n",
    "a tag that makes a script engine": "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]\n",
    "an unknown alias": "seed: *x\n",
    "a second document": "seed: 1\n---\nseed: 2\n",
    "very deep": "seed: " + "[" * 20_000 + "]" * 20_000 + "\n",
    "a billion laughs": "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
    "fifty MB of digits": "seed: " + "1" * 50_000_000 + "\n",
    "a hundred thousand settings": "".join(f"k{i}: 1\n" for i in range(100_000)),
    "a very long word": "arch: " + "x" * 100_000 + "\n",
}


@trial(BAD_INPUT, "YAML", of=WRONG)
def wrong(box, item):
    box.write("s.yaml", item)
    done = box.ni("synthesize", "--config", "s.yaml", "--out", "run", "--batch", 4, "--iterations", 1, "--quiet", timeout=20)
    if item in ("", WRONG["a comment only"]):
        accepted_or_refused(done, *BAD)
    else:
        refused(done, *BAD)
        check(not box.path("run").exists(), "a folder is left behind")


@trial(BAD_INPUT, "YAML that is odd, but right", of={
    "with a byte order mark": b"\xef\xbb\xbfseed: 3\n",
    "with carriage returns": "seed: 3\r\n",
    "an alias of a number": "seed: &x 3\n",
    "as JSON": '{"seed": 3}\n',
    "a number in quotes": 'seed: "3"\n',
    "an alias taken up": "seed: &x 3\njitter: *x\n",
})
def odd(box, item):
    box.write("s.yaml", item)
    accepted(box.ni(*SMALL, "--config", "s.yaml", "--out", "run"))
    settings = json.loads(box.path("run/manifest.json").read_text())["settings"]
    check(settings["seed"] == 3, f"seed is {settings['seed']}")
    check("jitter" not in str(item) or settings["jitter"] == 3, f"jitter is {settings['jitter']}")


@trial(BAD_INPUT, "YAML: values are taken as they stand")
def literal(box):
    """The file of that name does not exist, so the complaint shows what was made of it."""
    box.write("s.yaml", "teacher: ${HOME}/x.th\n")
    done = box.ni(*SMALL, "--config", "s.yaml", "--out", "run", env={"HOME": box.path("home")})
    refused(done, *BAD)
    check("${HOME}/x.th" in complaints(done)[0], f"${{HOME}} was replaced: {done}")


@trial(BAD_INPUT, "as --config",
       of=["a folder", "nothing there", "a file that is not to be read", "a device that never ends"])
def no_file(box, item):
    name = {"a folder": "d", "nothing there": "n", "a device that never ends": "/dev/zero"}.get(item, "f")
    prefix = []
    if name == "d":
        box.path("d").mkdir()
    if name == "f":
        box.write("f", "seed: 1\n").chmod(0)
        box.folder.chmod(0o777)
        if os.geteuid() == 0:
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = box.ni("synthesize", "--config", name, "--quiet", prefix=prefix, timeout=20)
    refused(done, *BAD)


@trial(BAD_INPUT, "--config from a pipe")
def pipe(box):
    prefix = ["sh", "-c", 'echo "seed: 3" | "$@"', "sh"]
    accepted(box.ni(*SMALL, "--config", "/dev/stdin", "--out", "run", prefix=prefix))
