"""Ingest: reads a tenant's telemetry from its broker and writes it to its historian.

    python3 -m bulkhead.services.ingest /etc/bulkhead/ingest.toml

**Acknowledged** means committed: a value is acknowledged when the historian has committed the
transaction that holds it (synchronous_commit, fsync). Ingest holds nothing else that lasts: a
batch of messages becomes values, holes, quarantined rows, the state of each node's stream (bdSeq,
seq) and the batch's own number, all in one transaction. So it may be killed at any moment:

- Nothing that was acknowledged is lost: there is nothing beside the commit to lose.
- Nothing is doubled: (tenant, node, device, signal, time) is a value's identity and the table's
  primary key; a second one is ignored. A commit whose answer was lost is recognised by its number.

What was on its way, in a queue here or in the broker, is not acknowledged. QoS 0 cannot promise
it: no one answers for a message that was sent once and kept nowhere. What gives it back is
Sparkplug's order: the host's STATE goes offline when ingest dies (by its will) or the historian
does (ingest says so), gateways keep what they measure, and after each birth send their last
minutes again as historical values. A gap in seq, or data of a node that was not born, asks for a
birth (NCMD, rate bounded). What stays away for longer than a gateway remembers is lost for good,
and is counted, in values: a gateway says how many it took from the plant, dropped unsent and still
has to send; what is then neither stored nor refused here is `nodes.lost` (view `losses`). Holes in
the stream are rows of `gaps`, in messages; what a session lost at its very end no sequence number
says (`missed` NULL), but the gateway's counts do.

**Bound to the tenant** three times: the broker lets a node's certificate write under that node's
name alone; ingest refuses topics of other tenants; and the historian tells by the certificate of
this very connection, issuer and name, whose rows it may write (`bulkhead.own_tenant()`), to which
the configuration must agree before anything is taken.

**Normalised**: times become UTC instants of a millisecond; a signal has one unit (wire.telemetry),
so there is nothing to convert, and a value outside the sensor's range, as one in another unit
would mostly be, goes to quarantine.

All that grows is bounded: the queue (what does not fit is counted, leaves a gap and comes back),
a batch, nodes and devices, quarantined rows a second and in the table, rebirths a node.
"""
