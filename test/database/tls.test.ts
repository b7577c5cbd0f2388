import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from '../../src/process/config.ts'
import { connect } from '../../src/database/connect.ts'
import { KINDS } from '../../src/database/kinds.ts'
import { pgPool } from '../../src/database/pg-pool.ts'
import { newAuthority } from '../support/certificates.ts'
import { commandBeside, launchService, newDataDir } from '../support/service-process.ts'
import { startTlsPostgres } from '../support/tls-postgres.ts'

test('a database is trusted by its certificate authority and its name, by both drivers', async (t) => {
  const folder = newDataDir(t)
  mkdirSync(folder, { recursive: true })
  const [own, other] = [newAuthority('own'), newAuthority('other')]
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const ownCa = file('own.pem', own.certificate)
  const otherCa = file('other.pem', other.certificate)
  const port = await startTlsPostgres(t, own.identify('localhost'))
  const misnamed = await startTlsPostgres(t, own.identify('db.example.com'))
  const url = (host: string, at = port, role = 'strongroom') =>
    `postgres://${role}@${host}:${at}/strongroom`

  const cases: [about: string, url: string, ca: string | undefined, code: RegExp | null][] = [
    ['the right one', url('localhost'), ownCa, null],
    ['another authority', url('localhost'), otherCa, /^(UNABLE_TO_|SELF_SIGNED_)/],
    ['no authority of its own', url('localhost'), undefined, /^(UNABLE_TO_|SELF_SIGNED_)/],
    ['another name', url('localhost', misnamed), ownCa, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ['a query that asks for none', `${url('localhost')}?sslmode=disable`, ownCa, null],
    ['a query that asks for less', `${url('localhost')}?ssl=0&sslmode=no-verify`, ownCa, null],
    [
      'another authority, whatever the query asks for',
      `${url('localhost')}?sslmode=no-verify`,
      otherCa,
      /^(UNABLE_TO_|SELF_SIGNED_)/,
    ],
    ['a host in the query', `${url('db.example.com')}?host=localhost`, ownCa, null],
    ['an address that is not in it', url('127.0.0.1'), ownCa, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ]
  for (const [about, databaseUrl, ca, code] of cases) {
    await t.test(about, async () => {
      const env = { DATABASE_URL: databaseUrl, DATABASE_CA_FILE: ca, DATABASE_SSL: 'verify-full' }
      const { database } = readConfig(env)
      const isEncrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
      const sql = connect(database, { name: 'test', connectionsMax: 1 })
      const pool = pgPool(database, KINDS.queue, 1)
      const asks = [
        () => sql.unsafe<{ ssl: boolean }[]>(isEncrypted).then((rows) => rows[0]?.ssl),
        () => pool.query<{ ssl: boolean }>(isEncrypted).then(({ rows }) => rows[0]?.ssl),
      ]
      try {
        for (const ask of asks) {
          if (code === null) assert.equal(await ask(), true)
          else await assert.rejects(ask, (error: { code?: string }) => code.test(error.code ?? ''))
        }
      } finally {
        await Promise.all([sql.end({ timeout: 1 }), pool.end()])
      }
    })
  }

  await t.test('a service in production starts on the right one only', async () => {
    const env = (databaseUrl: string, ca: string) => ({
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      DATABASE_CA_FILE: ca,
      ADMIN_API_TOKEN: '5f0c6d1b9a7e4f3281d6c5b4a3928170',
      INTERNAL_SERVICE_TOKEN: 'c1b2a3948576e6f7d8c9bab1a2938475',
      API_KEY_PEPPER: '0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b',
      PUBLIC_URL: 'https://billing.example.com',
      LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
      AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    })
    const right = env(url('localhost'), ownCa)
    // Beside, because the relay is in this process.
    const owner = { MIGRATION_DATABASE_URL: url('localhost', port, 'strongroom_owner') }
    const migrated = await commandBeside(['migrate'], { ...right, ...owner })
    assert.equal(migrated.status, 0, migrated.output)
    const service = launchService(t, newDataDir(t), { ...right, LOG_LEVEL: 'info' })
    await service.says('Server listening at')
    service.child.kill('SIGTERM')
    assert.equal(await service.ended, 0)

    for (const wrong of [env(url('localhost'), otherCa), env(url('localhost', misnamed), ownCa)]) {
      const refused = launchService(t, newDataDir(t), wrong)
      assert.equal(await refused.ended, 1)
      assert.match(
        refused.output(),
        /The database can not be reached \([A-Z_]+\): check DATABASE_URL/,
      )
    }
  })
})
