import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { run } from '../support/processes.ts'

const SCRIPT = fileURLToPath(new URL('../../.ci/advisories', import.meta.url))
const BULK = '/-/npm/v1/security/advisories/bulk'

type Advisories = Record<string, object[]>

const LODASH = { lodash: [advisory('GHSA-of-lodash', 'high', '<4.17.12')] }

function advisory(id: string, severity: string, range: string) {
  const url = `https://github.com/advisories/${id}`
  return { id: id.length, url, title: `Of ${id}`, severity, vulnerable_versions: range }
}

/** A registry that knows these advisories, or answers every audit with this status. */
async function startRegistry(t: TestContext, known: Advisories | number): Promise<string> {
  const server = createServer((request, answer) => void answerTo(request, answer))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

  async function answerTo(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (typeof known === 'number') return void answer.writeHead(known).end()
    const body = Buffer.concat(await request.toArray())
    answer.setHeader('content-type', 'application/json')
    if (request.url === BULK) {
      const isZipped = request.headers['content-encoding'] === 'gzip'
      const asked = JSON.parse(String(isZipped ? gunzipSync(body) : body)) as object
      const found = Object.entries(known).filter(([name]) => Object.hasOwn(asked, name))
      return void answer.end(JSON.stringify(Object.fromEntries(found)))
    }
    // npm looks at a package's versions before it says which of them are concerned.
    const name = decodeURIComponent(request.url?.slice(1) ?? '')
    const versions = { '5.12.8': { name, version: '5.12.8' } }
    answer.end(JSON.stringify({ name, versions, 'dist-tags': { latest: '5.12.8' } }))
  }
}

async function check(t: TestContext, registry: string, env: Record<string, string> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'strongroom-advisories-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const script = run(SCRIPT, [], {
    env: { PATH: process.env['PATH'], HOME: home, npm_config_registry: registry, ...env },
  })
  return { status: await script.ended, output: script.output() }
}

test('says what was asked and found, and fails for what is grave', async (t) => {
  const clean = await check(t, await startRegistry(t, LODASH))
  assert.equal(clean.status, 0, clean.output)
  assert.match(clean.output, /knows its advisories: .*GHSA-of-lodash/)
  assert.match(clean.output, /about [1-9]\d\d packages that run in production; 0 found/)

  for (const [severity, status] of [
    ['moderate', 0],
    ['high', 1],
    ['critical', 1],
  ] as const) {
    const known = { ...LODASH, fastify: [advisory('GHSA-of-fastify-here', severity, '<6')] }
    const found = await check(t, await startRegistry(t, known))
    assert.equal(found.status, status, found.output)
    assert.match(
      found.output,
      new RegExp(`1 found\\.\\n +${severity} +fastify <6 .*GHSA-of-fastify`),
    )
  }
})

test('fails and names what it could not check, and is excused by an absent endpoint alone', async (t) => {
  const optional = { ADVISORIES: 'optional' }
  const cases: [about: string, registry: string, env: Record<string, string>, status: 0 | 1][] = [
    ['answers 405', await startRegistry(t, 405), {}, 1],
    ['answers 405', await startRegistry(t, 405), optional, 0],
    ['answers 404', await startRegistry(t, 404), optional, 0],
    ['answers 503', await startRegistry(t, 503), optional, 1],
    ['can not be reached', 'http://127.0.0.1:1/', optional, 1],
    ['knows no advisory', await startRegistry(t, {}), optional, 1],
  ]
  for (const [about, registry, env, status] of cases) {
    const { status: ended, output } = await check(t, registry, env)
    assert.equal(ended, status, output)
    assert.match(output, /^!+\nADVISORIES WERE NOT CHECKED/)
    assert.ok(output.includes(about), output)
    assert.match(output, /these [1-9]\d\d packages[^]* fastify@\d/)
  }
})
