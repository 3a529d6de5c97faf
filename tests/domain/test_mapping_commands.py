"""`dockline mappings` and `dockline carriers`: the same files as on the pages."""

import tracemalloc
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dockline.domain.carriers.models import Carrier
from dockline.domain.mappings.models import Draft, SkuMapping
from dockline.flows import mappings
from dockline.interfaces.cli.commands import app
from tests.domain.conftest import Shop


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def table(shop: Shop, tmp_path: Path) -> Path:
    for sku in ("A", "B"):
        shop.variant(sku)
    file = tmp_path / "skus.csv"
    file.write_bytes(b"sku,channel_sku\r\nA,a1\r\nB,'=b\r\n")
    return file


def test_what_is_imported_is_exported_byte_for_byte(shop: Shop, table: Path, tmp_path: Path) -> None:
    dry = run("mappings", "import", "Shop", "skus", str(table), "--dry-run")
    assert "2 added" in dry.output and not SkuMapping.objects.exists()
    assert "2 rows changed" in run("mappings", "import", "Shop", "skus", str(table)).output
    copy = tmp_path / "copy.csv"
    run("mappings", "export", "Shop", "skus", str(copy))
    assert copy.read_bytes() == table.read_bytes()
    assert run("mappings", "export", "Shop", "skus").stdout_bytes == table.read_bytes()
    assert "2 already so" in run("mappings", "import", "Shop", "skus", str(copy), "--mode", "replace").output


def test_a_table_in_error_names_each_row_and_changes_nothing(shop: Shop, table: Path) -> None:
    table.write_text("sku,channel_sku\nA,a\nNOPE,x\nB\n")
    outcome = run("mappings", "import", "Shop", "skus", str(table))
    assert outcome.exit_code == 1
    assert "Row 3: sku is no product's SKU." in outcome.output
    assert "Row 4: channel_sku row has 1 cells instead of 2." in outcome.output
    assert not SkuMapping.objects.exists() and not Draft.objects.exists()


def test_a_million_rows_are_refused_in_flat_memory(shop: Shop, table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mappings, "MOST_ROWS", 10_000)
    table.write_bytes(b"sku,channel_sku\r\n" + b"A,a\r\n" * 1_000_000)
    tracemalloc.start()
    try:
        outcome = run("mappings", "import", "Shop", "skus", str(table), "--mode", "replace")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert outcome.exit_code == 2
    assert "There are more than 10,000 rows. Split the table and import the parts." in outcome.output
    assert peak < table.stat().st_size / 2
    assert not SkuMapping.objects.exists() and not Draft.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"sku,theirs\nA,a\n", "Row 1: the column channel_sku is missing"),
        ("sku,channel_sku\nA,ä\n".encode("cp1252"), "After row 1: this is not UTF-8 text"),
        (b"sku,channel_sku\nA,a\nA,b\n", "Row 3: sku is in row 2 already"),
        (b"sku,channel_sku\nA,a\nB\n", "Row 3: channel_sku row has 1 cells instead of 2"),
        (b'sku,channel_sku\nA,a\nB,"b\n', "After row 2: unexpected end of data"),
        (b"sku,channel_sku\n" + (b"x" * 60_000 + b"," + b"x" * 60_000 + b"\n") * 560, "The table is larger than 64 MB"),
    ],
    ids=["a wrong header", "a wrong charset", "a key twice", "half a row", "an open quote", "more than 64 MB"],
)
def test_a_bad_table_names_the_place_and_changes_nothing(data: bytes, said: str, shop: Shop, table: Path) -> None:
    table.write_bytes(data)
    outcome = run("mappings", "import", "Shop", "skus", str(table))
    assert outcome.exit_code in (1, 2) and said in outcome.output
    assert not SkuMapping.objects.exists() and not Draft.objects.exists()


def test_what_cannot_be_read_ends_with_a_sentence(shop: Shop, table: Path, tmp_path: Path) -> None:
    table.write_text("a,b\n")
    assert run("mappings", "import", "Shop", "skus", str(table)).exit_code == 2
    assert run("mappings", "import", "Shop", "skus", str(tmp_path / "none.csv")).exit_code == 2
    assert run("mappings", "import", "Shop", "carriers", str(table)).exit_code == 2
    assert run("mappings", "import", "Nowhere", "skus", str(table)).exit_code == 2


def test_the_master_list_goes_in_and_out(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "carriers.csv"
    file.write_bytes(b"carrier,carrier_name,service,service_name\r\nUPS,UPS,,\r\nUPS,UPS,AIR,Air\r\n")
    assert "2 added" in run("carriers", "import", "Shop", str(file), "--dry-run").output
    assert not Carrier.objects.exists()
    assert "2 added" in run("carriers", "import", "Shop", str(file)).output
    assert run("carriers", "export", "Shop").stdout_bytes == file.read_bytes()
