"""Messages: fluxrig's fluxMsg as a Python value, on the wire and as lines for people."""

from plugbay.message.identifier import EntityId, EntityType, new_id
from plugbay.message.message import Hop, Message

__all__ = ["EntityId", "EntityType", "Hop", "Message", "new_id"]
