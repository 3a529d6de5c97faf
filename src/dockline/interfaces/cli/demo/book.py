"""The demo's order book: invented customers and goods, the same every time, placed in the hours before it starts."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

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
PURCHASE, SUPPLIER, LATER_LOT, DAMAGED = "PO-7001", "Potters of Ipswich", "L2612", Decimal(6)
"""The purchase order that brings the rest of it, and how many of these arrive damaged."""

LOT, RECALLED, RECALLED_LOT = "L2611", "SOAP-PINE", "L2610"
"""The lot of all that arrives at first, but for half of one product: its lot is recalled in the end."""

MISLAID, GONE = "TOWEL-SEA", Decimal(3)
"""What is gone there some day, unheard, and how many."""

PLENTY, CANCELLED_LATE, CANCELLED_IN_TIME = "MUG-OAK-004", "SO-20001", "SO-20002"
WANTED_BACK = (CANCELLED_LATE, CANCELLED_IN_TIME)
"""Two later orders of what there is plenty of, that somebody wants back."""

PEOPLE = ["Mei Tan", "Ola Costa", "Raj Jansen", "Zoe Patel", "Tom Brown", "Ivy Müller", "Max Tanaka", "Eva Rossi"]
TOWNS = [
    ("Wickham", "Newcastle", "NSW", "2293"),
    ("Fremantle", "Perth", "WA", "6160"),
    ("Battery Point", "Hobart", "TAS", "7004"),
    ("Edge Hill", "Cairns", "QLD", "4870"),
]
ADDRESS = {
    "line_1": "7 Wharf Road",
    "suburb": "Wickham",
    "city": "Newcastle",
    "state": "NSW",
    "postcode": "2293",
    "country": "AU",
}
SERVICES = ["Standard", "Express", ""]

TIME_ZONE = "Australia/Brisbane"
PROFILE = f"""
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
time_zone = "{TIME_ZONE}"
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
    start = datetime.now(ZoneInfo(TIME_ZONE)) - timedelta(days=2)
    for number in range(ORDERS):
        person = chance.choice(PEOPLE)
        suburb, city, state, postcode = chance.choice(TOWNS)
        placed = start + timedelta(minutes=number * 24 + chance.randrange(60) // 3)
        street = f"{chance.randrange(1, 200)} Wharf Road"
        service = chance.choice(SERVICES)
        for sku, item in chance.sample(GOODS, chance.randrange(1, 5)):
            quantity, price = str(chance.randrange(1, 7)), f"{chance.randrange(400, 9000) / 100:.2f}"
            yield [
                f"SO-{10001 + number}",
                f"{placed:%Y-%m-%d %H:%M}",
                person,
                street,
                suburb,
                city,
                state,
                postcode,
                "AU",
                service,
                sku,
                item,
                quantity,
                price,
            ]
