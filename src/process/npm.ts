const LOOK_MS = 250

/**
 * Calls back once when the npm that ran this script is gone. npm hands on SIGINT and SIGTERM and
 * nothing else: killed, or hung up, it leaves its script without a parent, and nothing would stop
 * that. Does nothing outside of npm, where a new parent means no more than that it left the shell.
 */
export function whenNpmIsGone(act: () => void): void {
  if (process.env['npm_package_name'] !== 'strongroom') return
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    act()
  }, LOOK_MS)
  look.unref()
}
