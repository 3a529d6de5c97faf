"""The installed connectors, one line each."""

INSTALLED = (
    "dockline.connectors.cartoncloud",
    "dockline.connectors.manual",
)
