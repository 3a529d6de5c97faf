"""The doors on the street."""

from django.urls import include, path

handler500 = "dockline.interfaces.web.policy.say_what_broke"
urlpatterns = [
    path("api/", include("dockline.interfaces.api.urls")),
    path("", include("dockline.interfaces.web.urls")),
]
