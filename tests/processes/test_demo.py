"""The demo leaves nothing behind, whoever ends it and however impatiently."""

import signal
import subprocess
import time

import pytest

from dockline.kit import postgres
from tests.processes.installation import Installation, is_alive, wait_until


def processes_of(installation: Installation) -> list[int]:
    """Every process that names the data folder, and the demo's own children."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if str(installation.root) in line]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_all_it_started(ending: signal.Signals, installation: Installation) -> None:
    # Tests that run under nohup, or behind a shell, have what they start ignore some of these.
    before = signal.signal(ending, signal.SIG_DFL)
    try:
        demo = installation.start("demo", "--keep")
    finally:
        signal.signal(ending, before)
    children = wait_until(
        lambda: len(found := installation.children(demo)) >= 2 and found, within_seconds=60, what="web and worker"
    )
    wait_until(lambda: processes_of(installation), within_seconds=10, what="the simulator")

    demo.send_signal(ending)
    time.sleep(0.3)
    demo.send_signal(ending)
    demo.wait(40)

    assert not [name for name, pid in children.items() if is_alive(pid)], installation.said()
    assert not processes_of(installation), "the simulator"
    assert postgres.status(installation.root) == "stopped"
    assert "Traceback" not in installation.said()


def test_names_are_said_as_they_are(installation: Installation) -> None:
    assert installation.do("account", "add", "Odd [/] and [red]Co") == "Account Odd [/] and [red]Co created.\n"
    forgotten = installation.call(
        "channel", "connect", "--account", "Odd", "--warehouse", "W", "--connector", "cartoncloud"
    )

    assert forgotten.stderr == (
        "dockline: Set DOCKLINE_SECRET_CLIENT_SECRET in the environment first. (client_secret)\n"
    )
