import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../src/process/config.ts'
import { connect } from '../../src/database/connect.ts'
import { newDataDir } from '../support/service-process.ts'
import { startTlsPostgres } from '../support/tls-postgres.ts'

const SCRIPT = fileURLToPath(new URL('../../deploy/make-secrets.sh', import.meta.url))
const NAME = 'billing.example.com'

const isRoot = process.getuid?.() === 0
const skip = isRoot ? false : 'the files get owners, which root alone can give'

test(
  'the private authority can vouch for the database and the public name alone',
  { skip },
  async (t) => {
    const folder = join(newDataDir(t), 'strongroom')
    execFileSync(SCRIPT, [folder, NAME])
    const file = (name: string) => join(folder, name)
    const ca = file('ca.pem')

    /** What the authority signs for whoever has its key. */
    function forge(names: string): { certificate: string; key: string } {
      const [key, request, extensions] = ['forged.key', 'forged.csr', 'forged.ext'].map(file) as [
        string,
        string,
        string,
      ]
      openssl(
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-subj',
        '/',
        '-keyout',
        key,
        '-out',
        request,
      )
      writeFileSync(extensions, `subjectAltName=${names}\n`)
      const certificate = openssl(
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        ca,
        '-CAkey',
        file('database/ca-key.pem'),
        '-days',
        '1',
        '-extfile',
        extensions,
      )
      return { certificate, key: readFileSync(key, 'utf8') }
    }
    function verdict(certificate: string): string {
      const run = spawnSync('openssl', ['verify', '-CAfile', ca], {
        input: certificate,
        encoding: 'utf8',
      })
      return run.status === 0 ? 'OK' : run.stderr
    }

    for (const made of ['database/certificate.pem', 'tls/fullchain.pem']) {
      assert.equal(verdict(readFileSync(file(made), 'utf8')), 'OK', made)
    }
    const cases: [names: string, expected: RegExp][] = [
      ['DNS:localhost', /^OK$/],
      [`DNS:${NAME},DNS:localhost`, /^OK$/],
      ['DNS:example.com', /permitted subtree violation/],
      ['DNS:example.org', /permitted subtree violation/],
      ['DNS:localhost,DNS:example.org', /permitted subtree violation/],
      ['IP:127.0.0.1', /excluded subtree violation/],
      ['IP:::1', /excluded subtree violation/],
    ]
    for (const [names, expected] of cases)
      assert.match(verdict(forge(names).certificate), expected, names)

    for (const [names, isTrusted] of [
      ['DNS:localhost', true],
      ['DNS:localhost,DNS:example.org', false],
    ] as const) {
      const port = await startTlsPostgres(t, forge(names))
      const { database } = readConfig({
        DATABASE_URL: `postgres://strongroom@localhost:${port}/strongroom`,
        DATABASE_CA_FILE: ca,
        DATABASE_SSL: 'verify-full',
      })
      const sql = connect(database, { name: 'test', connectionsMax: 1 })
      const asked = sql`select 1 as one`.then((rows) => rows[0]?.['one'])
      if (isTrusted) assert.equal(await asked, 1)
      else await assert.rejects(asked, /permitted subtree violation/)
      await sql.end({ timeout: 1 })
    }
  },
)

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
