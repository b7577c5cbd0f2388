import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ConfigError, readConfig } from '../../src/process/config.ts'
import type { Environment } from '../../src/process/environment.ts'

/** Makes files in a folder that is removed with the test. @returns a function that returns their paths */
export function fileMaker(t: TestContext): (name: string, content: string) => string {
  const path = mkdtempSync(join(tmpdir(), 'strongroom-config-'))
  t.after(() => rmSync(path, { recursive: true }))
  return (name, content) => {
    writeFileSync(join(path, name), content)
    return join(path, name)
  }
}

export function faultsOf(env: Environment): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults
  }
}

/** The faults are these, each about that variable, and none shows a value. */
export function assertFaults(env: Environment, ...expected: RegExp[]): void {
  const faults = faultsOf(env)
  assert.equal(faults.length, expected.length, faults.join('\n'))
  faults.forEach((fault, index) => assert.match(fault, expected[index] ?? /never/))
  assert.ok(!faults.join().includes('canary'))
}

export const TOKENS = {
  ADMIN_API_TOKEN: '5f0c6d1b9a7e4f3281d6c5b4a3928170',
  INTERNAL_SERVICE_TOKEN: 'c1b2a3948576e6f7d8c9bab1a2938475',
  API_KEY_PEPPER: '0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b',
}

/** A production that starts. */
export const PRODUCTION: Environment = {
  NODE_ENV: 'production',
  ...TOKENS,
  PUBLIC_URL: 'https://billing.example.com',
  DATABASE_URL: 'postgres://strongroom@db.example/billing',
  LICENSE_PRIVATE_KEY_PATH: process.env['TEST_KEY_PATH'],
  AUDIT_LOG_KEY_PATH: process.env['TEST_LOG_KEY_PATH'],
}
