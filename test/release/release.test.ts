import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isNewer, versionsIn } from '../support/changelog.ts'
import { run } from '../support/processes.ts'
import { counts } from '../support/counts.ts'
import { scaled } from '../support/scale.ts'

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

test('the version is the same everywhere, and CHANGELOG.md has it', () => {
  const { version } = json('package.json')
  const lock = json('package-lock.json')
  assert.equal(lock.version, version)
  assert.equal(lock.packages[''].version, version)
  assert.equal(json('openapi.json').info.version, version)

  const sections = versionsIn(readFileSync('CHANGELOG.md', 'utf8'))
  for (const [index, { version: newer, date }] of sections.entries()) {
    const older = sections[index + 1]
    assert.ok(
      older === undefined || isNewer(newer, older.version),
      `${newer} above ${older?.version}`,
    )
    // At most the first is still to come.
    assert.ok(date !== null || index === 0, newer)
  }
  const released = sections.find(({ date }) => date !== null) ?? sections[0]
  assert.equal(released?.version, version)
})

/** A repository of its own, in which nothing of the service's is built. */
function copy(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-release-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const leftOut = new Set(['.git', '.data', 'node_modules'])
  cpSync('.', folder, { recursive: true, filter: (source) => !leftOut.has(basename(source)) })
  for (const name of ['node_modules', 'test/support/client-types/node_modules']) {
    symlinkSync(resolve(name), join(folder, name))
  }
  return folder
}

function release(cwd: string, ...args: string[]) {
  const script = [resolve('node_modules/.bin/tsx'), join(cwd, 'test/support/release.ts'), ...args]
  return run(process.execPath, script, { cwd, env: { ...process.env, npm_config_offline: 'true' } })
}

test('npm run release refuses what CHANGELOG.md does not have', async (t) => {
  const folder = copy(t)
  const before = readFileSync(join(folder, 'package.json'), 'utf8')
  for (const [args, message] of [
    [[], /^Usage: /],
    [['1.0'], /^Usage: /],
    [['v1.0.0'], /^Usage: /],
    [['0.0.1'], /older than the current version/],
    [['99.0.0'], /must begin with "## \[99\.0\.0\] - <YYYY-MM-DD>"/],
  ] as const) {
    const refused = release(folder, ...args)
    assert.equal(await refused.ended, 1, refused.output())
    assert.match(refused.output(), message)
  }
  const text = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')
  writeFileSync(
    join(folder, 'CHANGELOG.md'),
    text.replace(/^## /m, '## [99.0.0] - Unreleased\n\n## '),
  )
  const undated = release(folder, '99.0.0')
  assert.equal(await undated.ended, 1)
  assert.match(undated.output(), /it has 99\.0\.0, unreleased/)
  assert.equal(readFileSync(join(folder, 'package.json'), 'utf8'), before)
})

// It installs what it packs, as `.ci/release` does each time.
const skip = scaled(1, 0) === 0 && 'npm run drill does this'

test(
  'npm run release writes the version and packs what runs, with the patched driver',
  { skip },
  async (t) => {
    counts(t, { promise: '', what: 'A release, packed, installed and started', trials: 1 })
    const folder = copy(t)
    const path = (name: string) => join(folder, name)
    const text = readFileSync(path('CHANGELOG.md'), 'utf8')
    const dated = text
      .replace(/^## /m, '## [99.0.0] - 2099-01-01\n\n## ')
      .replaceAll(/ - Unreleased$/gm, ' - 2098-01-01')
    writeFileSync(path('CHANGELOG.md'), dated)
    const released = release(folder, '99.0.0')
    assert.equal(await released.ended, 0, released.output())
    assert.match(released.output(), /strongroom-99\.0\.0\.tgz is packed/)

    assert.equal(json(path('package.json')).version, '99.0.0')
    assert.equal(json(path('package-lock.json')).version, '99.0.0')
    assert.equal(json(path('openapi.json')).info.version, '99.0.0')
    assert.doesNotMatch(readFileSync(path('package-lock.json'), 'utf8'), /"resolved": "http/)
    const listing = run('tar', ['-tzf', path('strongroom-99.0.0.tgz')])
    await listing.ended
    const files = new Set(listing.output().split('\n'))
    for (const name of [
      'clients/strongroom-client-99.0.0.tgz',
      'clients/strongroom-99.0.0-py3-none-any.whl',
      'dist/strongroom.js',
      'dist/server.js',
      'dist/cli.js',
      'dist/worker.js',
      'drizzle/meta/_journal.json',
      'openapi.json',
      'src/docs/guides/concepts.md',
      'node_modules/postgres/src/index.js',
      'node_modules/drizzle-orm/postgres-js/driver.js',
    ]) {
      assert.ok(files.has(`package/${name}`), name)
    }
    assert.deepEqual(
      [...files].filter((name) => /tsbuildinfo|\.test\.|\.data|\.env/.test(name)),
      [],
    )
  },
)
