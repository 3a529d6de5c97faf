"""Create the organization, its accounts and its people."""

from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q

from dockline.domain.accounts.models import Account, ApiKey, Organization, User
from dockline.domain.accounts.rules import derive_code
from dockline.kit.errors import Conflict, Invalid, NotFound, NotNow
from dockline.kit.measures import SizeUnit, WeightUnit

LONGEST_NAME = 200
LONGEST_USERNAME = 150
LONGEST_KEY_NAME = 60
USE_NOTED_EVERY = timedelta(minutes=1)


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
        taken = Account.objects.filter(code=code).values_list("name", flat=True).first()
        raise Conflict(
            f"The code {code} made from this name belongs to the account {taken} already; choose another name.",
            field="name",
        ) from None
    return account.id


def rename_organization(name: str) -> None:
    """Give the organization a name. Raises Invalid."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid(f"The organization's name has 1 to {LONGEST_NAME} characters.", field="name")
    Organization.objects.filter(pk=ensure_organization()).update(name=name.strip())


def change_account(account_id: int, *, name: str, timezone: str, size_unit: SizeUnit, weight_unit: WeightUnit) -> None:
    """Change what an account is called, where its day begins and what it measures in; its code is permanent.

    Raises Invalid.
    """
    if not derive_code(name) or len(name) > LONGEST_NAME:
        raise Invalid(
            f"Give the account a name of 1 to {LONGEST_NAME} characters with a letter or digit.", field="name"
        )
    if timezone not in available_timezones():
        raise Invalid(f"{timezone!r} is not a time zone, such as Australia/Brisbane.", field="time_zone")
    Account.objects.filter(pk=account_id).update(
        name=name.strip(), timezone=timezone, size_unit=size_unit, weight_unit=weight_unit
    )


def set_user_active(user_id: int, *, is_active: bool) -> str:
    """Let a person sign in or not, and return their name. Raises NotFound; NotNow for the last one who could."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    if not is_active and not User.objects.filter(is_active=True).exclude(pk=user_id).exists():
        raise NotNow(f"{user.username} is the last person who can sign in.")
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    return user.username


def add_user(*, username: str, password: str, email: str = "") -> int:
    """Create a person who may sign in and return their id. Raises Invalid, Conflict."""
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise Invalid(f"{email!r} is not an e-mail address.", field="email") from None
    if not 0 < len(username.strip()) <= LONGEST_USERNAME:
        raise Invalid(f"A user name has 1 to {LONGEST_USERNAME} characters.", field="username")
    try:
        validate_password(password)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from None
    if User.objects.filter(username=username).exists():
        raise Conflict(f"There is a user {username} already.", field="username")
    return User.objects.create_user(username=username, email=email, password=password).pk


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


def add_key(*, account_id: int | None, name: str, digest: str, hint: str, actor: str, now: datetime) -> int:
    """Keep what recognises an API key and return its id. Raises Invalid, or Conflict when the name is taken."""
    if not 0 < len(name) <= LONGEST_KEY_NAME or not name.isprintable() or name != name.strip():
        raise Invalid(f"A key's name has 1 to {LONGEST_KEY_NAME} printable characters.", field="name")
    try:
        with transaction.atomic():
            return ApiKey.objects.create(
                account_id=account_id, name=name, digest=digest, hint=hint, created_by=actor, created_at=now
            ).pk
    except IntegrityError:
        raise Conflict(
            f"There is a key {name} already; revoke it first, or choose another name.", field="name"
        ) from None


def revoke_key(key_id: int, *, now: datetime) -> bool:
    """Have a key open nothing any more; False when it was revoked before."""
    return bool(ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).update(revoked_at=now))


def note_key_used(key_id: int, *, now: datetime) -> None:
    """Remember that a key was used; written down at most once in a while."""
    stale = Q(used_at__isnull=True) | Q(used_at__lt=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key_id).update(used_at=now)
