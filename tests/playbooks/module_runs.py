"""Running an Ansible module in this process: its result, or its failure as a result."""

import contextlib
import importlib.util
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible.module_utils.testing import patch_module_args

PLUGINS = Path(__file__).parents[2] / "playbooks" / "plugins"


def plugin(kind: str, name: str) -> ModuleType:
    """A plugin's module: Ansible's folders are no packages."""
    title = f"bulkhead_{kind}_{name}"
    if title not in sys.modules:
        spec = importlib.util.spec_from_file_location(title, PLUGINS / kind / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[title] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[title])
    return sys.modules[title]


def run(
    name: str, arguments: dict[str, Any], *, check: bool = False, diff: bool = False
) -> dict[str, Any]:
    """What the module prints; `failed` is set where it fails."""
    said = io.StringIO()
    settings = {"_ansible_check_mode": check, "_ansible_diff": diff}
    with (
        patch_module_args(arguments | settings),
        contextlib.redirect_stdout(said),
        contextlib.suppress(SystemExit),
    ):
        plugin("modules", name).main()
    result: dict[str, Any] = json.loads(said.getvalue())
    return result
