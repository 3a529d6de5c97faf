"""Which tables of the test database have rows."""

from django.db import connection

MADE_BY_DJANGO = {"django_content_type", "auth_permission", "django_migrations"}


def list_filled_tables() -> list[str]:
    """Those with rows, in the order they can be emptied in: what lines name cannot be deleted before them."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - MADE_BY_DJANGO
    in_order = sorted(names, key=lambda name: (not name.endswith("line"), name))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in in_order))
        return [name for (name,) in cursor.fetchall()]
