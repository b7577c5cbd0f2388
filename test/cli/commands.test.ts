import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/list.ts'
import { withProgress } from '../../src/cli/progress.ts'
import { runCommand } from '../../src/cli/run.ts'
import { createDatabase } from '../support/database.ts'
import { command } from '../support/service-process.ts'

async function call(...args: string[]) {
  const out = new PassThrough()
  const output = text(out)
  let errors = ''
  const status = await runCommand(args, {
    out,
    err: { write: (chunk) => (errors += chunk) },
  })
  out.end()
  return { status, out: await output, err: errors }
}

test('every command is listed, and each explains itself with all it takes', async () => {
  const list = await call('--help')
  assert.equal(list.status, 0)
  for (const { name, operands, options, summary, json } of COMMANDS) {
    assert.ok(list.out.includes(summary), name)
    const help = await call(...name.split(' '), '--help')
    assert.equal(help.status, 0, name)
    assert.equal(help.err, '')
    const names = [...Object.keys(options), ...(json === true ? ['json'] : [])]
    for (const part of [
      name,
      ...operands.map((one) => `<${one.replace('?', '')}>`),
      ...names.map((n) => `--${n}`),
    ]) {
      assert.ok(help.out.includes(part), `${name}: ${part}`)
    }
  }
  const group = await call('keys', '-h')
  assert.match(group.out, /keys issue[^]*keys revoke/)
  assert.doesNotMatch(group.out, /ledger/)
  assert.deepEqual(await call('help', 'keys', 'issue'), await call('keys', 'issue', '--help'))
  assert.deepEqual(await call('help'), await call('--help'))
  assert.match((await call('--version')).out, /^\d+\.\d+\.\d+\n$/)
})

test('every command that changes something takes --as', () => {
  const readers = [
    'doctor',
    'keys list',
    'tokens list',
    'ledger verify',
    'license verify',
    'audit export',
  ]
  const others = ['audit verify', 'receipt verify', 'events list', 'webhooks list']
  // It follows a log from outside, and has no database.
  others.push('audit monitor')
  // A ping changes nothing that is kept.
  const pings = ['webhooks deliveries', 'webhooks test']
  for (const { name, options } of COMMANDS) {
    assert.equal('as' in options, ![...readers, ...others, ...pings].includes(name), name)
  }
})

test('a wrong call is told what is wrong, on stderr, with exit code 2', async () => {
  for (const [args, message] of [
    [[], /^Usage/],
    [['keys'], /^Usage/],
    [['nope'], /^There is no command `nope`/],
    [['-v'], /^Unknown option '-v'/],
    [['help', 'nope'], /^There is no command `nope`/],
    [['keys', 'nope', '--help'], /^There is no command `keys nope`/],
    // What a group has is told without everything else.
    [['keys', 'nope'], /^There is no command `keys nope`[^]*keys issue(?![^]*ledger)/],
    [['key', 'list'], /^There is no command `key list`\. Is `keys list` meant\?/],
    [['keys', 'isue'], /^There is no command `keys isue`\. Is `keys issue` meant\?/],
    [['keys', 'issue'], /^`keys issue` takes <customer_id>/],
    [['keys', 'revoke', 'cust_x'], /^`keys revoke` takes <customer_id> <key_id>/],
    [['ledger', 'verify', 'twice'], /^`ledger verify` takes no arguments/],
    [['ledger', 'verify', '--status', 'x'], /^Unknown option '--status'/],
    [['keys', 'revoke', 'a', 'b', '--json'], /^Unknown option '--json'/],
    [['events', 'list', '--status', 'lost'], /^--status is one of parked, waiting/],
    ...['0', '36501', '', ' 5', '5.0', '1e2', '0x10', '+5', 'Infinity'].map(
      (days) => [['usage', 'cleanup', '--older-than-days', days], /^--older-than-days is/] as const,
    ),
    [['license', 'verify', '/nowhere', '--jwks', '/nowhere'], /^\/nowhere can not be read/],
  ] as const) {
    const { status, out, err } = await call(...args)
    assert.match(err, message)
    assert.equal(status, 2, args.join(' '))
    assert.equal(out, '')
  }
})

test('scripts get JSON and an exit code, and a pipe gets no progress bar', async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const env = { DATABASE_URL: database.url }
  const sound = command(['ledger', 'verify', '--json'], env)
  assert.deepEqual(JSON.parse(sound.stdout), {
    transfers: 0,
    accounts: 0,
    assets: 0,
    findings: [],
  })
  assert.equal(sound.stderr, '')
  assert.equal(sound.status, 0)
  const cleaned = command(['usage', 'cleanup', '--older-than-days', '30', '--json'], env)
  assert.equal(JSON.parse(cleaned.stdout).deleted, 0)
  const refused = command(['keys', 'issue', 'cust_0000000000000000'], env)
  assert.equal(refused.status, 1)
  assert.equal(refused.stdout, '')
  const broken = command(['ledger', 'verify'], { ...env, PORT: 'none' })
  assert.equal(broken.status, 1)
  assert.match(broken.stderr, /PORT must be/)
})

test('a terminal sees how far long work is, and a clean line after it', async () => {
  let shown = ''
  const terminal = { isTTY: true, write: (chunk: string) => (shown += chunk) }
  const result = await withProgress(terminal, 'Counting', async (report) => {
    report(1, 4)
    const from = shown.length
    while (!shown.slice(from).includes('1 of 4')) await new Promise(setImmediate)
    return 'done'
  })
  assert.equal(result, 'done')
  assert.match(shown, /Counting {2}█{6}░{18} {2}1 of 4 {2}0 s/)
  assert.ok(shown.endsWith('\r\x1b[K'))
  await assert.rejects(withProgress(terminal, 'Failing', () => Promise.reject(new Error('no'))))
  assert.ok(shown.endsWith('\r\x1b[K'))
})
