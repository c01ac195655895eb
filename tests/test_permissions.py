from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from plugbay import PathGrant, Permissions
from plugbay.errors import ConfigInvalid
from plugbay.permissions import AMBIENT


def test_by_default_only_the_ambient_services_are_granted() -> None:
    permissions = Permissions()
    granted = {field.name for field in fields(permissions) if getattr(permissions, field.name)}
    assert granted == AMBIENT


def test_none_grants_nothing() -> None:
    none = Permissions.none()
    assert not any(getattr(none, field.name) for field in fields(none))


def test_hosts_are_judged_at_once() -> None:
    assert Permissions(http=("api.example.com", "*.example.com", "127.0.0.1:8080")).http
    with pytest.raises(ConfigInvalid):
        Permissions(http=("http://api.example.com/",))
    with pytest.raises(ConfigInvalid):
        Permissions(http=("a b",))


def test_permissions_are_values() -> None:
    with pytest.raises(FrozenInstanceError):
        Permissions().state = True  # type: ignore[misc] # on purpose
    assert Permissions(state=True) == Permissions(state=True)
    assert hash(Permissions(http=("a.example",))) == hash(Permissions(http=("a.example",)))


def test_two_folders_can_not_be_granted_as_one_path() -> None:
    with pytest.raises(ConfigInvalid, match="two folders are granted as /x"):
        Permissions(paths=(PathGrant("a", "/x"), PathGrant("b", "/x/")))
    assert len(Permissions(paths=(PathGrant("a", "/x"), PathGrant("a", "/y"))).paths) == 2
