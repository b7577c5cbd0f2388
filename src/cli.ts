#!/usr/bin/env node
import { refuseInspector } from './process/no-inspector.ts'
import { requireNode } from './process/node-version.ts'

refuseInspector()
requireNode()

// In `strongroom … | head`, the reader closes the pipe early, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const { runCommand } = await import('./cli/run.ts')
process.exitCode = await runCommand(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
})
