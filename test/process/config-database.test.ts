import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../src/process/config.ts'
import type { Environment } from '../../src/process/environment.ts'
import { PRODUCTION, TOKENS, assertFaults, fileMaker } from '../support/config.ts'

test('a database URL may name a primary and its standbys, each of which is judged', () => {
  const url = (hosts: string) => ({
    NODE_ENV: 'production',
    ...TOKENS,
    PUBLIC_URL: 'https://billing.example.com',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    DATABASE_URL: `postgres://app:pw@${hosts}/money`,
  })
  const local = { DATABASE_SSL: 'disable' }
  const config = readConfig({ ...url('127.0.0.1:5432,localhost:5433'), ...local })
  assert.equal(config.database.ssl, 'disable')
  assertFaults({ ...url('127.0.0.1:5432,db2.example.com'), ...local }, /^DATABASE_SSL must be/)
  assertFaults(url('db1.example.com:5432,db2:canary'), /^DATABASE_URL must be a URL/)
})

test('the URL of the owner is a secret beside that of the service, and judged as that is', (t) => {
  const write = fileMaker(t)
  const service = { DATABASE_URL: 'postgres://strongroom:pw@127.0.0.1/money' }
  const owner = 'postgres://owner:pw@127.0.0.1/money'
  assert.equal(readConfig({ ...service, MIGRATION_DATABASE_URL: owner }).migrationUrl, owner)
  const file = { MIGRATION_DATABASE_URL_FILE: write('owner', `${owner}\n`) }
  assert.equal(readConfig({ ...service, ...file }).migrationUrl, owner)

  const beside = (url: string) => ({ ...service, MIGRATION_DATABASE_URL: url })
  assertFaults(beside('mysql://canary@127.0.0.1/money'), /^MIGRATION_DATABASE_URL must start with/)
  assertFaults(beside('postgres://o:ca/nary@host:x/money'), /^MIGRATION_DATABASE_URL must be a URL/)
  const production = {
    NODE_ENV: 'production',
    ...TOKENS,
    PUBLIC_URL: 'https://billing.example.com',
    LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
    AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
    DATABASE_SSL: 'disable',
  }
  const away = beside('postgres://owner:pw@db.example.com/money')
  assertFaults({ ...production, ...away }, /^DATABASE_SSL must be/)
})

test('TLS to the database is verified in production and wherever the URL asks for it', () => {
  const ssl = (url: string, env: Environment = {}) =>
    readConfig({ DATABASE_URL: url, ...env }).database.ssl
  assert.equal(ssl('postgres://localhost/x'), 'disable')
  assert.equal(ssl('postgres://localhost/x?sslmode=disable'), 'disable')
  assert.equal(ssl('postgres://db.example/x?sslmode=require'), 'verify-full')
  assert.equal(ssl('postgresql://db.example/x?a=b&sslmode=prefer'), 'verify-full')
  assert.equal(
    ssl('postgres://db.example/x?sslmode=require', { DATABASE_SSL: 'disable' }),
    'disable',
  )
})

test('a host in the query of the database URL is judged as the one in its place', () => {
  const judged = (url: string, ...faults: RegExp[]) =>
    assertFaults({ ...PRODUCTION, DATABASE_SSL: 'disable', DATABASE_URL: url }, ...faults)
  const far = /^DATABASE_SSL must be verify-full/
  for (const query of [
    'host=db.example',
    'host=10.0.0.5&port=5433',
    'hostaddr=10.0.0.5',
    'host=localhost&hostaddr=10.0.0.5',
    'host=localhost&host=db.example',
    'host=db.example&host=localhost',
    'host=localhost,db.example',
    'host=/run/postgresql,db.example',
    '%68ost=db.example',
    'application_name=x&host=127.0.0.1.evil.example',
    'host=::2',
    'host=0x7f.1',
  ]) {
    judged(`postgres://localhost/x?${query}`, far)
    judged(`postgres://localhost:5432,127.0.0.1:5433/x?${query}`, far)
    judged(`postgres:///x?${query}`, far)
  }
  for (const query of ['host=localhost', 'host=/run/postgresql', 'host=::1&port=5433', 'a=b']) {
    judged(`postgres://db.example/x?${query}`, far)
    judged(`postgres://localhost/x?${query}`)
    judged(`postgres://user@%2Frun%2Fpostgresql/x?${query}`)
  }
  judged('postgres:///x', far)
  judged('postgres://user@/x?host=/run/postgresql')
})
