import type postgres from 'postgres'
import { type Facts, type Line, counted, pass, warning } from '../doctor/check.ts'

/** A check for `doctor`: whether old reports are deleted. */
export async function checkRetention({ config }: Facts, sql: postgres.Sql): Promise<Line[]> {
  const [row] = await sql<{ overdue: boolean }[]>`
    select coalesce(cleaned_at < now() - interval '2 days', false) as overdue from usage_retention`
  const days = counted(config.usageRetentionDays, 'day')
  if (row?.overdue === true) {
    const advice = 'run the service for ten minutes, or `strongroom usage cleanup`'
    return [warning('retention', `usage reports are due for deletion after ${days}`, advice)]
  }
  return [pass('retention', `usage reports are deleted after ${days}`)]
}
