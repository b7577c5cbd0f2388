import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { run } from '../support/processes.ts'
import { newDataDir } from '../support/service-process.ts'

/** What the steps of deploy/Dockerfile leave: `.ci/deploy` makes it. */
const IMAGE = process.env['DEPLOY_IMAGE'] ?? ''
const LISTENING = /listening at http:\/\/127\.0\.0\.1:(\d+)/
const DOCKERFILE = readFileSync('deploy/Dockerfile', 'utf8')

/** An instruction's arguments in their JSON form. */
function argumentsOf(instruction: RegExp): string[] {
  const found = instruction.exec(DOCKERFILE)?.[1] ?? assert.fail(`no ${instruction}`)
  return JSON.parse(found) as string[]
}

test('the image holds what runs and nothing else', () => {
  assert.deepEqual(readdirSync(IMAGE).toSorted(), [
    'dist',
    'drizzle',
    'node_modules',
    'package.json',
    'src',
  ])
  const { devDependencies, optionalDependencies, dependencies } = JSON.parse(
    readFileSync(join(IMAGE, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>
  for (const name of Object.keys({ ...devDependencies, ...optionalDependencies })) {
    // Some packages that run carry the types of others.
    if (name.startsWith('@types/')) continue
    assert.ok(!existsSync(join(IMAGE, 'node_modules', name)), name)
  }
  for (const name of Object.keys(dependencies ?? {})) {
    assert.ok(existsSync(join(IMAGE, 'node_modules', name)), name)
  }
  const native = `require('argon2').hash('x').then((hash) => process.exit(hash.startsWith('$argon2id$') ? 0 : 1))`
  assert.equal(spawnSync(process.execPath, ['-e', native], { cwd: IMAGE }).status, 0)
})

test('the image migrates, serves in production, is healthy, and drains when told to stop', async (t) => {
  // The database of the other tests may lose what it confirms, which production refuses.
  const database = await startEmbeddedPostgres({ dataDir: newDataDir(t) })
  t.after(() => database.stop())
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: database.url,
    DATABASE_SSL: 'disable',
    ADMIN_API_TOKEN: 'a2f4c6e8b0d1f3a5c7e9b1d3f5a7c9e1',
    INTERNAL_SERVICE_TOKEN: 'f1e3d5c7b9a1f3e5d7c9b1a3f5e7d9c1',
    API_KEY_PEPPER: 'c5e7b9d1f3a5c7e9b1d3f5a7c9e1a2f4',
    PUBLIC_URL: 'https://billing.example.com',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
  }
  const node = (more: Record<string, string>, ...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: IMAGE, env: { ...env, ...more }, encoding: 'utf8' })
  const owner = { MIGRATION_DATABASE_URL: database.migrationUrl }
  const migration = node(owner, 'dist/cli.js', 'migrate')
  assert.equal(migration.status, 0, migration.stderr)

  const [shell = '', ...rest] = argumentsOf(/^ENTRYPOINT (\[.*)$/m)
  const command = argumentsOf(/^CMD (\[.*)$/m)
  const service = run(shell, [...rest, ...command], { cwd: IMAGE, env })
  t.after(() => service.child.kill('SIGKILL'))
  await service.says(LISTENING)
  // The shell has made room for the service, without the right to leave a core.
  assert.match(readFileSync(`/proc/${service.pid}/cmdline`, 'utf8'), /^node\0/)
  assert.match(readFileSync(`/proc/${service.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  env.PORT = LISTENING.exec(service.output())?.[1] ?? ''
  const [, ...probe] = argumentsOf(/^HEALTHCHECK [^[]*(\[.*)$/m)
  assert.equal(node({}, ...probe).status, 0)
  service.child.kill('SIGTERM')
  assert.equal(await service.ended, 0)
  assert.equal(node({}, ...probe).status, 1)
})
