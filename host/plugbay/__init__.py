"""One host for WebAssembly plugins of any ABI.

::

    from plugbay import Host, Message

    with Host() as host, host.load("gear.wasm") as plugin:
        outcome = plugin.process(Message.new(data={"amount": 1299}))
"""

from plugbay.contracts import (
    AbiAdapter,
    Certainty,
    Claim,
    CompiledPlugin,
    Decline,
    EncodedGuest,
    Engine,
    GuestInstance,
    PluginOptions,
)
from plugbay.functions import FunctionCall, HostFunction, Json, Kind, host_function
from plugbay.host import Host
from plugbay.limits import Limits
from plugbay.message import Message
from plugbay.module.verified import Trust
from plugbay.observer import Observer
from plugbay.outcome import Disposition, LogLevel, LogRecord, Outcome, StateChange
from plugbay.permissions import Permissions
from plugbay.plugin import Plugin
from plugbay.plugins import PlugbayPlugins
from plugbay.services.paths import PathGrant
from plugbay.single_call import SingleCallInstance

__all__ = [
    "AbiAdapter",
    "Certainty",
    "Claim",
    "CompiledPlugin",
    "Decline",
    "Disposition",
    "EncodedGuest",
    "Engine",
    "FunctionCall",
    "GuestInstance",
    "Host",
    "HostFunction",
    "Json",
    "Kind",
    "Limits",
    "LogLevel",
    "LogRecord",
    "Message",
    "Observer",
    "Outcome",
    "PathGrant",
    "Permissions",
    "PlugbayPlugins",
    "Plugin",
    "PluginOptions",
    "SingleCallInstance",
    "StateChange",
    "Trust",
    "host_function",
]
