"""The doors on the street."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("dockline.interfaces.api.urls")),
    path("", include("dockline.interfaces.web.urls")),
]
