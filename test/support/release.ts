import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isNewer, versionsIn } from './changelog.ts'

/**
 * `npm run release -- <version>` in a checkout: CHANGELOG.md must have the version at its top, with
 * its date. The version is then written to package.json, package-lock.json and openapi.json, the clients
 * are made, and `npm pack` makes the file. At the end it prints the steps that remain for a person.
 */
class NotReleased extends Error {}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function check(version: string | undefined): asserts version is string {
  if (version === undefined || !/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(version)) {
    throw new NotReleased('Usage: npm run release -- <version>, such as 1.2.3')
  }
  const { version: current } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    version: string
  }
  if (version !== current && !isNewer(version, current)) {
    throw new NotReleased(`${version} is older than the current version, ${current}`)
  }
  const top = versionsIn(readFileSync('CHANGELOG.md', 'utf8'))[0]
  if (top?.version !== version || top.date === null) {
    const found = top === undefined ? 'nothing' : `${top.version}, ${top.date ?? 'unreleased'}`
    throw new NotReleased(
      `CHANGELOG.md must begin with "## [${version}] - <YYYY-MM-DD>"; it has ${found}`,
    )
  }
}

function release(version: string): string {
  run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version', '--ignore-scripts')
  run('npm', 'run', '--silent', 'openapi')
  // The package has them in clients/.
  rmSync('clients', { recursive: true, force: true })
  for (const language of ['typescript', 'python']) {
    run('npm', 'run', '--silent', `clients:${language}`)
  }
  const file = run('npm', 'pack', '--silent').trim().split('\n').at(-1) ?? ''
  if (!existsSync(join(process.cwd(), file))) throw new Error(`npm pack made no ${file}`)
  return file
}

try {
  const [version] = process.argv.slice(2)
  check(version)
  const file = release(version)
  process.stdout.write(
    `${file} is packed. Commit what changed, tag it v${version}, and try it: .ci/release\n`,
  )
} catch (error) {
  if (!(error instanceof NotReleased)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
