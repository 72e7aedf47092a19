"""Every accepted request is answered, with its own answer."""

from load import is_good, statuses

NS = 1_000_000_000


def no_request_is_lost(load):
    """D1: what was sent is answered, well or badly, and never left hanging."""
    lost = load.lost()
    if lost:
        yield f"{len(lost)} requests were never answered: {statuses(lost)}"


def no_request_fails(load):
    """D1 for idempotent requests: a fault is not theirs to notice."""
    failed = load.failed()
    if failed:
        yield f"{len(failed)} requests failed: {statuses(failed)}"


def each_answer_is_its_requests_own(load):
    """D24: no answer reaches another request."""
    # 409 is how the strategy says that pieces of a map were mixed up.
    mixed = [r for r in load.requests if r.status in ("wrong_answer", "409")]
    if mixed:
        yield f"{len(mixed)} answers were those to other requests"


def requests_end_only_with(load, *allowed):
    """Failures are of the kinds that the fault explains."""
    other = [r for r in load.requests if r.status not in ("200", *allowed)]
    if other:
        yield (f"{len(other)} requests ended with what the fault does not "
               f"explain: {statuses(other)}")


def failures_overlap(load, moments, what, slack=0.05):
    """Only requests that were under way at one of these moments (monotonic
    nanoseconds) fail."""
    slack *= NS
    others = [r for r in load.requests if not is_good(r)
              and not any(r.sent - slack <= at <= r.done + slack
                          for at in moments)]
    if others:
        yield (f"{len(others)} requests failed that were not under way at "
               f"{what}: {statuses(others)}")


def available(load, share, what):
    """At least this share of the requests is answered well."""
    good = len(load.good())
    if good < share * len(load.requests):
        yield (f"only {good} of {len(load.requests)} {what} were answered "
               f"well, less than {100 * share:g} %: "
               f"{statuses([r for r in load.requests if not is_good(r)])}")


def serves_again(load, since, seconds, share=0.95):
    """From `since` on, for so many seconds, requests go well again."""
    there = load.between(since, since + int(seconds * NS))
    good = sum(map(is_good, there))
    if not there:
        yield "no request was sent after the fault"
    elif good < share * len(there):
        yield (f"after the fault only {good} of {len(there)} requests were "
               "answered well: "
               f"{statuses([r for r in there if not is_good(r)])}")
