import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPolicy, witnessed } from '../../../src/audit/verifier.ts'
import { freePort } from '../../drills/ports.ts'
import { type Running, eventually, run } from '../../support/processes.ts'
import { inParallel } from '../../support/scale.ts'
import { ADMIN_TOKEN, INTERNAL_TOKEN, startService } from '../../support/service.ts'
import { keyOf, logFolder, logSettings, publishedNote, publishedNow } from '../../support/tlog.ts'

const LITEWITNESS = process.env['LITEWITNESS'] ?? ''
const CHECK = process.env['TLOG_CHECK'] ?? ''
const ORIGIN = 'example.com/books'
const env = { PATH: process.env['PATH'] }

/** Everything around the service is other people's: the witness, and what checks the log at the end. */
test('litewitness cosigns under load, is killed and comes back; torchwood reads the log', async (t) => {
  const folder = logFolder(t)
  const file = (name: string) => join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file('witness')])
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', file('witness.pub')])
    .toString()
    .split(' ')
  const agent = run('ssh-agent', ['-D', '-a', file('agent')], { env })
  t.after(() => agent.child.kill())
  const add = () => {
    try {
      execFileSync('ssh-add', ['-q', file('witness')], {
        env: { ...env, SSH_AUTH_SOCK: file('agent') },
        stdio: 'ignore',
      })
      return true
    } catch {
      return false
    }
  }
  assert.ok(await eventually(add, 10_000), 'the agent takes no key')

  const port = await freePort()
  const startWitness = async (): Promise<Running> => {
    const witness = run(
      LITEWITNESS,
      [
        ['-name', 'witness.example/lite'],
        ['-db', file('witness.db')],
        ['-ssh-agent', file('agent')],
        ['-listen', `127.0.0.1:${port}`],
        ['-key', fingerprint],
      ].flat(),
      { env },
    )
    t.after(() => witness.child.kill('SIGKILL'))
    await witness.says('listening')
    return witness
  }
  let witness = await startWitness()
  const [, vkey = ''] = /vkey="?([^"\s]+)/.exec(witness.output()) ?? []
  const lines = [`witness lite ${vkey} http://127.0.0.1:${port}`, 'quorum lite', '']
  writeFileSync(file('policy'), lines.join('\n'))
  const service = await startService(t, {
    ...logSettings(folder),
    AUDIT_LOG_ORIGIN: ORIGIN,
    AUDIT_WITNESSES_FILE: file('policy'),
  })
  const log = await keyOf(service)
  const statements = [
    `insert into log values ('${ORIGIN}', 0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');`,
    `insert into key values ('${ORIGIN}', '${log}');`,
  ]
  execFileSync('sqlite3', [file('witness.db'), statements.join(' ')])
  const policy = await readPolicy(lines.join('\n'))
  const cosignedAt = async () => {
    const note = await publishedNote(service, log)
    return (await witnessed(note, policy)).isQuorum ? note.size : 0
  }
  const grow = async (count: number): Promise<string> => {
    const answers = await inParallel(count, 32, () =>
      service.asInternal('POST', '/deduct', { user_id: 'ada', amount: 1 }),
    )
    return answers.at(-1)?.body.transfer_id
  }

  await service.asInternal('POST', '/account', { user_id: 'ada', tier: 'pro' })
  await service.asInternal('POST', '/top_up', { user_id: 'ada', amount: 1_000_000 })
  await grow(600)
  assert.ok(await eventually(async () => (await cosignedAt()) > 600, 20_000), witness.output())
  const load = grow(600)
  witness.child.kill('SIGKILL')
  await witness.ended
  await load
  const { size } = await publishedNow(service)
  assert.ok(size > 1_200)
  assert.equal(await cosignedAt(), 0, 'without the witness there is no quorum')
  witness = await startWitness()
  const transfer = await grow(100)
  const isBack = await eventually(async () => (await cosignedAt()) > size, 30_000)
  assert.ok(isBack, witness.output())

  const headers = { 'x-internal-token': INTERNAL_TOKEN, accept: 'text/plain' }
  await publishedNow(service)
  const { body } = await service.call('GET', `/transfers/${transfer}/receipt`, { headers })
  writeFileSync(file('proof'), String(body))
  writeFileSync(file('trust'), `log ${log}\n${lines.join('\n')}`)
  const checking = run(
    CHECK,
    [`${service.origin}/log`, ADMIN_TOKEN, file('trust'), file('proof')],
    { env },
  )
  assert.equal(await checking.ended, 0, checking.output())
  t.diagnostic(checking.output().trim())
})
