import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { packageFolder, prepareBinaries } from '../../src/database/embedded/binaries.ts'

/** The package as `npm ci --ignore-scripts` leaves it: its files, without the links among them. */
function packageWithoutLinks(t: TestContext): { folder: string; links: string } {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-links-'))
  t.after(() => {
    spawnSync('chmod', ['-R', 'u+w', home])
    rmSync(home, { recursive: true, force: true })
  })
  const source = packageFolder()
  const folder = join(home, 'package')
  mkdirSync(folder)
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    const stat = lstatSync(join(source, name))
    if (stat.isDirectory()) mkdirSync(join(folder, name), { recursive: true })
    else if (stat.isFile()) {
      copyFileSync(join(source, name), join(folder, name), constants.COPYFILE_FICLONE)
    }
  }
  return { folder, links: join(home, 'links') }
}

function version(binaries: ReturnType<typeof prepareBinaries>): string {
  const env = { PATH: '/usr/bin:/bin', ...binaries.env }
  return spawnSync(binaries.initdb, ['--version'], { env, encoding: 'utf8' }).stdout
}

test('makes the library links that an install without scripts has left out', (t) => {
  const { folder, links } = packageWithoutLinks(t)
  const binaries = prepareBinaries(folder, links)
  assert.deepEqual(binaries.env, {})
  assert.match(version(binaries), /PostgreSQL/)
  assert.deepEqual(prepareBinaries(folder, links).env, {})
})

test('makes them elsewhere where the package can not be written to', (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere')
  const { folder, links } = packageWithoutLinks(t)
  chmodSync(join(folder, 'native', 'lib'), 0o555)
  const binaries = prepareBinaries(folder, links)
  assert.notDeepEqual(binaries.env, {})
  assert.match(version(binaries), /PostgreSQL/)
})
