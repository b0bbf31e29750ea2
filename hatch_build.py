"""The build hook: compiles the kernel into the wheel where there is a compiler.

Without one the wheel is the same for every machine and the reference engine computes.
WebAssembly files and the built guide are packed when they are there; `make build` makes
them.
"""

import sys
import types
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path(__file__).parent / "src" / "glassgpt"


def kernel_modules() -> tuple[Any, Any]:
    """The kernel's `build` and `compiler`, of a package that is not installed yet."""
    package = types.ModuleType("glassgpt")
    package.__path__ = [str(SOURCE)]
    sys.modules["glassgpt"] = package
    from glassgpt.kernel import build, compiler

    return build, compiler


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Adds the native libraries, and the tag of the machine they run on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it packs."""
        build, compiler = kernel_modules()
        packed = [path for path in build.BUILT.glob("*.wasm") if build.is_current(path)]
        try:
            found = compiler.find_compiler()
            packed += build.build(compiler=found)
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{compiler.platform_tag(found)}"
        except build.GlassGPTError as error:
            self.app.display_warning(f"no kernel in this wheel: {error}")
        site = SOURCE / "guide" / "site"
        packed += [path for path in site.rglob("*") if path.is_file()]
        build_data["artifacts"] += [
            f"/{path.relative_to(SOURCE.parent.parent).as_posix()}" for path in packed
        ]
