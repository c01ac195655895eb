"""The conformance suite: a specification of each ABI, and cases that judge any module by it."""
