"""What cannot be served is refused early, clearly and without harm."""

from load import NS, is_good


def refusals_say_when_to_come_back(answers):
    """D7: every 503 has a Retry-After of more than nothing."""
    if not answers:
        yield "no request was refused; the scenario shows nothing"
    silent = [answer for answer in answers
              if float(answer.headers.get("retry-after", 0)) <= 0]
    if silent:
        yield f"{len(silent)} of {len(answers)} refusals had no Retry-After"


def within_queue_limit(longest, limit, loops):
    """D11: a queue never holds more than it was given room for. Each loop has
    a dispatcher, and a queue, of its own."""
    if longest > limit * loops:
        yield (f"{longest:.0f} calls waited, more than {limit} on each of "
               f"{loops} loops")


def goodput_per_second(loads, begin, end):
    """Good answers that arrived in that time."""
    good = sum(is_good(r) and begin <= r.done < end
               for load in loads for r in load.requests)
    return good / ((end - begin) / NS)
