"""`dockline mappings` and `dockline carriers`: the same files as on the pages."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dockline.domain.carriers.models import Carrier
from dockline.domain.mappings.models import Draft, SkuMapping
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
