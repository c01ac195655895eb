"""What the log says of runs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plugbay_adapters.priostack.intents.run import RunState

if TYPE_CHECKING:
    from plugbay_adapters.priostack.intents.claiming import Claim
    from plugbay_adapters.priostack.intents.finishing import Attempt, Ended

_log = logging.getLogger("plugbay.intents")


def log_outcome(claim: Claim, attempt: Attempt, ended: Ended | None) -> None:
    """Tell how an attempt ended: an error is lost work, a warning may mend itself."""
    name, event = claim.intent.name, claim.event
    if attempt.slow:
        expected = claim.intent.expected_duration
        _log.warning("intent %s took %.6g s, %g s are expected (event %s)", name, attempt.seconds, expected, event)
    if ended is None:
        _log.warning("intent %s: its run was taken over meanwhile, this attempt does not count (event %s)", name, event)
    elif ended.state is RunState.DONE:
        _log.debug("intent %s is done in %.3f s (event %s)", name, attempt.seconds, event)
        if ended.problems:
            _log.error("intent %s is done, but %s (event %s)", name, "; ".join(ended.problems), event)
    elif ended.state is RunState.RETRYING:
        text = "intent %s failed, attempt %d of %d, again in %.1f s: %s (event %s)"
        _log.warning(text, name, claim.attempt, claim.intent.retries + 1, attempt.delay, attempt.error, event)
    else:
        attempts = "1 attempt" if claim.attempt == 1 else f"{claim.attempt} attempts"
        _log.error("intent %s failed for good after %s: %s (event %s)", name, attempts, attempt.error, event)
