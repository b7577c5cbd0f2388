// node dockerfile.mjs <Dockerfile> <folder>: carries out COPY and RUN of the first stage in a folder and
// leaves there what the last stage copies out of it. It stands in for `docker build` where no engine runs.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { tmpdir } from 'node:os'

const [file, target] = process.argv.slice(2)
const instructions = readFileSync(file, 'utf8')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
const last = instructions.findLastIndex((line) => line.startsWith('FROM '))
const workdir = /^WORKDIR (.*)$/m.exec(instructions.join('\n'))[1]

const build = mkdtempSync(join(tmpdir(), 'strongroom-build-'))
try {
  for (const line of instructions.slice(0, last)) {
    const [, name, rest] = /^(\w+) (.*)$/.exec(line)
    if (name === 'COPY') copy('.', build, rest.split(' '))
    if (name === 'RUN') execFileSync('sh', ['-c', rest], { cwd: build, stdio: 'inherit' })
  }
  for (const line of instructions.slice(last)) {
    const copied = /^COPY (--from=build )?(.*)$/.exec(line)
    if (copied === null || copied[2].startsWith('/usr/')) continue
    const names = copied[2].replaceAll(`${workdir}/`, '').split(' ')
    copy(copied[1] === undefined ? '.' : build, target, names)
  }
} finally {
  rmSync(build, { recursive: true })
}

function copy(from, to, names) {
  const sources = names.slice(0, -1)
  const destination = names.at(-1)
  for (const source of sources) {
    const name = destination.endsWith('/') ? join(destination, basename(source)) : destination
    mkdirSync(to, { recursive: true })
    cpSync(join(from, source), join(to, name), { recursive: true, verbatimSymlinks: true })
  }
}
