import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runScript } from '../support/processes.ts'
import { drillOptions } from './options.ts'

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
