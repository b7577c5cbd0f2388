import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runScript } from '../support/processes.ts'
import { drillOptions } from './options.ts'
import { allParts, partsNamed, wholeRun } from './parts.ts'
import { missingPrograms } from './programs.ts'

test('parts chosen by name never write the report of a whole run', async () => {
  const report = () => readFileSync(new URL('REPORT.md', import.meta.url), 'utf8')
  const before = report()
  for (const args of [
    ['--only', '13', '--report'],
    ['--report', 'auth/routes'],
  ]) {
    const refused = runScript('../drills/all.ts', args)
    assert.equal(await refused.ended, 2)
    assert.match(refused.output(), /--report is for a whole run/)
  }
  assert.equal(report(), before)
})

test('the options of a drill', () => {
  assert.deepEqual(drillOptions(['--only', '13', 'funds/holds', '--seed', '7']), {
    names: ['13', 'funds/holds'],
    seed: 7,
    fault: null,
  })
  assert.equal(drillOptions(['--report']).fault, null)
  for (const args of [['--seed', 'x'], ['--seed', '-1'], ['--seed', '1.5'], ['--other']]) {
    assert.notEqual(drillOptions(args).fault, null, args.join(' '))
  }
})

test('what the parts need is said before any of them runs', async () => {
  const parts = allParts()
  const whole = missingPrograms(wholeRun(parts), () => false) ?? ''
  assert.match(
    whole,
    /drills\/failover, drills\/restore, and drills\/replicas need PostgreSQL: apt-get install postgresql/,
  )
  assert.match(whole, /drills\/replicas needs Redis: apt-get install redis-server/)
  assert.match(whole, /history\/run needs Go/)
  assert.equal(
    missingPrograms(partsNamed(['16'], parts), () => false),
    null,
  )
  assert.equal(
    missingPrograms(wholeRun(parts), () => true),
    null,
  )

  const refused = runScript('../drills/all.ts', ['--only', 'replicas'], {
    env: { ...process.env, PATH: '/nonexistent' },
  })
  assert.equal(await refused.ended, 2)
  assert.match(refused.output(), /drills\/replicas needs nginx: apt-get install nginx/)
})
