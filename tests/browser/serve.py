"""Serve the real application over a world of its own: run as a module, with a database address in the environment."""

import sys

import django


def main(port: int) -> None:
    """Prepare an empty database and the static files, fill in the world, and serve."""
    django.setup()
    from django.core.management import call_command

    from tests.support.page_world import make_world

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    make_world()

    import uvicorn

    uvicorn.run("dockline.config.asgi:application", port=port, log_level="error")


if __name__ == "__main__":
    main(int(sys.argv[1]))
