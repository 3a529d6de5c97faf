"""A shop, files of orders, and the command that imports them."""

import csv
import gzip
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from typer.testing import CliRunner, Result

from dockline.domain.accounts.models import Account, Organization
from dockline.interfaces.files.commands import import_app

ORDER = {
    "order_number": "1001",
    "placed_at": "2026-03-01T09:30:00+11:00",
    "customer_name": "Ada",
    "line_1": "1 Road",
    "city": "Perth",
    "country": "AU",
    "sku": "A-1",
    "description": "Thing",
    "quantity": "2",
}
TABLES = (
    "accounts_account",
    "history_event",
    "orders_salesorder",
    "orders_salesorderline",
    "products_product",
    "products_variant",
    "queue_wakeup",
    "runs_run",
    "runs_runline",
)
CREATING = (
    (Path(__file__).parents[2] / "src/dockline/interfaces/files/profiles/dockline.toml")
    .read_text()
    .replace('extra_columns = "refuse"', 'extra_columns = "refuse"\nproducts = "create"', 1)
)


def make_account(name: str = "Shop") -> Account:
    """Make an account whose code is its name in capitals."""
    organization = Organization.objects.create(name="Company")
    return Account.objects.create(organization=organization, name=name, code=name.upper())


def row(**changes: str) -> dict[str, str]:
    """One good row with some cells changed."""
    return ORDER | changes


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], *, zipped: bool = False) -> Path:
    """Write rows as our own shape."""
    columns = list(dict.fromkeys(name for each in rows for name in each))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


@dataclass(frozen=True)
class Outcome:
    """What the command said."""

    exit_code: int
    text: str
    report: tuple[dict[str, str], ...]

    def count(self, what: str) -> int:
        """Return a number of the summary."""
        found = re.search(rf"^[^\w]*{re.escape(what)}\s+\S\s+([\d,]+)", self.text, re.MULTILINE)
        assert found is not None, self.text
        return int(found[1].replace(",", ""))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Rows, imported, already known, refused; and that the books balance."""
        counts = tuple(self.count(what) for what in ("rows", "imported", "already known", "refused"))
        assert counts[0] == sum(counts[1:])
        assert len(self.report) == counts[2] + counts[3]
        return counts  # type: ignore[return-value]

    @property
    def reasons(self) -> dict[int, tuple[str, str]]:
        """Field and reason by row."""
        return {int(each["row"]): (each["field"], each["reason"]) for each in self.report}


def import_orders(file: Path, *options: str, creating: bool = True) -> Outcome:
    """Run the command, by default with a profile that makes unknown products."""
    report = file.with_suffix(".report.csv")
    report.unlink(missing_ok=True)
    profile = file.with_suffix(".toml")
    chosen: tuple[str, ...] = ()
    if creating and "--profile" not in options:
        profile.write_text(CREATING)
        chosen = ("--profile", str(profile))
    arguments = ["orders", str(file), "--account", "SHOP", "--report", str(report), *chosen, *options]
    result: Result = CliRunner().invoke(import_app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    rows: tuple[dict[str, str], ...] = ()
    if report.exists():
        with report.open(newline="") as text:
            rows = tuple(csv.DictReader(text))
    return Outcome(result.exit_code, result.output, rows)


def count_tables() -> dict[str, int]:
    """Count the rows of every table an import may touch."""
    counts = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts
