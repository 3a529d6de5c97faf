"""Measure the import of orders against its floor: a bare csv reader and COPY of the same rows, in the same run.

    python bench/import_orders.py [BOOK.csv.gz]

Each measurement is a process of its own, on a database made for it. Printed are seconds, rows per second, the ratio
of the two, and the peak memory of the importing process for a tenth of the book and for all of it.
"""

import csv
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_BOOK = REPOSITORY.parent / "shared" / "data" / "online-retail-2010-12_2011-01.csv.gz"
REPEATS = 3
COLUMNS = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
FLOOR = """
CREATE TABLE floor (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, InvoiceNo text NOT NULL, StockCode text NOT NULL,
    Description text, Quantity integer NOT NULL, InvoiceDate timestamp NOT NULL, UnitPrice numeric(20, 6),
    CustomerID text, Country text)
"""


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    if not os.environ.get("DATABASE_URL"):
        from dockline.kit import postgres

        os.environ["DATABASE_URL"] = postgres.ensure_running(Path(os.environ.get("DOCKLINE_DATA", ".data")).resolve())
    with tempfile.TemporaryDirectory() as folder:
        book = find_book(Path(folder))
        tenth = write_tenth(book, Path(folder) / "tenth.csv.gz")
        measured = {
            (kind, size): measure(kind, path) for size, path in (("tenth", tenth), ("all", book)) for kind in KINDS
        }
    for (kind, size), best in measured.items():
        print(f"{kind:6} {size:5} {best['rows']:>9,} rows {best['seconds']:7.3f} s {best['peak_mib']:7.1f} MiB")
    ratio = measured["floor", "all"]["seconds"] / measured["import", "all"]["seconds"]
    growth = measured["import", "all"]["peak_mib"] / measured["import", "tenth"]["peak_mib"] - 1
    print(f"speed: {ratio:.2f} of the floor; memory from a tenth to all: {growth:+.1%}")


def measure(kind: str, book: Path) -> dict[str, float]:
    """Return the fastest of some runs, each with a new process and a new database."""
    runs = []
    for _ in range(REPEATS):
        name = f"bench_{uuid.uuid4().hex[:12]}"
        home = os.environ["DATABASE_URL"]
        with psycopg.connect(home, autocommit=True) as session:
            session.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
            try:
                url = make_conninfo(home, dbname=name)
                environment = os.environ | {
                    "DATABASE_URL": url,
                    "DJANGO_SETTINGS_MODULE": "dockline.config.settings",
                }
                answer = subprocess.run(
                    [sys.executable, __file__, "--child", kind, str(book)],
                    env=environment,
                    check=True,
                    capture_output=True,
                    text=True,
                )
                runs.append(json.loads(answer.stdout.splitlines()[-1]))
            finally:
                session.execute(f"DROP DATABASE {name}")  # type: ignore[arg-type]
    best: dict[str, float] = min(runs, key=lambda run: run["seconds"])
    return best


def child(kind: str, book: Path) -> None:
    """Do one measurement and print it."""
    rows, seconds = KINDS[kind](book)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mib": peak}))


def run_floor(book: Path) -> tuple[int, float]:
    """Read the book with `csv` and COPY its columns as they are into a plain table with a key, as durable as ours."""
    rows = 0
    with psycopg.connect(os.environ["DATABASE_URL"]) as session, session.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(FLOOR)
        command = f"COPY floor ({COLUMNS}) FROM STDIN"
        with gzip.open(book, "rt", newline="", encoding="utf-8") as text, cursor.copy(command) as copy:  # type: ignore[arg-type]
            reader = csv.reader(text)
            next(reader)
            for record in reader:
                copy.write_row(record)
                rows += 1
        session.commit()
        return rows, time.perf_counter() - started


def run_import(book: Path) -> tuple[int, float]:
    """Import the book through the command's own function."""
    import django

    django.setup()
    from django.core.management import call_command
    from rich.console import Console

    from dockline.domain.accounts.models import Account, Organization
    from dockline.interfaces.files import commands
    from dockline.interfaces.files.profile import load_profile

    call_command("migrate", verbosity=0)
    account = Account.objects.create(organization=Organization.objects.create(name="Bench"), name="B", code="B")
    started = time.perf_counter()
    tally = commands.import_file(
        book,
        account_id=account.pk,
        profile=load_profile("online-retail"),
        dry_run=False,
        report=None,
        console=Console(stderr=True),
    )
    return tally.rows, time.perf_counter() - started


KINDS = {"floor": run_floor, "import": run_import}


def find_book(folder: Path) -> Path:
    """Use the book named, else the real one where it is present, else one of its shape."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    if REAL_BOOK.is_file():
        return REAL_BOOK
    return generate_book(folder / "book.csv.gz")


def generate_book(path: Path) -> Path:
    """Write 80,000 rows in about 3,000 orders."""
    chance = random.Random(20101201)
    with gzip.open(path, "wt", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS.split(","))
        rows, number = 0, 536_365
        while rows < 80_000:
            number += 1
            at = f"2010-12-{chance.randint(1, 28):02} {chance.randint(8, 18):02}:{chance.randint(0, 59):02}:00"
            customer = chance.choice(["", f"{chance.randint(12_000, 18_000)}.0"])
            for _ in range(min(675, int(chance.expovariate(1 / 26)) + 1)):
                sku = f"{chance.randint(10_000, 13_000)}"
                writer.writerow(
                    [number, sku, f"THING {sku}", chance.randint(1, 48), at, "2.55", customer, "United Kingdom"]
                )
                rows += 1
    return path


def write_tenth(book: Path, path: Path) -> Path:
    """Write the first tenth of a book's rows."""
    with gzip.open(book, "rt", newline="", encoding="utf-8") as text:
        total = sum(1 for _ in text)
    with gzip.open(book, "rt", newline="", encoding="utf-8") as text, gzip.open(path, "wt", encoding="utf-8") as tenth:
        for at, line in enumerate(text):
            if at > total // 10:
                break
            tenth.write(line)
    return path


if __name__ == "__main__":
    main()
