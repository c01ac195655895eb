"""What one run of the command line shares between its verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugbay.errors import PluginRegistrationError

if TYPE_CHECKING:
    import typer

    from plugbay.cli.output import Output
    from plugbay.plugins import PlugbayPlugins


class Session:
    """The streams, and the plugins of plugbay. Verbs get it by :func:`session_of`."""

    def __init__(self, output: Output, plugins: PlugbayPlugins | PluginRegistrationError) -> None:
        self.output = output
        self._plugins = plugins

    @property
    def plugins(self) -> PlugbayPlugins:
        """The registered plugins. Raises :class:`PluginRegistrationError` when they could not be loaded."""
        if isinstance(self._plugins, PluginRegistrationError):
            raise self._plugins
        return self._plugins


def session_of(context: typer.Context) -> Session:
    """The session of the run that a verb's context belongs to."""
    session = context.find_root().obj
    assert isinstance(session, Session), "commands run through plugbay.cli.main"
    return session
