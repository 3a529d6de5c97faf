"""How a file of orders is read: a small TOML file a user can write."""

import codecs
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, NoReturn
from zoneinfo import ZoneInfo

import msgspec

from dockline.domain.orders.rules import ADDRESS
from dockline.kit import structs
from dockline.kit.errors import Invalid

SHIPPED = Path(__file__).parent / "profiles"
OWN_PROFILE = "dockline"

HEADER_FIELDS = (
    "order_number",
    "placed_at",
    "customer_name",
    "customer_reference",
    *ADDRESS,
    "service",
    "currency",
    "ship_on",
    "deliver_by",
    "instructions",
    "carrier",
    "references",
    "cancel_after",
    "requested_warehouse",
    "status",
)
LINE_FIELDS = ("sku", "description", "quantity", "unit", "unit_price", "line_number", "line_references")
NEEDED_FIELDS = ("order_number", "placed_at", "sku", "quantity")
PLACEHOLDERS = ("customer", "country", "house")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
OneCharacter = Annotated[str, msgspec.Meta(min_length=1, max_length=1)]


class ProfileError(Invalid):
    """The profile cannot be used."""


class Dates(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How instants and days are written; `iso` stands for ISO 8601."""

    formats: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)] = ("iso",)
    day_formats: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1)] = ("iso",)
    time_zone: str = "UTC"


class Ignored(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Rows that are no goods: refused, without harm to their order."""

    skus: tuple[Text, ...] = ()
    sku_prefixes: tuple[Text, ...] = ()


class Cancellations(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Order numbers that are cancellations."""

    order_number_prefixes: tuple[Text, ...] = ()


class MadeAddress(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An address for files that have none: the same one whenever the same customer comes from the same country."""

    customer_name: Text = "Customer {customer}"
    missing_customer_name: Text = "Customer without account"
    contact: str = "{customer}"
    line_1: Text = "{house} Main Street"
    countries: dict[str, dict[str, str]] = {}


class Profile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One way to write orders into a file."""

    columns: dict[str, Text]
    optional: tuple[str, ...] = ()
    extra_columns: Literal["ignore", "refuse"] = "ignore"
    delimiter: OneCharacter = ","
    encoding: str = "utf-8"
    defused: bool = False
    decimal_mark: Literal[".", ","] = "."
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""
    default_unit: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "EA"
    products: Literal["create", "refuse"] = "refuse"
    negative_quantity: Literal["refuse", "ignore"] = "refuse"
    differing_placed_at: Literal["refuse", "earliest"] = "refuse"
    missing_address: Literal["refuse", "allow"] = "refuse"
    missing_customer: Literal["refuse", "allow"] = "allow"
    dates: Dates = Dates()
    ignore: Ignored = Ignored()
    cancellations: Cancellations = Cancellations()
    made_address: MadeAddress | None = None


def load_profile(name_or_path: str) -> Profile:
    """Read a shipped profile by its name, or a file of the user's. Raises ProfileError."""
    path = SHIPPED / f"{name_or_path}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", name_or_path) or not path.is_file():
        path = Path(name_or_path)
        if not path.is_file():
            known = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.toml")))
            raise ProfileError(
                f"There is no profile {name_or_path!r}. Use one of {known}, or the path of a profile file."
            )
    try:
        profile = structs.convert(tomllib.loads(path.read_text(encoding="utf-8")), Profile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"Profile {path}: cannot be read as TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise ProfileError(f"Profile {path}: {_say_where(str(error))}") from None
    _check(profile, path)
    return profile


def _say_where(complaint: str) -> str:
    what, _, where = complaint.partition(" - at ")
    key = where.strip("`").removeprefix("$").lstrip(".")
    unknown = re.search(r"unknown field `([^`]+)`", what)
    if unknown:
        key = f"{key}.{unknown[1]}".lstrip(".")
        return f"key {key!r} is not known. Remove it, or correct its spelling."
    return f"key {key!r}: {what}. Correct it." if key else f"{what}. Add it."


def _check(profile: Profile, path: Path) -> None:
    def complain(key: str, what: str) -> NoReturn:
        raise ProfileError(f"Profile {path}: key {key!r}: {what}")

    known = ("customer", *HEADER_FIELDS, *LINE_FIELDS)
    for field in profile.columns:
        if field not in known:
            complain(f"columns.{field}", f"is no field of an order. Use one of {', '.join(known)}.")
    for field in NEEDED_FIELDS:
        if field not in profile.columns:
            complain(f"columns.{field}", "is missing. Name the column that holds it.")
        if field in profile.optional:
            complain("optional", f"{field} cannot be optional. Remove it.")
    for field in profile.optional:
        if field not in profile.columns:
            complain("optional", f"{field} is not among the columns. Remove it, or add it there.")
    if profile.delimiter in '"\r\n\0':
        complain("delimiter", "cannot be a quote or a line end. Use a comma, a semicolon or a tab.")
    _check_names(profile, complain)


def _check_names(profile: Profile, complain: Callable[[str, str], NoReturn]) -> None:
    try:
        codecs.lookup(profile.encoding)
        "".encode(profile.encoding)
    except (LookupError, UnicodeError):
        complain("encoding", f"{profile.encoding!r} is not an encoding. Use utf-8 or cp1252, for example.")
    try:
        ZoneInfo(profile.dates.time_zone)
    except (OSError, ValueError, KeyError):
        complain("dates.time_zone", f"{profile.dates.time_zone!r} is not a time zone. Use Europe/London, for example.")
    made = profile.made_address
    if made is None:
        return
    if "country" not in profile.columns:
        complain("columns.country", "is missing. An address is made from the country, so name its column.")
    for key in ("customer_name", "missing_customer_name", "contact", "line_1"):
        for name in re.findall(r"\{([^}]*)\}", getattr(made, key)):
            if name not in PLACEHOLDERS:
                complain(f"made_address.{key}", f"{{{name}}} means nothing. Use {{customer}}, {{country}}, {{house}}.")
    for country, parts in made.countries.items():
        for part in parts:
            if part not in ADDRESS:
                complain(f"made_address.countries.{country}.{part}", f"is not one of {', '.join(ADDRESS)}.")
        if not re.fullmatch("[A-Z]{2}", parts.get("country", "")):
            complain(f"made_address.countries.{country}.country", "must be the two-letter ISO code, such as GB.")
        if not parts.get("city"):
            complain(f"made_address.countries.{country}.city", "is missing. Nothing is delivered without a city.")
