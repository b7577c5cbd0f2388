import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '../support/database.ts'
import { listeningPorts } from '../support/listening.ts'
import { run } from '../support/processes.ts'
import { launchWorker, newDataDir, startServiceProcess } from '../support/service-process.ts'

const skip = process.platform === 'linux' ? false : 'sockets are found in /proc'

/** What Node does by itself; a version that does something else would make the other tests say nothing. */
test('SIGUSR1 opens the inspector of a program of Node', { skip }, async (t) => {
  // Port 0 is any that is free.
  const program = run(process.execPath, ['--inspect-port=0', '-e', 'setInterval(console.log, 50)'])
  t.after(() => program.child.kill('SIGKILL'))
  await program.says('\n')
  program.child.kill('SIGUSR1')
  await program.says('Debugger listening')
  assert.equal(listeningPorts(program.pid).length, 1)
})

test('SIGUSR1 opens no inspector of server and worker, which go on', { skip }, async (t) => {
  const database = await createDatabase()
  t.after(() => database.drop())
  const env = { DATABASE_URL: database.url }
  const server = await startServiceProcess(t, newDataDir(t), { ...env, RUN_JOBS: 'false' })
  const worker = launchWorker(t, newDataDir(t), env)
  await worker.says('Running background jobs')
  for (let n = 0; n < 5; n++) {
    server.child.kill('SIGUSR1')
    worker.child.kill('SIGUSR1')
    // The answer comes after the signal: both wait in the same process.
    assert.equal((await fetch(`${server.origin}/health/live`)).status, 200)
  }
  assert.deepEqual(listeningPorts(server.pid), [Number(new URL(server.origin).port)])
  assert.deepEqual(listeningPorts(worker.pid), [])
  for (const program of [server, worker]) {
    program.child.kill('SIGTERM')
    assert.equal(await program.ended, 0, program.output())
    assert.doesNotMatch(program.output(), /Debugger/)
  }
})

test(
  'an inspector that the signal opened while a program was loaded is closed',
  { skip },
  async (t) => {
    const database = await createDatabase()
    t.after(() => database.drop())
    const open = "data:text/javascript,import { open } from 'node:inspector'; open(0)"
    const env = { DATABASE_URL: database.url }
    const server = await startServiceProcess(t, newDataDir(t), {
      ...env,
      NODE_OPTIONS: `--import=${JSON.stringify(open)}`,
    })
    assert.match(server.output(), /Debugger listening/)
    assert.deepEqual(listeningPorts(server.pid), [Number(new URL(server.origin).port)])
  },
)

test('an inspector that is asked for is there', { skip }, async (t) => {
  const server = await startServiceProcess(t, newDataDir(t), {
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
  })
  assert.equal(listeningPorts(server.pid).length, 2)
})
