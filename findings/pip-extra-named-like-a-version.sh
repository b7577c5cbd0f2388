#!/usr/bin/env bash
# A package whose optional dependencies are named like a version can't be installed by the pip that many Pythons bring along.
#
# Versions: pip 24.2, 25.3, 26.1 (PyPI), which have packaging 24.1, 25.0 and 26 in them.
# Source:   PEP 508: `extra == "name"` compares names. PEP 685: an extra's name is letters, digits, `-`, `_` and `.`.
# Expected: `extra == "v1a"` is as good a marker as `extra == "ed25519"`.
# Seen:     "v1a" is also a version (PEP 440 reads it as 1a0), so packaging before 26 compares versions, and the empty name of "no extra" is
#           none: pip ends with InvalidVersion as soon as the package has such an extra, asked for or not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >wheel.py <<'SCRIPT'
import zipfile
for extra in ('ed25519', 'v1a'):
    name = f'demo_{extra}'
    with zipfile.ZipFile(f'{name}-1.0-py3-none-any.whl', 'w') as wheel:
        info = f'{name}-1.0.dist-info'
        wheel.writestr(f'{name}.py', '')
        wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nProvides-Extra: {extra}\nRequires-Dist: six; extra == "{extra}"\n')
        wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
        wheel.writestr(f'{info}/RECORD', '')
SCRIPT
python3 wheel.py
python3 -m venv venv
for pip in 24.2 25.3 26.1; do
  venv/bin/python -m pip install --quiet --disable-pip-version-check "pip==$pip"
  for extra in ed25519 v1a; do
    if venv/bin/python -m pip install --quiet --no-index --force-reinstall "./demo_$extra-1.0-py3-none-any.whl" >said 2>&1; then
      echo "pip $pip, extra $extra: installed"
    else
      echo "pip $pip, extra $extra: $(grep -oE '(InvalidVersion|TypeError): .*' said | tail -1)"
    fi
  done
done >seen
cat seen

diff seen - <<'SEEN'
pip 24.2, extra ed25519: installed
pip 24.2, extra v1a: InvalidVersion: Invalid version: ''
pip 25.3, extra ed25519: installed
pip 25.3, extra v1a: InvalidVersion: Invalid version: ''
pip 26.1, extra ed25519: installed
pip 26.1, extra v1a: installed
SEEN
