"""The request rate, kept by all processes of the user together, without a process of its own.

IBKR allows 10 requests a second over all endpoints and fewer on some; beyond that it answers 429
and shuts the address out for 15 minutes, and for good when it goes on
(https://www.interactivebrokers.com/campus/ibkr-api-page/cpapi-v1/#pacing-limitations).

**Never too many.** A request counts from its sending until a second after its *answer*. Say that
some second at the server held one more than the N allowed, and take the one of them that was sent
last. It reached the server no earlier than it was sent. The N others were sent before it, and each
reached the server no later than its answer came here; they lay within a second before it or after
it; so none had been answered more than a second before it was sent, and all N counted then. But who
sends counts first, and sends only when fewer than N count. So there is no such second, whatever the
network does to order and spacing.

**Nothing safe loses less.** All that a client knows of an arrival is that it lies between sending
and answer. If one is sent while N others were answered less than a second ago, a network that was
slow on the way out to them and quick for this one makes N + 1 in a second. So N requests a second
and a round trip is what any client may send that does not trust the network; the margin (20 ms) is
for clocks that differ.

The answer is there with its first bytes: the request has arrived by then.

What no answer came to (a killed process, a slow endpoint) is taken to have arrived two seconds
after it was sent. Its slot is good for a second and a half: just before the first byte leaves, a
request whose process was stopped, or whose connection took its time, gives an older one back and
waits for another (``turn``). That it arrives within half a second more is trusted. One thread of a
process at a time is between that look at the clock and the sending (``launch``), so that a process
stopped there sends one request late; that one counts from then on.

**In turn.** Who finds no slot stands in the queue and sleeps until the instant before which he
cannot have one: a slot under way cannot be free before a second from now, so there is nothing to
look for. Turns come by arrival, with two exceptions. Orders go before look-ups, but after four of
them in a row a look-up has its turn. And whom his endpoint's own limit holds back is in nobody's
way. One may go when more slots are free than wait in front of him: who sleeps too long, or has
died, keeps one slot from the others and not the queue, and when he is a quarter of a second late he
is passed over. If he comes back he stands where he stood.

All that lies in a file under a lock (``record``), which is held for some fifty microseconds.
"""

from __future__ import annotations

from ibcli.broker.pace.gate import Pace, Slot
from ibcli.broker.pace.rules import RULES, Rule
from ibcli.broker.pace.turn import Turn

__all__ = ["RULES", "Pace", "Rule", "Slot", "Turn"]
