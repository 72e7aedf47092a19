"""What runs, how often and how late."""

from ledger import doubled, of_backend, runs_of_each_request

NS = 1_000_000_000

# A start is written down after the check of its deadline; on a busy machine
# the worker may lose its processor in between.
WRITING = 50_000_000


def nothing_runs_twice(starts):
    """D25: what may not be repeated is started at most once."""
    count = doubled(starts)
    if count:
        yield f"{count} requests that may not be repeated ran more than once"


def nothing_starts_after_its_deadline(starts, sent, timeout):
    """D5: on no layer. `sent` is {request id: when it was sent}; what a worker
    was told of its remaining time is not the only witness."""
    late = [start.at - sent[start.id] - timeout for start in starts
            if start.id in sent and start.remaining <= 0
            and start.at - sent[start.id] > timeout + WRITING]
    if late:
        yield (f"{len(late)} of {len(starts)} calls started after their "
               f"deadline, by up to {max(late) / 1e6:.0f} ms")


def the_remaining_time_travels(starts):
    """D5: a layer below has no more time than the one above had."""
    above = {start.id: start for start in of_backend(starts, "entry")}
    wrong = 0
    for start in of_backend(starts, "leaf"):
        parent = above.get(start.id)
        if parent is None:
            continue
        # Both deadlines are points on one clock.
        allowed = parent.at + parent.remaining + WRITING
        wrong += start.at + start.remaining > allowed
    if wrong:
        yield f"{wrong} calls had more time than the request they belong to"


def retries_stay_in_their_budget(starts, share=0.1, always=30, most=2):
    """D9: no more than a tenth of the first attempts, except what each of two
    loops may always retry; no request more than twice again."""
    runs = runs_of_each_request(starts)
    again = sum(runs.values()) - len(runs)
    if again > max(share * len(runs) + always, 2 * always):
        yield (f"{again} retries of {len(runs)} first attempts, more than "
               f"{100 * share:g} % and {always}")
    worst = max(runs.values(), default=1) - 1
    if worst > most:
        yield f"a request was tried {worst} times again, more than {most}"


def no_stage_begins_after_the_client_left(starts, left, grace=0.5):
    """D6: `left` is {request id: when its client left}."""
    grace *= NS
    late = [start for start in starts
            if start.id in left and start.at > left[start.id] + grace]
    if late:
        yield (f"{len(late)} calls began more than {grace / NS:g} s after "
               "their client had left")
