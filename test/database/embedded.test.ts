import assert from 'node:assert/strict'
import type { SpawnOptions } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startEmbeddedPostgres } from '../../src/database/embedded/index.ts'
import { asAdmin } from '../support/database.ts'
import {
  eventually,
  postmaster,
  runScript,
  serverProcesses,
  signalServer,
} from '../support/processes.ts'

/** Promise 20 for the embedded server: back after its end. */
const RECOVERY_MS_MAX = 5_000
const skip = process.platform === 'linux' ? false : 'processes are found in /proc'
const asRoot = process.getuid?.() === 0
const closedToOthers = asRoot ? skip : 'only root has files that the server may not reach'

/** A folder that is removed, with whatever runs in it, when the test ends. */
function newFolder(t: TestContext, parent = tmpdir()): { dataDir: string; data: string } {
  const dataDir = mkdtempSync(join(parent, 'strongroom-embedded-'))
  const data = join(dataDir, 'postgres', 'data')
  t.after(() => {
    signalServer(data, 'SIGKILL')
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })
  return { dataDir, data }
}

async function start(dataDir: string) {
  const log: string[] = []
  const embedded = await startEmbeddedPostgres({ dataDir, log: (message) => log.push(message) })
  return {
    ...embedded,
    log,
    ask: (text: string) => asAdmin(embedded.migrationUrl, (s) => s.unsafe(text)),
  }
}

function ownerProcess(dataDir: string, options: SpawnOptions = {}) {
  return runScript('./embedded-process.ts', [dataDir], options)
}

test(
  'starts on an empty folder and again on its files; stops without a trace',
  { skip },
  async (t) => {
    const { dataDir, data } = newFolder(t)
    const first = await start(dataDir)
    assert.deepEqual(first.log, ['The embedded PostgreSQL has started'])
    await first.ask('create table kept as select 1 as one')
    const [settings] = await first.ask(`
    select current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit, usesuper
    from pg_user where usename = current_user`)
    assert.deepEqual(Object.values(settings ?? {}), ['on', 'on', 'on', false])
    await first.stop()
    assert.deepEqual(serverProcesses(data), [])

    const second = await start(dataDir)
    assert.equal((await second.ask('select one from kept'))[0]?.['one'], 1)
    await second.stop()
    assert.deepEqual(serverProcesses(data), [])
  },
)

test('finds the server that a killed process has left, and stops it', { skip }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const killed = ownerProcess(dataDir)
  await killed.says('ready')
  const server = postmaster(data)
  killed.child.kill('SIGKILL')
  await killed.ended

  const next = await start(dataDir)
  assert.deepEqual(next.log, ['The embedded PostgreSQL runs already'])
  assert.equal(postmaster(data), server)
  await next.stop()
  assert.deepEqual(serverProcesses(data), [])
})

test(
  'starts again by itself when the server is killed, busy sessions included',
  { skip },
  async (t) => {
    const { dataDir, data } = newFolder(t)
    const embedded = await start(dataDir)
    await embedded.ask('create table kept (n int)')
    for (let round = 1; round <= 2; round++) {
      await embedded.ask(`insert into kept values (${round})`)
      // Never looks up from its work, so it does not notice that the server is gone.
      const busy = embedded.ask('do $$ begin loop end loop; end $$').catch(() => undefined)
      await eventually(async () => {
        const rows = await embedded.ask(`select from pg_stat_activity where query like 'do $$%'`)
        return rows.length > 0
      }, 5_000)
      process.kill(postmaster(data), 'SIGKILL')
      const back = await eventually(
        () =>
          embedded.ask('select count(*)::int as n from kept').then(
            (rows) => rows[0]?.['n'] === round,
            () => false,
          ),
        RECOVERY_MS_MAX,
      )
      assert.ok(back, `round ${round}: ${embedded.log.join('; ')}`)
      await busy
    }
    assert.equal(embedded.log.at(-1), 'The embedded PostgreSQL had died and was started again')
    await embedded.stop()
    assert.deepEqual(serverProcesses(data), [])
  },
)

test('a first start that is killed at any moment does not spoil the next', { skip }, async (t) => {
  const moments: ((home: string) => boolean)[] = [
    (home) => existsSync(home) && readdirSync(home).some((name) => name.startsWith('new-')),
    (home) => existsSync(join(home, 'data', 'postmaster.pid')),
  ]
  for (const [index, moment] of moments.entries()) {
    const { dataDir, data } = newFolder(t)
    const killed = ownerProcess(dataDir)
    assert.ok(await eventually(() => moment(join(dataDir, 'postgres')), 20_000))
    killed.child.kill('SIGKILL')
    signalServer(data, 'SIGKILL')
    await killed.ended
    const next = await start(dataDir)
    assert.equal((await next.ask('select 1 as one'))[0]?.['one'], 1, `moment ${index}`)
    await next.stop()
  }
})

test(
  'two processes that start at once share one server; the last to leave stops it',
  { skip },
  async (t) => {
    const { dataDir, data } = newFolder(t)
    const other = ownerProcess(dataDir)
    const here = await start(dataDir)
    await other.says('ready')
    const server = postmaster(data)
    await here.stop()
    assert.equal(postmaster(data), server)

    const again = await start(dataDir)
    other.child.kill('SIGTERM')
    assert.equal(await other.ended, 0)
    assert.equal((await again.ask('select 1 as one'))[0]?.['one'], 1)

    const heirless = ownerProcess(dataDir)
    await heirless.says('ready')
    heirless.child.kill('SIGKILL')
    await heirless.ended
    await again.stop()
    assert.deepEqual(serverProcesses(data), [])
  },
)

test('processes that leave at once stop the server too', { skip }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const users = await Promise.all([start(dataDir), start(dataDir), start(dataDir)])
  await Promise.all(users.map((user) => user.stop()))
  assert.deepEqual(serverProcesses(data), [])
})

test('stops a server that hangs', { skip }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const embedded = await start(dataDir)
  process.kill(postmaster(data), 'SIGSTOP')
  signalServer(data, 'SIGSTOP')
  await embedded.stop()
  assert.deepEqual(serverProcesses(data), [])
})

test('a lock whose number another program has got does not stop the start', { skip }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const first = await start(dataDir)
  await first.stop()
  writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n`, { mode: 0o600 })
  const second = await start(dataDir)
  await second.stop()
})

test('says in PostgreSQL’s words why it does not start', { skip }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const first = await start(dataDir)
  await first.stop()
  rmSync(join(data, 'global', 'pg_control'))
  await assert.rejects(start(dataDir), /does not start.*pg_control/s)
})

test('a long path, and one with signs, keep their socket elsewhere', { skip }, async (t) => {
  const { TMPDIR } = process.env
  t.after(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  })
  for (const name of ['a'.repeat(120), `with space, 'quotes" and ümläut %2F`]) {
    const folder = newFolder(t)
    process.env['TMPDIR'] = folder.dataDir
    const embedded = await start(join(folder.dataDir, name))
    assert.equal((await embedded.ask('select 1 as one'))[0]?.['one'], 1)
    await embedded.stop()
    assert.deepEqual(serverProcesses(join(folder.dataDir, name, 'postgres', 'data')), [])
  }
})

test(
  'root keeps a folder closed to others in a user namespace',
  { skip: closedToOthers },
  async (t) => {
    const closed = mkdtempSync(join(homedir(), 'strongroom-closed-'))
    t.after(() => rmSync(closed, { recursive: true, force: true }))
    mkdirSync(join(closed, 'inner'), { mode: 0o755 })
    const { dataDir, data } = newFolder(t, join(closed, 'inner'))
    try {
      const embedded = await start(dataDir)
      assert.equal((await embedded.ask('select 1 as one'))[0]?.['one'], 1)
      await embedded.stop()
      assert.deepEqual(serverProcesses(data), [])
    } catch (error) {
      if (!(error instanceof Error && /user namespaces can't be used/.test(error.message)))
        throw error
      t.skip('user namespaces are switched off on this machine')
    }
  },
)

test('a user without a name starts it in a user namespace', { skip: closedToOthers }, async (t) => {
  const { dataDir, data } = newFolder(t)
  const nameless = 54_321
  chownSync(dataDir, nameless, nameless)
  const user = ownerProcess(dataDir, { uid: nameless, gid: nameless, cwd: '/' })
  if ((await Promise.race([user.ended, user.says('ready')])) !== undefined) {
    if (!/EACCES|can't run here|ERR_MODULE_NOT_FOUND/.test(user.output()))
      assert.fail(user.output())
    return t.skip('user namespaces are switched off, or this checkout is closed to others')
  }
  user.child.kill('SIGTERM')
  assert.equal(await user.ended, 0)
  assert.deepEqual(serverProcesses(data), [])
})
