"""A profile says what is wrong with it: the file, the key, and what to do."""

from pathlib import Path

import pytest

from dockline.interfaces.files.profile import SHIPPED, ProfileError, load_profile

GOOD = """
[columns]
order_number = "No"
placed_at = "At"
sku = "Code"
quantity = "Count"
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1" + GOOD, "key 'colour' is not known"),
        ("products = 'maybe'" + GOOD, "key 'products'"),
        ("delimiter = ';;'" + GOOD, "key 'delimiter'"),
        ("encoding = 'utf-9'" + GOOD, "key 'encoding'"),
        (GOOD + "color = 'x'", "key 'columns.color': is no field of an order"),
        (GOOD.replace('sku = "Code"', ""), "key 'columns.sku': is missing. Name the column"),
        (GOOD + "[dates]\ntime_zone = 'Mars/Base'", "key 'dates.time_zone'"),
        (GOOD + "[dates]\nformats = []", "key 'dates.formats'"),
        ("optional = ['unit']" + GOOD, "key 'optional': unit is not among the columns"),
        (GOOD + "country = 'C'\n[made_address]\ncontact = '{who}'", "{who} means nothing"),
        (GOOD + "country = 'C'\n[made_address.countries.X]\ncountry = 'Xx'", "two-letter ISO code"),
        (GOOD + "[made_address]\n", "key 'columns.country': is missing"),
        ("[columns", "cannot be read as TOML"),
        ("", "required field `columns`"),
    ],
)
def test_a_bad_profile_is_named_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))

    assert words in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_a_shipped_profile_is_good(name: str) -> None:
    assert load_profile(name).columns["order_number"]


def test_the_example_in_the_documentation_is_good(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/importing-orders.md").read_text(encoding="utf-8")
    path = tmp_path / "example.toml"
    path.write_text(text.split("```toml")[1].split("```")[0], encoding="utf-8")

    assert load_profile(str(path)).decimal_mark == ","
