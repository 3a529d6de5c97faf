"""Sizes and weights: kept exactly, said in the unit of the channel, read back without loss, patched where different."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dockline.domain.history.models import Event
from dockline.domain.products.models import UnitOfMeasure, Variant
from dockline.domain.runs.models import Run
from dockline.domain.runs.rules import RunKind
from dockline.flows import connection, master, setup, sync
from dockline.flows.channel_options import AdvancedOptions
from dockline.interfaces.files.commands import import_app
from dockline.interfaces.files.tables import export_app
from dockline.kit import clock
from dockline.kit.errors import Invalid
from dockline.kit.measures import SizeUnit, WeightUnit, into, out_of
from tests.simulator.caller import Caller
from tests.support.hub import Hub, hub_with_manual_warehouse

PRODUCTS = "sku,name,product,active,base_unit,barcode,length,width,height,size_unit,weight,weight_unit\n"
UNITS = "sku,unit,base_quantity,name,barcode,length,width,height,size_unit,weight,weight_unit\n"


def choose(hub: Hub, **options: str) -> None:
    chosen = connection.read_options(AdvancedOptions, options)
    connection.change_options(hub.channel_id, chosen, actor="Ada", now=clock.now())


def export(hub: Hub) -> Run:
    run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.EXPORT_PRODUCTS, actor="Ada", now=clock.now())
    hub.work()
    return Run.objects.get(pk=run_id)


def units_there(hub: Hub, sku: str) -> dict[str, Any]:
    """What the warehouse's API says of a product's units."""
    assert hub.far is not None
    with Caller(hub.far) as api:
        api.http.headers["Accept-Version"] = "8"
        found = api.search("warehouse-products")
    return next(one["unitOfMeasures"] for one in found if one["references"]["code"] == sku)


def import_table(tmp_path: Path, text: str, *more: str) -> Any:
    table = tmp_path / "measures.csv"
    table.write_text(text)
    kind = "products" if text.startswith(PRODUCTS) else "units"
    return CliRunner().invoke(import_app, [kind, str(table), "--account", "Bluegum Pantry", *more])


@pytest.mark.parametrize("unit", [*SizeUnit, *WeightUnit])
@pytest.mark.parametrize("said", ["0.31", "12.204724", "1", "0.1", "1234.000001"])
def test_what_a_warehouse_says_is_said_back_to_the_last_decimal(unit: Any, said: str) -> None:
    assert into(out_of(Decimal(said), unit), unit) == Decimal(said)


@pytest.mark.parametrize("unit", list(SizeUnit))
def test_what_we_said_is_what_we_have(unit: Any) -> None:
    ours = Decimal("310.00000001")
    assert out_of(into(ours, unit), unit, stored=ours) == ours


def test_measures_travel_in_the_units_of_the_channel_and_change_only_where_they_differ(
    hub: Hub, tmp_path: Path
) -> None:
    mug = hub.variant("MUG")
    UnitOfMeasure.objects.create(variant=mug, code="CTN", base_quantity=12, name="Carton")
    choose(hub, size_unit="m", weight_unit="kg")
    export(hub)

    files = (
        PRODUCTS + "MUG,Variant MUG,Product MUG,yes,EA,930001,31,20,10.5,cm,410,g\n",
        UNITS + "MUG,CTN,12,Carton,,12.5,,,in,11,lb\n",
    )
    for file in files:
        taken = import_table(tmp_path, file)
        assert taken.exit_code == 0 and "1 changed" in taken.stdout
    hub.work()

    mug.refresh_from_db()
    assert (mug.length_mm, mug.width_mm, mug.height_mm, mug.weight_g) == (310, 200, 105, 410)
    assert UnitOfMeasure.objects.get().length_mm == Decimal("317.5")
    there = units_there(hub, "MUG")
    assert {name: there["EA"][name] for name in ("length", "width", "height", "weight", "barcode")} == {
        "length": 0.31,
        "width": 0.2,
        "height": 0.105,
        "weight": 0.41,
        "barcode": "930001",
    }
    assert (there["CTN"]["length"], there["CTN"]["weight"]) == (0.3175, 4.989516)
    assert "width" not in there["CTN"]
    told = Event.objects.filter(kind="changed", subject_kind="product", subject_id=mug.pk).order_by("id")
    assert told[0].sentence.startswith("MUG: barcode 930001, was nothing, length 31, was nothing,")
    assert len(told) == 2

    for file in files:
        assert "1 already so" in import_table(tmp_path, file).stdout
    Variant.objects.update(changed_at=clock.now())
    assert export(hub).changed == 0

    choose(hub, size_unit="in", weight_unit="lb")
    assert export(hub).changed == 1
    there = units_there(hub, "MUG")
    assert (there["EA"]["length"], there["CTN"]["length"], there["CTN"]["weight"]) == (12.204724, 12.5, 11)


def test_measures_come_back_from_the_master_and_what_it_does_not_say_stays(hub: Hub) -> None:
    choose(hub, size_unit="ft", weight_unit="lb")
    assert hub.far is not None
    Variant.objects.filter(pk=hub.variant("MUG").pk).update(height_mm=Decimal("88"))
    units = {"EA": {"baseQty": 1, "length": 2, "weight": 1.5}, "CTN": {"baseQty": 12, "width": 0.5}}
    body = {"customer": hub.far.customer_id, "products": [{"code": "MUG", "name": "Mug", "units": units}]}
    hub.far.control.post("/products", body)
    master.choose_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())

    changed = []
    for _ in range(2):
        run_id = sync.ask_sync(channel_id=hub.channel_id, kind=RunKind.IMPORT_PRODUCTS, actor="Ada", now=clock.now())
        hub.work()
        changed.append(Run.objects.get(pk=run_id).changed)

    mug = Variant.objects.get()
    assert changed == [1, 0]
    assert (mug.length_mm, mug.height_mm, mug.weight_g) == (Decimal("609.6"), 88, Decimal("680.388555"))
    assert UnitOfMeasure.objects.get(code="CTN").width_mm == Decimal("152.4")


def test_a_table_is_refused_whole_where_a_channel_is_the_master(hub: Hub, tmp_path: Path) -> None:
    hub.variant("MUG")
    master.choose_master(hub.account_id, channel_id=hub.channel_id, actor="Ada", now=clock.now())
    refused = import_table(tmp_path, PRODUCTS + "MUG,,,,,,1,,,,,\n")
    assert refused.exit_code != 0 and "is the Master Product Source" in refused.output


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (UNITS + "GHOST,BOX,1,,,,,,,,", "Row 2: sku is no product's SKU"),
        (UNITS + "MUG,EA,1,,,,,,,,", "Row 2: unit is the base unit of MUG"),
        (UNITS + "MUG,BOX,0,,,,,,,,", "Row 2: base_quantity must be more than 0"),
        (PRODUCTS + "MUG,,,,,,5,,,,,\nMUG,,,,,,1,,,,,", "Row 3: sku is in row 2 already"),
        (PRODUCTS + "MUG,,,,CTN,,,,,,,", "base_unit is EA here"),
        (PRODUCTS + "MUG,,,may,,,,,,,,", "active is neither yes nor no"),
        (PRODUCTS + "CUP,,,,,,wide,,,,,", "length 'wide' is no number such as 12.5"),
        (PRODUCTS + "CUP,,,,,,,-1,,,,", "width '-1' is no number above zero"),
        (PRODUCTS + "CUP,,,,,,,0,,,,", "width '0' is no number above zero"),
        (PRODUCTS + "CUP,,,,,,,,1e99999,,,", "height '1e99999' is larger than can be kept"),
        (PRODUCTS + "CUP,,,,,,,,NaN,,,", "height 'NaN' is no number above zero"),
        (PRODUCTS + "CUP,,,,,,1,,,mile,,", "size_unit 'mile' is none of mm, cm, m, in, ft"),
        (PRODUCTS + "CUP,,,,,,1,,,,,stone", "weight_unit is 5 characters long"),
        (PRODUCTS + "CUP,,,,,,1", "width row has 7 cells instead of 12"),
    ],
)
def test_a_bad_row_is_named_and_nothing_changes(db: None, tmp_path: Path, bad: str, words: str) -> None:
    shop = hub_with_manual_warehouse()
    shop.variant("MUG")
    shop.variant("CUP")
    head, _, rows = bad.partition("\n")
    good = "NEW,,,,,,5,,,,,\n" if head + "\n" == PRODUCTS else "CUP,CTN,5,,,,,,,,\n"
    refused = import_table(tmp_path, f"{head}\n{rows}\n{good}")
    assert refused.exit_code == 1
    assert words in " ".join(refused.output.split())
    assert "Nothing was changed." in refused.output
    assert not Variant.objects.exclude(length_mm=None).exists()
    assert not UnitOfMeasure.objects.exists()


def test_a_table_goes_out_and_comes_back_as_it_was(db: None, tmp_path: Path) -> None:
    shop = hub_with_manual_warehouse()
    shop.variant("MUG")
    setup.change_account(shop.account_id, name="Bluegum Pantry", timezone="UTC", size_unit="in", weight_unit="oz")
    import_table(tmp_path, PRODUCTS + "MUG,Mug,,,,930001,310,200,,mm,1,kg\n")
    out = tmp_path / "out.csv"
    assert CliRunner().invoke(export_app, ["products", str(out), "--account", "Bluegum Pantry"]).exit_code == 0

    assert out.read_bytes().splitlines()[1] == b"MUG,Mug,Mug,yes,EA,930001,12.204724,7.874016,,in,35.273962,oz"
    again = import_table(tmp_path, out.read_bytes().decode().replace("\r\n", "\n"))
    assert "1 already so" in again.stdout
    assert Variant.objects.get().length_mm == 310


def test_a_unit_the_warehouse_cannot_have_is_refused(hub: Hub) -> None:
    with pytest.raises(Invalid, match="measures in m, cm, in, ft"):
        choose(hub, size_unit="mm")
