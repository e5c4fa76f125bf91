"""A legacy controller: reads its wires, enforces its own limits, answers anybody by Modbus TCP.

    python3 -m bulkhead.services.plc /etc/bulkhead/plc.toml

Its registers are `bulkhead.wire.registers`. Modbus knows no peer: whoever reaches the port may
read everything, and write whatever lies within the hard bounds. Its gateway is its wall.
"""
