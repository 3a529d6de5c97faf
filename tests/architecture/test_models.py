"""Tables follow the same order as modules, and numbers and times are exact."""

import tomllib
from collections.abc import Iterator, Sequence

from django.apps import apps
from django.conf import settings
from django.db import models

from tests.architecture.sources import ROOT

DOMAIN = "dockline.domain."
QUANTITIES = ("quantity", "on_hand", "free", "incoming", "price")


def read_layers() -> list[set[str]]:
    """The slices as the import contract orders them, later ones first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (order,) = [contract for contract in contracts if contract["id"] == "domain-order"]
    return [{name.strip() for name in layer.split("|")} for layer in order["layers"]]


def list_models() -> list[type[models.Model]]:
    """All tables of ours, those that Django makes between two of them included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_config.name.startswith("dockline.")
    ]


def list_relations() -> list[tuple[str, str, str]]:
    """Every relation between two slices as (field, its slice, the slice it points to)."""
    found = []
    for model in list_models():
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            # Django has resolved what was written as text by now.
            target = field.related_model
            if target is not None:
                names = [
                    app.removeprefix(DOMAIN) for app in (model._meta.app_config.name, target._meta.app_config.name)
                ]
                found.append((str(field), *names))
    return found


def list_upward(layers: Sequence[set[str]]) -> Iterator[str]:
    """The relations that point to a later slice or to a sibling."""
    rank = {name: number for number, layer in enumerate(reversed(layers)) for name in layer}
    for field, slice_, target in list_relations():
        if target in rank and slice_ != target and rank[target] >= rank[slice_]:
            yield field


def test_relations_point_the_same_way_as_imports() -> None:
    assert list(list_upward(read_layers())) == []


def test_the_other_way_round_would_be_noticed() -> None:
    crossing = [
        field for field, slice_, target in list_relations() if slice_ != target and not target.startswith("django.")
    ]
    assert len(crossing) > 20
    assert set(list_upward(read_layers()[::-1])) == set(crossing)


def test_tables_of_ours_point_outside_only_at_djangos_own() -> None:
    known = {name for layer in read_layers() for name in layer}
    outside = {(field, target) for field, _, target in list_relations() if target not in known}
    assert {target for _, target in outside} <= {"django.contrib.auth", "django.contrib.contenttypes"}, outside


def test_quantities_are_exact_and_times_are_aware() -> None:
    assert settings.USE_TZ
    exact = []
    for model in list_models():
        for field in model._meta.local_fields:
            assert not isinstance(field, models.FloatField | models.DurationField), field
            if any(word in field.name for word in QUANTITIES):
                assert isinstance(field, models.DecimalField), field
                assert (field.max_digits, field.decimal_places) == (20, 6), field
                exact.append(field.name)
    assert len(exact) > 15
