import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readGuide } from '../../src/http/docs/guides.ts'
import { startReceiver } from '../support/receiver.ts'
import { eventually, run } from '../support/processes.ts'
import { type Service, startService } from '../support/service.ts'

/** Of the guide, as it stands. */
function example(language: string): string {
  const [, code] =
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(readGuide('events')) ?? []
  assert.ok(code !== undefined, language)
  return code
}

interface Program {
  file: string
  language: string
  /** What is missing on this machine; null if nothing is. */
  missing(): string | null
  /** The command that runs it. */
  command(folder: string): string[]
}

const python = process.env['WEBHOOK_PYTHON'] ?? 'python3'
const go = spawnSync('go', ['version']).error === undefined ? 'go' : '/usr/local/go/bin/go'

const PROGRAMS: readonly Program[] = [
  {
    language: 'ts',
    file: 'receiver.ts',
    missing: () => null,
    command: (folder) => {
      mkdirSync(join(folder, 'node_modules'))
      for (const name of ['standardwebhooks', '@stablelib', 'fast-sha256']) {
        cpSync(join('node_modules', name), join(folder, 'node_modules', name), { recursive: true })
      }
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      return [process.execPath, '--import', import.meta.resolve('tsx'), 'receiver.ts']
    },
  },
  {
    language: 'python',
    file: 'receiver.py',
    missing: () => {
      const found = spawnSync(python, ['-c', 'import standardwebhooks, cryptography'])
      return found.status === 0 ? null : 'Python with standardwebhooks and cryptography'
    },
    command: () => [python, 'receiver.py'],
  },
  {
    language: 'go',
    file: 'main.go',
    missing: () => (spawnSync(go, ['version']).status === 0 ? null : 'Go'),
    command: (folder) => {
      for (const name of ['go.mod', 'go.sum'])
        cpSync(join('test/webhooks/go', name), join(folder, name))
      const built = spawnSync(go, ['build', '-o', 'receiver', '.'], {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          GOFLAGS: '-mod=mod',
          GOPROXY: process.env['WEBHOOK_GOPROXY'] ?? 'off',
        },
      })
      // Its packages may be out of reach, which is no fault of the guide.
      return built.status === 0 ? [resolve(folder, 'receiver')] : []
    },
  },
]

async function receives(t: TestContext, service: Service, program: Program): Promise<void> {
  const missing = program.missing()
  if (missing !== null) return t.skip(`there is no ${missing}`)
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-receiver-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, program.file), example(program.language))
  const [command = '', ...args] = program.command(folder)
  if (command === '') return t.skip('its packages are not here')
  const place = await startReceiver(t)
  const { port } = new URL(place.url)
  await place.close()
  const url = `http://127.0.0.1:${port}/`
  const made = await service.asAdmin('POST', '/api/webhook-endpoints', { url, events: ['test.*'] })
  assert.equal(made.status, 201)
  const { endpoint, secret } = made.body
  const receiver = run(command, args, {
    cwd: folder,
    env: {
      ...process.env,
      WEBHOOK_SECRET: secret,
      WEBHOOK_PUBLIC_KEY: endpoint.public_key,
      PORT: port,
    },
  })
  t.after(async () => {
    receiver.child.kill('SIGKILL')
    await receiver.ended
  })
  const forged = () =>
    fetch(url, {
      method: 'POST',
      headers: {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
        'webhook-signature': `v1,${'A'.repeat(43)}= v1a,${'A'.repeat(86)}==`,
      },
      body: '{"type":"test.ping"}',
    })
      .then(({ status }) => status)
      .catch(() => 0)
  assert.ok(await eventually(async () => (await forged()) === 400, 30_000), receiver.output())
  const path = `/api/webhook-endpoints/${endpoint.endpoint_id}`
  assert.equal((await service.asAdmin('POST', `${path}/test`)).status, 202)
  const isDelivered = async () => {
    const { body } = await service.asAdmin('GET', `${path}/deliveries?status=delivered`)
    return body.data.length === 1
  }
  assert.ok(await eventually(isDelivered, 20_000), receiver.output())
}

test('the receivers of the guide take what is signed, and nothing else', async (t) => {
  const service = await startService(t, { RUN_JOBS: 'true' })
  for (const program of PROGRAMS) {
    await t.test(program.language, (part) => receives(part, service, program))
  }
})
