#!/usr/bin/env bash
# rfc8785 0.1.4 and jcs 0.2.1 (PyPI), both canonical JSON by RFC 8785.
# Expected: the same bytes, or the same refusal, for every integer. Seen: at 2^53, which JSON's
# numbers hold exactly, rfc8785 refuses while jcs writes it; and jcs rounds 2^53 + 1 without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check rfc8785==0.1.4 jcs==0.2.1
seen=$("$work/venv/bin/python" - <<'PYTHON'
import jcs, rfc8785
for number in (2**53 - 1, 2**53, 2**53 + 1):
    for name, write in (("rfc8785", rfc8785.dumps), ("jcs", jcs.canonicalize)):
        try:
            print(number, name, write(number).decode())
        except Exception as error:
            print(number, name, type(error).__name__)
PYTHON
)
echo "$seen"
[ "$seen" = '9007199254740991 rfc8785 9007199254740991
9007199254740991 jcs 9007199254740991
9007199254740992 rfc8785 IntegerDomainError
9007199254740992 jcs 9007199254740992
9007199254740993 rfc8785 IntegerDomainError
9007199254740993 jcs 9007199254740992' ]
