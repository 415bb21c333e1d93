"""One archive of a folder that is never larger than it may be, and can be written again and again."""
import gzip
import os
import pathlib
import tarfile
import time

# A file of more bytes than this has only its beginning and its end in the archive.
LARGEST = 3_000_000
BEGINNING = 500_000

_END = gzip.compress(b"\0" * 2 * tarfile.BLOCKSIZE, mtime=0)


class Archive:
    """Every file is compressed for itself, and again only when it has changed: what is written is their sequence."""

    def __init__(self, path, folder, most):
        self.path, self.folder, self.most = pathlib.Path(path), pathlib.Path(folder), most
        self.packed = {}

    def write(self, more):
        """Writes all files, and others by name and content; returns the names of those that there is no room for."""
        blocks = [_pack(name, content, time.time()) for name, content in more.items()]
        room = self.most - len(_END) - sum(map(len, blocks))
        left_out = []
        for path in sorted(self._files(), key=lambda file: (file.stat().st_size, file)):
            block = self._block(path)
            if len(block) <= room:
                room -= len(block)
                blocks.append(block)
            else:
                left_out.append(str(path.relative_to(self.folder)))
        replace(self.path, b"".join(blocks) + _END)
        return left_out

    def _files(self):
        return [path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink()]

    def _block(self, path):
        state = path.stat()
        stamp = state.st_size, state.st_mtime_ns
        if path not in self.packed or self.packed[path][0] != stamp:
            self.packed[path] = stamp, _pack(path.relative_to(self.folder), _content(path), state.st_mtime)
        return self.packed[path][1]


def _content(path):
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= LARGEST:
            return file.read(LARGEST)
        beginning = file.read(BEGINNING)
        file.seek(size - (LARGEST - BEGINNING))
        end = file.read(LARGEST - BEGINNING)
    return beginning + b"\n[gate: %d bytes are left out here]\n" % (size - LARGEST) + end


def _pack(name, content, modified):
    entry = tarfile.TarInfo(f"gate/{name}")
    entry.size, entry.mtime = len(content), int(modified)
    padding = -len(content) % tarfile.BLOCKSIZE
    return gzip.compress(entry.tobuf() + content + b"\0" * padding, 6, mtime=0)


def replace(path, content):
    """Whoever reads the file finds the old content or the new."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    os.replace(draft, path)
