"""What the tests share: the clone, its vectors, and the deployment that Node has made."""

import json
import os
import subprocess
from pathlib import Path

CLONE = Path(os.environ["LEASTKEY_CLONE"])
FOLDER = Path(os.environ["LEASTKEY_DEPLOYMENT"])


def vectors(name):
    """A file of tests/vectors."""
    return json.loads((CLONE / f"tests/vectors/{name}.json").read_text())


def facts():
    """The tokens of the deployment that Node has made."""
    return json.loads((FOLDER / "facts.json").read_text())


def node(*arguments):
    """Runs the package for JavaScript on the same deployment."""
    script = CLONE / "tests/component/support/deployment.mjs"
    subprocess.run(["node", script, *arguments], check=True, cwd=CLONE)


class MemoryStore:
    """A store in memory, which counts the reads."""

    def __init__(self, entries):
        self.values = dict(entries)
        self.reads = 0

    def get(self, keys):
        self.reads += 1
        return [self.values.get(key) for key in keys]

    def commit(self, writes):
        for write in writes:
            if write.expect is not None and self.values.get(write.key) != write.expect.value:
                return False
        for write in writes:
            if write.value is None:
                continue
            if write.value.value is None:
                self.values.pop(write.key, None)
            else:
                self.values[write.key] = write.value.value
        return True
