"""Puts the provider where the engine looks for the SDK's `aws` plugin."""

import shlex
import sys
from importlib.metadata import version
from pathlib import Path


def install(pulumi_home: Path) -> Path:
    """Write the launcher for this interpreter into a PULUMI_HOME; answer its path.

    Its version is the installed pulumi_aws' own, so that the engine takes it for the plugin that
    the SDK asks for. Notes of what is being made lie in PULUMI_HOME too. Raises OSError.
    """
    sdk = version("pulumi_aws")
    folder = pulumi_home.absolute() / "plugins" / f"resource-aws-v{sdk}"
    folder.mkdir(parents=True, exist_ok=True)
    notes = pulumi_home.absolute() / "bulkhead" / "notes"
    root = Path(__file__).resolve().parents[3]
    launcher = folder / "pulumi-resource-aws"
    part = launcher.with_suffix(".part")
    part.write_text(
        "#!/bin/sh\n"
        f"PYTHONPATH={shlex.quote(str(root))} exec {shlex.quote(sys.executable)} "
        f'-P -m infra.lab.provider --version-of-sdk {sdk} --notes {shlex.quote(str(notes))} "$@"\n',
        "utf-8",
    )
    part.chmod(0o755)
    part.replace(launcher)
    return launcher
