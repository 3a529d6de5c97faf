"""The only HTML made in Python."""

from django import template

register = template.Library()
