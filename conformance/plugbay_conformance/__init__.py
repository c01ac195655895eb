"""The conformance suite; its specification and cases come with a later release."""
