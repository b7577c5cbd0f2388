import { integerOf } from '../encoding/integers.ts'
import { cleanUsage } from '../usage/retention.ts'
import { WrongCall, command } from './command.ts'
import { SYSTEM, ownConfig, withDatabase } from './means.ts'

export const usageCleanup = command({
  name: 'usage cleanup',
  summary: 'delete usage reports that are older than their retention',
  details: 'Their totals stay. The service does so once a day.',
  operands: [],
  options: {
    'older-than-days': {
      type: 'string',
      value: 'days',
      summary: 'instead of USAGE_RETENTION_DAYS',
    },
  },
  json: true,
  run: async ({ options, withProgress }) => {
    const given = options['older-than-days']
    const days = given === undefined ? ownConfig().usageRetentionDays : integerOf(given)
    if (days === undefined || days < 1 || days > 36_500) {
      throw new WrongCall('--older-than-days is a whole number of days, from 1 to 36500.')
    }
    const { deleted, cutoff } = await withProgress('Deleting usage reports', (report) =>
      withDatabase((db) => cleanUsage(db, SYSTEM, days, { report })),
    )
    const text = `Deleted ${deleted} usage reports of before ${cutoff.toISOString()}.\n`
    return { text, json: { deleted, cutoff } }
  },
})
