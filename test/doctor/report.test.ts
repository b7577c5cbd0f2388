import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Line } from '../../src/doctor/check.ts'
import { node } from '../../src/doctor/machine.ts'
import { describeExamination } from '../../src/doctor/report.ts'
import { command, newDataDir } from '../support/service-process.ts'

test('releases of Node are judged by their support', () => {
  const today = new Date('2026-11-26')
  for (const [version, status] of [
    ['18.20.0', 'failure'],
    ['20.11.1', 'failure'],
    ['20.18.3', 'failure'],
    ['20.19.0', 'warning'],
    ['20.20.2', 'warning'],
    ['23.1.0', 'warning'],
    ['24.21.0', 'pass'],
  ] as const) {
    assert.equal(node(version, today).status, status, version)
  }
})

test('without settings, database or service there are lines and no stack, and nothing is made', (t) => {
  const dataDir = newDataDir(t)
  const env = { DATA_DIR: join(dataDir, 'none'), PORT: '1' }
  const { status, stdout, stderr } = command(['doctor'], env)
  assert.equal(status, 1)
  assert.equal(stderr, '')
  assert.match(stdout, /✗ connection +there is none yet\n/)
  assert.match(
    stdout,
    /\n\d+ failures, \d+ warnings?, \d+ passed, \d+ can not be seen from here\n$/,
  )
  assert.ok(!/\n\s+at /.test(stdout) && !stdout.includes('\u001b'), stdout)
  const json = command(['doctor', '--json'], env)
  assert.equal(json.status, 1)
  const { status: verdict, counts, checks } = JSON.parse(json.stdout)
  assert.equal(verdict, 'failure')
  assert.equal(counts.failure, checks.filter((line: Line) => line.status === 'failure').length)
  assert.equal(command(['doctor', '--url', 'billing.example.com'], env).status, 2)
})

test('the report is aligned, broken between words, and coloured for a terminal alone', () => {
  const examined = [
    {
      title: 'Things',
      lines: [
        { check: 'short', status: 'pass' as const, reason: 'well' },
        {
          check: 'a long one',
          status: 'failure' as const,
          reason: 'word '.repeat(12).trim(),
          advice: 'mend it',
        },
      ],
    },
  ]
  const plain = describeExamination(examined, { hasColour: false, columns: 70 })
  assert.match(plain, /\n {2}✓ short {7}well\n {2}✗ a long one {2}word word/)
  for (const line of plain.split('\n')) assert.ok(line.length <= 70, line)
  assert.match(plain, /\n {16}→ mend it\n/)
  assert.ok(!plain.includes('\x1b'))
  const coloured = describeExamination(examined, { hasColour: true, columns: 50 })
  assert.ok(coloured.includes('\u001b[31m'))
})
