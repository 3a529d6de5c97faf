"""The `dockline` command for people with a terminal."""

import typer

from dockline.interfaces.cli import (
    api_keys,
    channel,
    docs,
    keys,
    lots,
    mappings,
    orders,
    processes,
    purchases,
    set_up,
    stock,
    webhook,
    work,
)
from dockline.interfaces.cli.demo import story

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Dockline: orders to the warehouses that ship them, and back.",
)
app.command("up")(processes.up)
app.command("web")(processes.web)
app.command("migrate")(processes.migrate)
app.command("demo")(story.demo)
app.add_typer(set_up.organization_app, name="organization")
app.add_typer(set_up.account_app, name="account")
app.add_typer(set_up.warehouse_app, name="warehouse")
app.add_typer(set_up.user_app, name="user")
channel.channel_app.add_typer(webhook.webhook_app, name="webhook")
app.add_typer(channel.channel_app, name="channel")
app.add_typer(api_keys.key_app, name="key")
app.add_typer(keys.keys_app, name="keys")
app.command("docs")(docs.docs)
app.add_typer(purchases.purchase_app, name="purchase")
app.add_typer(stock.stock_app, name="stock")
app.add_typer(lots.lot_app, name="lot")
app.add_typer(mappings.mappings_app, name="mappings")
app.add_typer(mappings.carriers_app, name="carriers")
app.command("sync")(work.sync)
app.command("status")(work.status)
app.command("sweep")(work.sweep)
app.command("lift")(work.lift_stop)
app.command("confirm")(work.confirm)
app.command("cancel")(orders.cancel_order)
app.add_typer(orders.order_app, name="order")
app.command("check")(work.check)
