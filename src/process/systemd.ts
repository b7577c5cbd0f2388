import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'

/**
 * Tells systemd that the start is over, if it asks to be told (sd_notify(3)): a unit of `Type=notify`
 * then counts as started. Runs systemd's own program, because Node has no datagram Unix sockets.
 */
export async function notifyReady(logger: FastifyBaseLogger): Promise<void> {
  if (process.env['NOTIFY_SOCKET'] === undefined) return
  try {
    await promisify(execFile)('systemd-notify', ['--ready'])
  } catch (error) {
    logger.error({ err: error }, 'Could not tell systemd that the start is over')
  }
}
