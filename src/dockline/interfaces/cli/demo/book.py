"""The demo's order book: invented customers and goods, the same every time, as a file somebody might export."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

ORDERS = 120
SEED = 2026

GOODS = [
    ("MUG-OAK-004", "Oak handle mug"),
    ("MUG-ASH-002", "Ash glaze mug"),
    ("TEE-INK-M", "Ink T-shirt M"),
    ("TEE-INK-L", "Ink T-shirt L"),
    ("LAMP-CLAY", "Clay desk lamp"),
    ("RUG-FERN-120", "Fern rug 120 cm"),
    ("BOWL-SALT", "Salt bowl"),
    ("bowl-salt", "Salt bowl, second choice"),
    ("007", "Spy notebook"),
    ("1E5", "Graph paper block"),
    ("SOAP-PINE", "Pine soap"),
    ("SOAP-CLOVE", "Clove soap"),
    ("CANDLE-BEES", "Beeswax candle"),
    ("TRAY-CORK", "Cork tray"),
    ("VASE-TALL", "Tall vase"),
    ("TOWEL-SEA", "Sea towel"),
]
SCARCE = "LAMP-CLAY"
"""What the warehouse has too little of at first, so that some orders wait for stock."""

PEOPLE = ["Mei Tan", "Ola Costa", "Raj Jansen", "Zoe Patel", "Tom Brown", "Ivy Müller", "Max Tanaka", "Eva Rossi"]
TOWNS = [
    ("Newcastle", "NSW", "2300"),
    ("Fremantle", "WA", "6160"),
    ("Hobart", "TAS", "7000"),
    ("Cairns", "QLD", "4870"),
]
SERVICES = ["Standard", "Express", ""]

PROFILE = """
products = "create"
default_unit = "EA"
currency = "AUD"
optional = ["service"]

[columns]
order_number = "Order"
placed_at = "Placed"
customer_name = "Customer"
contact = "Customer"
line_1 = "Street"
suburb = "Suburb"
city = "City"
state = "State"
postcode = "Postcode"
country = "Country"
service = "Service"
sku = "SKU"
description = "Item"
quantity = "Qty"
unit_price = "Price"

[dates]
formats = ["%Y-%m-%d %H:%M"]
time_zone = "Australia/Brisbane"
"""
HEADER = (
    "Order,Placed,Customer,Street,Suburb,City,State,Postcode,Country,Service,SKU,Item,Qty,Price".split(",")  # noqa: SIM905
)


def write_book(folder: Path) -> tuple[Path, Path, dict[str, Decimal]]:
    """Write the book and its profile; return both and how much of every SKU is ordered."""
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    book, profile = folder / "orders.csv", folder / "demo-shop.toml"
    profile.write_text(PROFILE)
    with book.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in _rows():
            writer.writerow(row)
            wanted[row[10]] += Decimal(row[12])
    return book, profile, dict(wanted)


def _rows() -> Iterator[list[str]]:
    chance = random.Random(SEED)  # noqa: S311 - a story, not a secret
    for number in range(ORDERS):
        person = chance.choice(PEOPLE)
        town, state, postcode = chance.choice(TOWNS)
        placed = f"2026-03-{1 + number // 24:02} {number % 24:02}:{chance.randrange(60):02}"
        street = f"{chance.randrange(1, 200)} Wharf Road"
        service = chance.choice(SERVICES)
        for sku, item in chance.sample(GOODS, chance.randrange(1, 5)):
            quantity, price = str(chance.randrange(1, 7)), f"{chance.randrange(400, 9000) / 100:.2f}"
            yield [
                f"SO-{10001 + number}",
                placed,
                person,
                street,
                town,
                town,
                state,
                postcode,
                "AU",
                service,
                sku,
                item,
                quantity,
                price,
            ]
