"""The files of a real database, put back from a backup and copied with their folder: neither may send."""

import shutil
import subprocess
import sys

from dockline.kit import postgres
from tests.processes.installation import Installation, a_copy_of

SEND = """
from dockline.config import start

presence = start.find_database()
start.set_up_django()
from dockline.domain.guard import queries
from dockline.flows import guard

permission = guard.ask_permission()
if permission is not None:
    with permission.writing():
        print("sent")
stop = queries.find_stop()
print(stop.cause if stop else "no stop")
start.leave_database(presence)
"""


def send(installation: Installation) -> list[str]:
    """Send something as a worker would, if that is allowed, in a process that starts and stops the database."""
    done = subprocess.run(
        [sys.executable, "-c", SEND], env=installation.environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.split("\n")[:-1]


def test_a_database_set_back_or_copied_sends_nothing(installation: Installation) -> None:
    root = installation.root
    files, backup = root / "postgres", root.with_name("backup")
    assert send(installation) == ["sent", "no stop"]
    assert postgres.status(root) == "stopped"
    subprocess.run(["cp", "-a", files, backup], check=True)
    assert send(installation) == ["sent", "no stop"], "an ordinary restart stops nothing"

    with a_copy_of(root, root.with_name("copy")) as copied:
        assert send(copied) == ["other_folder"]
    shutil.rmtree(files)
    backup.rename(files)
    assert send(installation) == ["forgotten"]
    assert "Nothing is sent to any warehouse" in installation.do("status")
