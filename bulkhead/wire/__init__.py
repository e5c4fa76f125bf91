"""What crosses a wire: topics, payloads, certificate profiles. Pure; no I/O.

The contract between gateways and ingest (Sparkplug 3.0, payload B; its own words in capitals):

- Group is the tenant, edge node the gateway's dotted name, device the asset's id. Every topic and
  every payload is self-contained: metrics carry their names, never aliases.
- The primary host's id is `topics.primary_host(tenant)`. It publishes STATE, retained, QoS 1, with
  the time of its CONNECT; its will is the same with `online` false. Brokers keep nothing on disk,
  so that no STATE outlives the host that said it. A gateway sends nothing but NDEATH while it has
  not heard `online` in this connection; when it hears `offline` it says NDEATH and reconnects.
- CONNECT with a new bdSeq (0 to 255, one more each time) in the will NDEATH; then, once the host is
  online, NBIRTH (seq 0, bdSeq, `Node Control/Rebirth` false, the counters below), one DBIRTH per
  device (its signals with their latest values, or null), then data. Each message but NDEATH and
  NCMD has a seq, one more each time, 255 followed by 0.
- A value is one metric of a DDATA or DBIRTH: name of a signal, Double, its own timestamp in ms.
  (tenant, node, device, signal, timestamp) is a value's identity: no gateway gives two values
  the same, and the same value may come any number of times, so ingest stores it once.
- Data is QoS 0 and may be lost. Whoever sees a gap in seq, or data before a birth, sends the NCMD
  `Node Control/Rebirth` true (no seq). The gateway is born again with the same bdSeq, and after
  every NBIRTH sends again what it sent in the last minutes, with is_historical; so come values
  that waited for the host, too. Live values are never historical and may overtake those.
- `Bulkhead/Taken`, `Bulkhead/Dropped`, `Bulkhead/Waiting`, `Bulkhead/Refused` and
  `Bulkhead/StandIn` (NBIRTH, NDATA; UInt64) count values taken and values given up unsent since
  the gateway's state was made, values waiting now, commands refused, and how many of the values
  taken no sensor said: a stand-in did, for wires that nobody uses. Ingest counts as lost what was
  taken and is nowhere else.
- No other NCMD and no DCMD is obeyed; brokers let nobody but ingest write NCMD, and nobody DCMD.

What a plant's sensors say comes to gateways and controllers as `field` describes, and from a
controller to its gateway by the register map in `registers`.
"""
