"""Asks a controller by Modbus TCP, from wherever it is run; prints one JSON document.

    python3 modbus_try.py ADDRESS PORT inputs|holdings DEVICES      the registers
    python3 modbus_try.py ADDRESS PORT write REGISTER VALUE...      null, or the exception's code

Streamed to hosts as well, where PYTHONPATH is /opt/bulkhead/lib. Exit code 3: no connection.
"""

import json
import sys

from pymodbus.client import ModbusTcpClient

from bulkhead.wire import registers


def main(address: str, port: str, do: str, *numbers: str) -> int:
    first, *rest = map(int, numbers)
    client = ModbusTcpClient(address, port=int(port), timeout=3, retries=0)
    if not client.connect():
        return 3
    if do == "write":
        answer = client.write_registers(first, rest)
        said = answer.exception_code if answer.isError() else None
    else:
        read = client.read_input_registers if do == "inputs" else client.read_holding_registers
        spans = registers.spans(first)
        said = [row for at, count in spans for row in read(at, count=count).registers]
    sys.stdout.write(json.dumps(said) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
