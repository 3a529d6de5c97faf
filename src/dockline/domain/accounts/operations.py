"""Create the organization, its accounts and its people."""

from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from dockline.domain.accounts.models import Account, Organization, User
from dockline.domain.accounts.rules import derive_code
from dockline.kit.errors import Conflict, Invalid, NotFound

LONGEST_NAME = 200
LONGEST_USERNAME = 150


def ensure_organization(name: str = "My organization") -> int:
    """Return the id of the organization, made on the first call."""
    organization = Organization.objects.order_by("id").first() or Organization.objects.create(name=name)
    return organization.id


def add_account(*, name: str, timezone: str = "UTC") -> int:
    """Create an account and return its id. Raises Invalid, or Conflict when its code is taken."""
    code = derive_code(name)
    if not code:
        raise Invalid("Give the account a name with at least one letter or digit.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(f"A name has at most {LONGEST_NAME} characters.", field="name")
    if timezone not in available_timezones():
        raise Invalid(f"{timezone!r} is not a time zone, such as Australia/Brisbane.", field="time_zone")
    try:
        with transaction.atomic():
            account = Account.objects.create(
                organization_id=ensure_organization(), name=name.strip(), code=code, timezone=timezone
            )
    except IntegrityError:
        raise Conflict(f"The code {code} made from this name is taken; choose another name.", field="name") from None
    return account.id


def add_user(*, username: str, password: str) -> int:
    """Create a person who may sign in and return their id. Raises Invalid, Conflict."""
    if not 0 < len(username) <= LONGEST_USERNAME:
        raise Invalid(f"A user name has 1 to {LONGEST_USERNAME} characters.", field="username")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    if User.objects.filter(username=username).exists():
        raise Conflict(f"There is a user {username} already.", field="username")
    return User.objects.create_user(username=username, password=password).pk


def set_password(*, username: str, password: str) -> None:
    """Replace a person's password. Raises NotFound, Invalid."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound(f"There is no user {username}.", field="username")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    user.set_password(password)
    user.save(update_fields=["password"])
