"""Threads that meet a type at the same moment, as the senders of a worker do with the first answers they read."""

import subprocess
import sys

import pytest

# In a process of its own: what this guards against is a crash of the interpreter.
MEETING = """
import sys, threading
from decimal import Decimal
import msgspec
{imports}

sys.setswitchinterval(0.00005)

def make_type():
    class Leaf(msgspec.Struct):
        name: str
        count: int = 0
        extras: list[dict[str, Decimal]] | None = None
    class Middle(msgspec.Struct):
        first: Leaf
        others: list[Leaf]
    class Top(msgspec.Struct):
        middle: Middle
        middles: list[Middle]
    return Top

leaf = {{"name": "x", "count": 1, "extras": [{{"q": 1}}]}}
middle = {{"first": leaf, "others": [leaf, leaf]}}
tree = {{"middle": middle, "middles": [middle]}}
body = msgspec.json.encode(tree)
read = []

def meet(kind, barrier):
    barrier.wait()
    read.append({expression})

for _ in range(100):
    kind, barrier = make_type(), threading.Barrier(4)
    threads = [threading.Thread(target=meet, args=(kind, barrier)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(sum(one.middles[0].others[1].count for one in read))
"""

DOORS = {
    "what the far side says": ("from dockline.connectors.toolkit import json", "json.decode(body, as_type=kind)"),
    "a look at it": ("from dockline.connectors.toolkit import json", "json.peek(body, as_type=kind)"),
    "what we stored": ("from dockline.kit import structs", "structs.convert(tree, kind)"),
}


@pytest.mark.parametrize("door", DOORS)
def test_threads_that_meet_a_type_at_once_all_read_it(door: str) -> None:
    imports, expression = DOORS[door]
    program = MEETING.format(imports=imports, expression=expression)

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "400"), done.stderr[-500:]
