// Asks the registry's audit endpoint through `npm audit`, after a question whose answer is known.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const PATH = '-/npm/v1/security/advisories/bulk'
/** Has had advisories for years: a source that knows none of it knows nothing. */
const KNOWN = { lodash: ['4.17.11'] }
const GRAVE = ['high', 'critical']
/** Not found, no such method, not implemented: the registry has no such endpoint. */
const NO_ENDPOINT = [404, 405, 501]

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const production = Object.entries(packages)
  .filter(([path, { dev, link }]) => path.includes('node_modules/') && !dev && !link)
  .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`)
const names = [...new Set(production)].toSorted()

await askWhatIsKnown()
const { vulnerabilities, metadata } = audit()

const advisories = new Map()
for (const { via } of Object.values(vulnerabilities)) {
  for (const advisory of via)
    if (typeof advisory === 'object') advisories.set(advisory.source, advisory)
}
const where = registry()
say(
  `Advisories: asked ${where} about ${metadata.dependencies.prod} packages that run in production; ` +
    `${advisories.size} found.`,
)
for (const { severity, name, range, title, url } of advisories.values()) {
  say(`  ${severity}  ${name} ${range}  ${title}  ${url}`)
}
process.exitCode = [...advisories.values()].some(({ severity }) => GRAVE.includes(severity)) ? 1 : 0

async function askWhatIsKnown() {
  const answer = await fetch(new URL(PATH, registry()), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(KNOWN),
    signal: AbortSignal.timeout(30_000),
  }).catch((error) => unchecked(`it can not be reached (${error.cause?.code ?? error.message})`))
  if (!answer.ok) unchecked(`it answers ${answer.status}`, NO_ENDPOINT.includes(answer.status))
  const found = await answer.json().catch(() => ({}))
  const known = Object.keys(KNOWN).filter((name) => found[name]?.length > 0)
  if (known.length === 0) unchecked('it knows no advisory of a package that has several')
  const urls = known.flatMap((name) => found[name].map(({ url }) => url))
  say(`The source knows its advisories: ${urls.join(' ')}`)
}

function audit() {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' })
  let report = {}
  try {
    report = JSON.parse(stdout)
  } catch {
    // What npm says instead of a report is of no use here.
  }
  if (report.metadata === undefined) unchecked('npm audit ended without a report')
  return report
}

function registry() {
  return execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
}

/** Ends the program. */
function unchecked(reason, isWithoutEndpoint = false) {
  const rule = '!'.repeat(78)
  complain(`${rule}\nADVISORIES WERE NOT CHECKED. ${registry()} was asked: ${reason}.`)
  complain(`Nothing is known about these ${names.length} packages, which run in production:`)
  complain(`${names.join(' ')}\n${rule}`)
  process.exit(isWithoutEndpoint && process.env.ADVISORIES === 'optional' ? 0 : 1)
}

function say(line) {
  process.stdout.write(`${line}\n`)
}

function complain(line) {
  process.stderr.write(`${line}\n`)
}
