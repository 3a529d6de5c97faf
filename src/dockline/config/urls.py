"""The doors on the street."""

from django.urls import include, path

urlpatterns = [
    path("", include("dockline.interfaces.web.urls")),
]
