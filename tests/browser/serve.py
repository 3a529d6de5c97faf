"""Serve the real application over a world of its own: run as a module, with a database address in the environment."""

import sys

import django


def main(port: int, *, is_new: bool) -> None:
    """Prepare an empty database and the static files, fill in the world or one person only, and serve.

    The world has a name in it that is longer than a phone is wide.
    """
    django.setup()
    from django.core.management import call_command

    from dockline.flows import setup
    from tests.support.page_world import PASSWORD, USER, make_world

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if is_new:
        setup.add_user(username=USER, password=PASSWORD)
    else:
        make_world()
        setup.add_warehouse(name="Wetherill Park Distribution Centre North (overflow and returns)")

    import uvicorn

    uvicorn.run("dockline.config.asgi:application", port=port, log_level="error")


if __name__ == "__main__":
    main(int(sys.argv[1]), is_new="new" in sys.argv)
