"""The config of an Extism plugin: texts, whatever the user gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plugbay.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping


def config_texts(config: Mapping[str, Any]) -> dict[str, str]:
    """The config as the plugin reads it: texts as they are, other values as JSON.

    Raises :class:`~plugbay.errors.ConfigInvalid` for a key that is no text and for a value that JSON has no form for.
    """
    return {_key(key): _text(key, value) for key, value in config.items()}


def _key(key: object) -> str:
    if not isinstance(key, str) or not _is_unicode(key):
        raise ConfigInvalid(f"the config's key {key!r} is no text", expected="text", found=type(key).__name__)
    return key


def _text(key: str, value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _no_form(key, value) from error
    if not _is_unicode(text):
        raise _no_form(key, value)
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which UTF-8 has no bytes for
        return False
    return True


def _no_form(key: str, value: object) -> ConfigInvalid:
    return ConfigInvalid(
        f"the config's value of {key!r} is neither text nor JSON",
        function=key,
        expected="text or a JSON value",
        found=type(value).__name__,
    )
