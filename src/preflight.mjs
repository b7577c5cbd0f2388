// Says in plain words what stops a newcomer before the service itself could: run by npm before each
// script that builds. JavaScript that any Node.js of the last years reads, without a package.
import { existsSync, readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const needed = engines.node.replace('>=', '')
const numbersOf = (version) => version.split('.').map(Number)
const [needsMajor, needsMinor] = numbersOf(needed)
const [major, minor] = numbersOf(process.versions.node)

let fault
if (major < needsMajor || (major === needsMajor && minor < needsMinor)) {
  fault = `Node.js is ${process.versions.node}, and Strongroom needs ${needed} or newer: https://nodejs.org`
} else if (!existsSync(new URL('../node_modules/fastify', import.meta.url))) {
  fault = 'The packages are not installed: run `npm ci` first.'
}
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`)
  process.exitCode = 1
}
