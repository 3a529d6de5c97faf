"""The master list: one row per connector, from what each declares, and its certificate."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dockline.flows import connection, master_list


def list_connectors(request: HttpRequest) -> HttpResponse:
    """Show what every installed connector can do, and what tests have shown of it."""
    rows = [
        (spec, master_list.list_cells(spec), master_list.list_proven(spec), master_list.describe_proof(spec))
        for spec in connection.list_connectors()
    ]
    return render(request, "channels/connectors.html", {"rows": rows, "groups": master_list.GROUPS})
