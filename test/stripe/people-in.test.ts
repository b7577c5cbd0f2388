import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { asAdmin, createDatabase } from '../support/database.ts'

/** At and beyond each bound, and what only looks like a person. */
const TEXTS = [
  'cus_1',
  'cust_0000000000000000',
  `sub_${'a'.repeat(250)}`,
  `sub_${'a'.repeat(251)}`,
  'pi_',
  'pi_a-b',
  'acct_a_b',
  'evt_1',
  'cus_1\n',
  'A@b.c',
  '@b',
  'a@',
  'a@b@c',
  'a b@c',
  'a\nb@c',
  'a@b\nc',
  `${'a'.repeat(64)}@b`,
  `${'a'.repeat(65)}@b`,
  `a@${'b'.repeat(255)}`,
  `a@${'b'.repeat(256)}`,
  'Ä@ö.example',
  '',
]

test('the people of an event are those that the first form of the function found', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const migration = readFileSync('drizzle/0007_erasure.sql', 'utf8')
  const [first = ''] = migration
    .split('--> statement-breakpoint')
    .filter((statement) => statement.includes('CREATE FUNCTION people_in('))
  await asAdmin(database.adminUrl, async (sql) => {
    await sql.unsafe(first.replace('people_in(', 'people_at_first('))
    const payloads = [
      ...TEXTS.map((text) => ({ a: [{ b: text }, text] })),
      { data: { object: { client_reference_id: 'ada', metadata: { user_id: 'x'.repeat(251) } } } },
      { data: { object: { client_reference_id: 'a'.repeat(250), metadata: { user_id: 'b' } } } },
      { all: TEXTS, cus_9: 1 },
    ]
    for (const payload of payloads) {
      const [row] = await sql`
        select people_in(p) as now, people_at_first(p) as before
        from (select ${JSON.stringify(payload)}::text::jsonb as p) one`
      assert.deepEqual(row?.['now'], row?.['before'], JSON.stringify(payload).slice(0, 80))
    }
    const [all] = await sql`
      select people_in(${JSON.stringify(TEXTS)}::text::jsonb) as people`
    assert.ok(all?.['people'].length >= 8)
  })
})
