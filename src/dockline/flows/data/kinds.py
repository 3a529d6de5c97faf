"""Every kind of table there is, in the order in which they build on each other."""

from dockline.flows.data.alternates import ALTERNATES
from dockline.flows.data.bundles import BUNDLES
from dockline.flows.data.carriers import CARRIERS
from dockline.flows.data.customers import CUSTOMERS
from dockline.flows.data.kind import Kind
from dockline.flows.data.levels import LEVELS
from dockline.flows.data.orders import ORDERS
from dockline.flows.data.products import PRODUCTS, UNITS
from dockline.flows.data.purchases import PURCHASES

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (PRODUCTS, UNITS, BUNDLES, ALTERNATES, CARRIERS, CUSTOMERS, LEVELS, PURCHASES, ORDERS)
}
