const LOOK_MS = 250

/**
 * Calls back once when the npm that runs this script has ended. npm forwards only SIGINT and SIGTERM.
 * If npm is killed or hung up, its script loses its parent, and nothing else would stop it. Without
 * npm this does nothing: there, a new parent only means that the process has left its shell.
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
