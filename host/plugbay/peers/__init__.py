"""What plugbay's speed is measured beside: the same plugin, run by something else."""

from plugbay.peers.choice import find_peer
from plugbay.peers.contract import Peer, PeerFailed, Subject

__all__ = ["Peer", "PeerFailed", "Subject", "find_peer"]
