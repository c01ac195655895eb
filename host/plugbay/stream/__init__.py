"""Streams of messages through one plugin: any length, constant memory, order kept."""

from plugbay.stream.formats import CborReader, NdjsonReader, StreamFormat
from plugbay.stream.runner import StreamRun, run_stream
from plugbay.stream.summary import StreamSummary

__all__ = ["CborReader", "NdjsonReader", "StreamFormat", "StreamRun", "StreamSummary", "run_stream"]
