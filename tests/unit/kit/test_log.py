"""The log never stops the work: not where nobody reads it, and not where whoever read it is gone."""

import logging
import os
import time

import pytest

from dockline.kit.log import MOST_WAITING, LineWriter


@pytest.mark.fault("P10")
def test_where_nobody_takes_the_log_lines_are_dropped_and_counted() -> None:
    reading, writing = os.pipe()
    writer = LineWriter(writing)
    log = logging.Logger("test")
    log.addHandler(writer)
    began = time.monotonic()
    for number in range(MOST_WAITING * 3):
        log.warning("line %s %s", number, "x" * 200)
    assert time.monotonic() - began < 20, "more than any pipe holds was said, and nothing waited for it"

    said = b""
    while b"dropped: nobody took them.\n" not in said:
        said += os.read(reading, 65536)
    first, *_, last = said.decode().splitlines()
    assert first.startswith("line 0 ") and int(last.split()[0]) > 0
    assert said.count(b"\n") - 1 + int(last.split()[0]) == MOST_WAITING * 3, "each line was written or counted"

    os.close(reading)
    log.warning("Nobody hears this.")
    writer.flush()
    os.close(writing)
