import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

/**
 * The scripts of deploy/backup where they need no server. `.ci/backup` runs this; the restore drill shows
 * the rest.
 */
const SCRIPTS = fileURLToPath(new URL('../../deploy/backup/', import.meta.url))
const DAY_MS = 86_400_000

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-backup-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function run(name: string, args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(join(SCRIPTS, name), args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, output: stdout + stderr }
}

/** A backup's name: the second at which it was finished, so many days ago. */
function nameOf(days: number, ending = ''): string {
  const time = new Date(Date.UTC(2026, 10, 26, 3, 30) - days * DAY_MS).toISOString()
  return `${time.slice(0, 19).replace(/[-:]/g, '')}Z${ending}`
}

function segment(number: number): string {
  return `00000001${number.toString(16).toUpperCase().padStart(16, '0')}`
}

test('archive-wal keeps a file once, and nothing else under its name', (t) => {
  const folder = folderOf(t)
  const source = join(folder, 'source')
  const kept = join(folder, 'wal', segment(1))
  const archive = () => run('archive-wal', [source, segment(1), folder])
  assert.equal(archive().status, 1, 'there is nothing to archive')
  writeFileSync(source, 'first')
  assert.equal(archive().status, 0)
  assert.equal(archive().status, 0, 'the same again')
  writeFileSync(source, 'other')
  const { status, output } = archive()
  assert.equal(status, 1)
  assert.match(output, /is there with other content/)
  assert.equal(readFileSync(kept, 'utf8'), 'first')
  assert.deepEqual(readdirSync(join(folder, 'wal')), [segment(1)])
  assert.equal(run('archive-wal', []).status, 2)
})

test('prune keeps 7 days and 5 weeks, the newest of each, and WAL since the oldest of the days', (t) => {
  const folder = folderOf(t)
  mkdirSync(join(folder, 'wal'), { recursive: true })
  for (let days = 0; days < 60; days++) {
    const base = join(folder, 'base', nameOf(days))
    mkdirSync(base, { recursive: true })
    const first = segment(1_000 - days)
    writeFileSync(join(base, 'backup_label'), `START WAL LOCATION: 0/2000028 (file ${first})\n`)
    writeFileSync(join(folder, 'wal', first), '')
    mkdirSync(join(folder, 'dump'), { recursive: true })
    writeFileSync(join(folder, 'dump', nameOf(days, '.dump')), '')
  }
  writeFileSync(join(folder, 'wal', '00000002.history'), '')
  mkdirSync(join(folder, 'base', '20261126T031700Z.partial'))

  const { status, output } = run('prune', [], { BACKUP_DIR: folder })
  assert.equal(status, 0, output)
  // 26 November 2026 is a Thursday; before its week, each week's newest is that of its Sunday.
  const days = [0, 1, 2, 3, 4, 5, 6, 11, 18, 25]
  assert.deepEqual(readdirSync(join(folder, 'base')), days.map((day) => nameOf(day)).toReversed())
  assert.deepEqual(
    readdirSync(join(folder, 'dump')),
    days.map((day) => nameOf(day, '.dump')).toReversed(),
  )
  assert.deepEqual(readdirSync(join(folder, 'wal')), [
    ...[6, 5, 4, 3, 2, 1, 0].map((day) => segment(1_000 - day)),
    '00000002.history',
  ])
  assert.equal(run('prune', [], { BACKUP_DIR: folder, KEEP_DAILY: '0' }).status, 1)
  assert.equal(run('prune', [], { BACKUP_DIR: 'relative' }).status, 1)
  assert.equal(run('prune', [], { BACKUP_DIR: `${folder}/a b` }).status, 1)
})

test('restore touches no folder that has something in it, and takes no time without its zone', (t) => {
  const folder = folderOf(t)
  const env = { BACKUP_DIR: join(folder, 'backups') }
  const target = join(folder, 'target')
  const refused = (args: string[], why: RegExp) => {
    const { status, output } = run('restore', [target, ...args], env)
    assert.equal(status, 1)
    assert.match(output, why)
  }
  refused([], /no base backup was finished before now/)
  mkdirSync(join(env.BACKUP_DIR, 'base', nameOf(0)), { recursive: true })
  refused(['--time', '2026-11-26 03:30:00'], /needs its zone/)
  refused(['--time', 'soon Z'], /this is no time/)
  refused(['--time', '2026-11-26 03:29:59+00'], /no base backup was finished before/)
  refused(['--base', nameOf(1)], /there is no base backup/)
  assert.equal(existsSync(target), false)
  mkdirSync(target)
  writeFileSync(join(target, 'PG_VERSION'), '15')
  refused([], /is not empty/)
  refused(['--base', nameOf(0)], /is not empty/)
  assert.deepEqual(readdirSync(target), ['PG_VERSION'])
  assert.equal(run('restore', [], env).status, 2)
})
