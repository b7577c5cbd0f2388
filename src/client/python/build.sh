#!/usr/bin/env bash
# The Python client as a wheel in clients/: what openapi-python-client makes of openapi.json, a method for
# each call, and what stands in strongroom/. The same sources make the same bytes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
python=${PYTHON:-python3}
OUT_OF_REACH=75

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1 hatchling==1.33.0 ||
  exit "$OUT_OF_REACH"
cp -R "$here/strongroom" "$here/pyproject.toml" "$here/README.md" "$root/LICENSE" "$work"
cd "$work"
rm -rf strongroom/__pycache__
PATH="$work/venv/bin:$PATH" openapi-python-client generate --path "$root/openapi.json" --meta none \
  --output-path strongroom/_generated --fail-on-warning
"$work/venv/bin/python" "$here/generate.py" "$root/openapi.json" strongroom
version=$(node -p 'require(process.argv[1]).version' "$root/package.json")
echo "__version__ = \"$version\"" >strongroom/_version.py
"$work/venv/bin/ruff" check --quiet --fix --select I --config 'line-length = 100' strongroom/_clients.py strongroom/errors.py
"$work/venv/bin/ruff" format --quiet --config 'line-length = 100' strongroom/_clients.py strongroom/errors.py
mkdir -p "$root/clients"
PATH="$work/venv/bin:$PATH" SOURCE_DATE_EPOCH=315532800 hatchling build --target wheel --directory "$root/clients"
