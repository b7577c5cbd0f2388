import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readGuide } from '../../../src/http/docs/guides.ts'

/** A program of the guide "Verify a licence in your language", ready to run. */
export type Command = readonly [file: string, ...args: string[]]

export interface Language {
  name: string
  /** What it needs on the machine, as a command that succeeds. */
  needs: Command
  /** Fetches packages: failing means that they are out of reach. Run in the program's folder. */
  fetch: readonly Command[]
  /** Builds the program: failing is a fault of the guide. */
  build: readonly Command[]
  run: Command
  /** Writes the guide's program into the folder, and what its packages are. */
  write(folder: string): void
}

const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go'
const mvn: Command = ['mvn', '--quiet', '--batch-mode', '--no-transfer-progress']
const CLASSPATH = 'target/classes:target/dependency/*'

/** A block of the guide as it stands: the one of this language with these words. */
function block(language: string, words = ''): string {
  const blocks = [...readGuide('verifiers').matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const found = blocks.flatMap(([, name, text = '']) =>
    name === language && text.includes(words) ? [text] : [],
  )
  if (found.length !== 1) throw new Error(`The guide has ${found.length} blocks of ${language}`)
  return found[0] ?? ''
}

function writer(file: string, text: () => string, manifests?: string) {
  return (folder: string): void => {
    if (manifests !== undefined) {
      cpSync(join('test/licenses/verifiers', manifests), folder, { recursive: true })
    }
    writeFileSync(join(folder, file), text())
  }
}

const java = (name: string): Language => ({
  name: name.toLowerCase(),
  needs: ['mvn', '--version'],
  fetch: [[...mvn, 'dependency:copy-dependencies', '-DoutputDirectory=target/dependency']],
  build: [['javac', '-d', 'target/classes', '-cp', 'target/dependency/*', `${name}Verifier.java`]],
  run: ['java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', CLASSPATH, `${name}Verifier`],
  write: writer(`${name}Verifier.java`, () => block('java', `class ${name}Verifier`), 'java'),
})

export const LANGUAGES: readonly Language[] = [
  {
    name: 'python',
    needs: ['python3', '--version'],
    fetch: [
      ['python3', '-m', 'venv', 'venv'],
      [
        'venv/bin/pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        'pyjwt==2.15.1',
        'cryptography==48.0.0',
      ],
    ],
    build: [],
    run: ['venv/bin/python', 'verify.py'],
    write: writer('verify.py', () => block('python')),
  },
  {
    name: 'go',
    needs: [go, 'version'],
    fetch: [[go, 'mod', 'download']],
    build: [[go, 'build', '-o', 'verify', '.']],
    run: ['./verify'],
    write: writer('main.go', () => block('go'), 'go'),
  },
  {
    name: 'rust',
    needs: ['cargo', '--version'],
    fetch: [['cargo', 'fetch', '--quiet', '--locked']],
    build: [['cargo', 'build', '--quiet', '--offline', '--locked']],
    run: ['target/debug/verify'],
    write: writer('main.rs', () => block('rust'), 'rust'),
  },
  java('Nimbus'),
  java('Jose4j'),
  {
    name: 'ruby',
    needs: ['ruby', '-e', "require 'jwt'"],
    fetch: [],
    build: [['ruby', '-c', 'verify.rb']],
    run: ['ruby', 'verify.rb'],
    write: writer('verify.rb', () => block('ruby')),
  },
  {
    name: 'php',
    needs: ['composer', '--version'],
    fetch: [
      ['composer', 'require', '--quiet', '--no-interaction', 'firebase/php-jwt:^6.11 || ^7.0'],
    ],
    build: [['php', '-l', 'verify.php']],
    run: ['php', 'verify.php'],
    write: writer('verify.php', () => block('php')),
  },
  {
    name: 'csharp',
    needs: ['dotnet', '--version'],
    fetch: [
      ['dotnet', 'new', 'console', '--output', '.', '--name', 'verify'],
      ['dotnet', 'add', 'package', 'Microsoft.IdentityModel.JsonWebTokens'],
    ],
    build: [
      ['cp', 'verify.cs', 'Program.cs'],
      ['dotnet', 'build', '--output', 'out'],
    ],
    run: ['dotnet', 'out/verify.dll'],
    write: writer('verify.cs', () => block('csharp')),
  },
]

/**
 * Makes a language's program.
 * @returns the command that runs it, or what this machine lacks for it
 */
export function prepare(language: Language, folder: string): { run: Command } | { lacks: string } {
  const tried = (steps: readonly Command[]) => {
    for (const [file, ...args] of steps) {
      const { status, stdout, stderr } = spawnSync(file, args, { cwd: folder, encoding: 'utf8' })
      if (status !== 0) return `${file} ${args.join(' ')}: ${stdout ?? ''}${stderr ?? ''}`
    }
    return null
  }
  if (tried([language.needs]) !== null) return { lacks: `there is no ${language.needs.join(' ')}` }
  language.write(folder)
  const unreachable = tried(language.fetch)
  if (unreachable !== null) return { lacks: `its packages are out of reach: ${unreachable}` }
  const fault = tried(language.build)
  if (fault !== null) throw new Error(fault)
  const [file, ...args] = language.run
  return { run: [file.includes('/') ? resolve(folder, file) : file, ...args] }
}
