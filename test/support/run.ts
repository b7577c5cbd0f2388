import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type TestServer, makeCluster, withTestServer } from './test-server.ts'

/** `npm test [-- files]`: Node's test runner, on a server of its own. */

/** So many files share a process: each process first loads the service, which takes longer than most tests. */
const FILES_OF_PROCESS = 10

/** What a file calls to start services that make a server of their own. */
const STARTS = /\b(?:startServiceProcess|launchService|runNpm)\(/

/** What a file does to its process, which others in it would feel. */
const OF_PROCESS =
  /\bprocess\.(?:env\[.*\] =|on\(|exit|kill|memoryUsage|cpuUsage|chdir|stdout)|\bmock\.|\bcollectRoutes\(|^await /m

process.exitCode = await withTestServer(runTests)

async function runTests({ files, env }: TestServer): Promise<number> {
  const given = process.argv.slice(2)
  const chosen = given.length > 0 ? given : testFiles()
  const flags = ['--import', 'tsx', '--import', './test/support/seed.ts']
  flags.push('--test', '--test-reporter=spec', '--test-concurrency=4')
  const areStarted = chosen.some((file) => STARTS.test(readFileSync(file, 'utf8')))
  const cluster = areStarted ? await makeCluster(files) : undefined
  const child = spawn(process.execPath, [...flags, ...together(chosen, files)], {
    stdio: 'inherit',
    env: { ...process.env, ...env, TEST_CLUSTER: cluster },
  })
  // The child gets the terminal's Ctrl-C itself; this process cleans up what it leaves.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

/** Files that import some of the given ones each, and those that need a process of their own. */
function together(chosen: readonly string[], folder: string): string[] {
  const alone = chosen.filter((file) => OF_PROCESS.test(readFileSync(file, 'utf8')))
  const others = chosen.filter((file) => !alone.includes(file))
  const count = Math.ceil(others.length / FILES_OF_PROCESS)
  if (count < 2) return [...chosen]
  const groups = Array.from({ length: count }, (_, group) => {
    // Not neighbours: files of a folder take about as long as each other.
    const members = others.filter((_file, index) => index % count === group)
    const imports = members.map(
      (file) => `import ${JSON.stringify(pathToFileURL(resolve(file)))}\n`,
    )
    const path = join(folder, `group-${group + 1}.test.mjs`)
    writeFileSync(path, imports.join(''))
    return path
  })
  return [...alone, ...groups]
}

/** All tests that need only npm packages. */
function testFiles(): string[] {
  return (
    readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join('test', file))
      // These need nginx and a built image: `.ci/deploy` provides both and runs them by name.
      .filter((file) => !file.startsWith(join('test', 'deploy')))
  )
}
