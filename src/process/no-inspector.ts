import { close, url } from 'node:inspector'

/**
 * Each program calls this first, before it loads the rest. On SIGUSR1, Node opens its inspector,
 * which can read all secrets. With a listener for the signal, it does not. (Node before 22.14 does
 * not know `--disable-sigusr1`.)
 */
export function refuseInspector(): void {
  process.on('SIGUSR1', () => undefined)
  const asked = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  // The signal may have arrived while the program was loading.
  if (url() !== undefined && !asked.includes('--inspect')) close()
}
