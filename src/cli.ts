#!/usr/bin/env node
import { runCommand } from './cli/run.ts'
import { refuseInspector } from './process/no-inspector.ts'

refuseInspector()

// In `strongroom … | head`, the reader closes the pipe early, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

process.exitCode = await runCommand(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
})
