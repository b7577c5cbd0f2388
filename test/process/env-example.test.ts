import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigError, readConfig } from '../../src/process/config.ts'
import { namesRead } from '../support/settings-read.ts'

const TEXT = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
const LINES = [...TEXT.matchAll(/^#?([A-Z][A-Z0-9_]*)=(.*)$/gm)]
const EXAMPLES = Object.fromEntries(LINES.map(([, name, value]) => [name, value]))

/** The names in a paragraph of the example's head, after a word such as `Rotation:`. */
function namesAfter(word: string): string[] {
  const [, paragraph = ''] = new RegExp(`^# ${word}: ((?:.*\\n#   )*.*)`, 'm').exec(TEXT) ?? []
  const names = paragraph.match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? []
  return names.filter((name) => !name.startsWith('X_')).toSorted()
}

test('.env.example has every variable once, and no other', () => {
  const names = LINES.map(([, name]) => name)
  assert.equal(new Set(names).size, names.length)
  const read = namesRead()
  const derived = (name: string) =>
    ['_FILE', '_PREVIOUS'].some((end) => name.endsWith(end) && read.has(name.slice(0, -end.length)))
  const expected = [...read].filter((name) => !derived(name))
  assert.ok(expected.length >= 25)
  assert.deepEqual(new Set(names), new Set(expected))
})

test('.env.example says which variables have a _FILE and a _PREVIOUS', () => {
  const read = [...namesRead()]
  const withEnd = (end: string) =>
    read.filter((name) => read.includes(name + end) && !name.endsWith('_PREVIOUS')).toSorted()
  assert.deepEqual(namesAfter('From a file'), withEnd('_FILE'))
  assert.deepEqual(namesAfter('Rotation'), withEnd('_PREVIOUS'))
})

test('as it stands .env.example sets nothing', () => {
  assert.deepEqual(TEXT.match(/^[^#\n].*$/gm), null)
})

test('the examples are well-formed, but production refuses every secret among them', () => {
  // Paths of files that no machine has; whether they can be read is not the question here.
  const {
    DATABASE_CA_FILE: _caPath,
    LICENSE_PRIVATE_KEY_PATH: _keyPath,
    LICENSE_PREVIOUS_KEY_PATHS: _keyPaths,
    EVENTS_KEY_PATH: _eventsPath,
    EVENTS_PREVIOUS_KEY_PATHS: _eventsPaths,
    AUDIT_LOG_KEY_PATH: _logKeyPath,
    AUDIT_WITNESSES_FILE: _witnessesPath,
    ...values
  } = EXAMPLES
  const secrets = Object.keys(values).filter((name) => values[name]?.includes('change-me'))
  assert.deepEqual(secrets.toSorted(), [
    'ADMIN_API_TOKEN',
    'API_KEY_PEPPER',
    'INTERNAL_SERVICE_TOKEN',
    'METRICS_TOKEN',
    'STRIPE_SECRET_KEY',
    'STRIPE_WEBHOOK_SECRET',
  ])
  const one = (name: string) => ({ [name]: values[name] })
  for (const name of Object.keys(values).filter((key) => !key.startsWith('STRIPE_'))) {
    assert.doesNotThrow(() => readConfig(one(name)), name)
  }
  assert.throws(
    () => readConfig({ ...values, NODE_ENV: 'production' }),
    (error) => {
      assert.ok(error instanceof ConfigError)
      for (const name of secrets) {
        assert.ok(error.faults.includes(`${name} is an example, not a secret`), name)
      }
      return true
    },
  )
})
