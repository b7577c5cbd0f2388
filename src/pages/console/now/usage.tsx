import { compact } from '../../shared/format.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { Link, hrefOf } from '../../shared/router.tsx'
import { type Column, Table } from '../../shared/table.tsx'
import { MoreOf, Section, iso } from '../../shared/ui.tsx'
import { api } from '../session.ts'

const DAY_MS = 86_400_000
const SHOWN = 8

interface Row {
  metric: string
  sum: number
  before: number
}

/** The most used metrics, the last day beside the same day a week before. */
export function UsageNow() {
  const found = useLoad(async (signal) => {
    const read = (ago: number) => {
      const to = Date.now() - ago
      return api(
        'getUsageOfAll',
        { bucket: 'hour', from: iso(to - DAY_MS), to: iso(to) },
        { signal },
      )
    }
    const [today, before] = await Promise.all([read(0), read(7 * DAY_MS)])
    const rows = new Map<string, Row>()
    const add = (metric: string, part: 'sum' | 'before', value: number) => {
      const row = rows.get(metric) ?? { metric, sum: 0, before: 0 }
      rows.set(metric, { ...row, [part]: row[part] + value })
    }
    for (const { metric, sum } of today.data) add(metric, 'sum', sum)
    for (const { metric, sum } of before.data) add(metric, 'before', sum)
    return [...rows.values()].toSorted((a, b) => b.sum - a.sum)
  }, [])
  return (
    <Section title="Usage, the last 24 hours">
      <Show of={found} lines={5}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="Nothing was reported in the last day." />
          ) : (
            <MoreOf of={rows} atFirst={SHOWN}>
              {(shown) => (
                <Table
                  caption="Usage by metric"
                  columns={COLUMNS}
                  rows={shown}
                  keyOf={(row) => row.metric}
                />
              )}
            </MoreOf>
          )
        }
      </Show>
    </Section>
  )
}

const COLUMNS: Column<Row>[] = [
  {
    name: 'Metric',
    cell: (row) => <Link href={hrefOf(['usage'], { metric: row.metric })}>{row.metric}</Link>,
  },
  { name: 'Today', isNumber: true, cell: (row) => compact(row.sum) },
  { name: 'A week before', isNumber: true, cell: (row) => compact(row.before) },
]
