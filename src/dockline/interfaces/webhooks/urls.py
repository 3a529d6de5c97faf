"""The addresses that may be called from outside. Whatever else begins so is answered alike."""

from django.urls import URLPattern, path

from dockline.interfaces.webhooks import views

urlpatterns: list[URLPattern] = [
    path("hooks/<str:token>/<str:kind>", views.take_call, name="webhook"),
    path("hooks/<path:rest>", views.not_found),
]
