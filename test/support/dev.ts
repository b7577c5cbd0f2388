import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import pretty from 'pino-pretty'
import { whenNpmIsGone } from '../../src/process/npm.ts'
import { STOP_SIGNALS } from '../../src/process/signals.ts'

/** `npm run dev`: the service with a readable log, restarted on every change. */
const tsx = createRequire(import.meta.url).resolve('tsx/cli')
// In a separate process group: Ctrl-C arrives twice, from the terminal and from npm, and at the
// second signal tsx kills its child instead of waiting for it.
const watching = spawn(process.execPath, [tsx, 'watch', '--clear-screen=false', 'src/server.ts'], {
  detached: true,
  stdio: ['inherit', 'pipe', 'inherit'],
})
watching.stdout.pipe(pretty({ ignore: 'pid,hostname' }))
watching.on('exit', (code) => (process.exitCode = code ?? 1))

let stopping = false
const stop = () => {
  if (!stopping) watching.kill('SIGTERM')
  stopping = true
}
for (const signal of STOP_SIGNALS) process.on(signal, stop)
whenNpmIsGone(stop)
