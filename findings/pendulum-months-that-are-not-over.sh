#!/usr/bin/env bash
# pendulum says of 2 January to 1 April that it is three months, a day before the third month is over.
#
# Versions: pendulum 3.3.0, python-dateutil 2.9.0.post0 (PyPI).
# Source:   pendulum's issues 606 and 790, open since 2022 and 2024. `precise_diff` in pendulum/_helpers.py, of which
#           a compiled form is used, takes a month for full where it lacks as many days as the end's month is
#           shorter than the month before it.
# Expected: a start plus the months and days of its difference to an end is that end, and the number of full
#           months does not fall while the end moves on. `add` and `diff` are of one library.
# Seen:     from 2 January it is three months on 1 April, and still three on 1 May, as with each end in a month of 30
#           days; 4 January to 1 February is one month, and to 2 February none. A year from 29 February on, by
#           `add`, is eleven months. Of the pairs of dates up to a year apart that start in 2027, 1,717 lead to
#           another day. dateutil's relativedelta is right each time; so count billing periods by that.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pendulum==3.3.0 python-dateutil==2.9.0.post0
cat >months.py <<'SCRIPT'
from datetime import date

import pendulum
from dateutil.relativedelta import relativedelta


def full_months(start, end):
    difference = relativedelta(date.fromisoformat(end), date.fromisoformat(start))
    return difference.years * 12 + difference.months


for start, end in [
    ('2027-01-01', '2027-03-31'),
    ('2027-01-02', '2027-04-01'),
    ('2027-01-02', '2027-05-01'),
    ('2027-01-02', '2027-06-01'),
    ('2027-01-04', '2027-02-01'),
    ('2027-01-04', '2027-02-02'),
    ('2028-02-29', '2029-02-28'),
]:
    months = (pendulum.parse(end) - pendulum.parse(start)).in_months()
    print(f'{start} to {end}: pendulum {months}, dateutil {full_months(start, end)}')

pairs = wrong = wrong_dateutil = 0
for offset in range(365):
    start = pendulum.date(2027, 1, 1).add(days=offset)
    for length in range(1, 366):
        end = start.add(days=length)
        difference = end - start
        again = start.add(
            years=difference.years, months=difference.months, weeks=difference.weeks, days=difference.remaining_days
        )
        pairs += 1
        wrong += again != end
        plain = date(start.year, start.month, start.day), date(end.year, end.month, end.day)
        wrong_dateutil += plain[0] + relativedelta(plain[1], plain[0]) != plain[1]
print(f'of {pairs} pairs, added again to another day: pendulum {wrong}, dateutil {wrong_dateutil}')
SCRIPT
venv/bin/python months.py | tee seen

diff seen - <<'SEEN'
2027-01-01 to 2027-03-31: pendulum 2, dateutil 2
2027-01-02 to 2027-04-01: pendulum 3, dateutil 2
2027-01-02 to 2027-05-01: pendulum 3, dateutil 3
2027-01-02 to 2027-06-01: pendulum 5, dateutil 4
2027-01-04 to 2027-02-01: pendulum 1, dateutil 0
2027-01-04 to 2027-02-02: pendulum 0, dateutil 0
2028-02-29 to 2029-02-28: pendulum 11, dateutil 12
of 133225 pairs, added again to another day: pendulum 1717, dateutil 0
SEEN
