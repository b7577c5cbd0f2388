#!/usr/bin/env node
import './no-inspector.ts'
import { runCommand } from './cli/run.ts'

// `strongroom … | head` has read enough: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

process.exitCode = await runCommand(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
})
