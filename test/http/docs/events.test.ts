import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readGuide } from '../../../src/http/docs/guides.ts'

/** Where the name of an event stands in the service's source, whichever file that is. */
const PLACES = [
  // What is given to `recordAudit`.
  /\bevent: '([a-z_]+\.[a-z_]+)'/g,
  // What a statement records by itself.
  /insert into audit_records \(event,[^)]*\)\s+select '([a-z_]+\.[a-z_]+)'/g,
  // What a kind of transfer is called, and what a capability declares.
  /: '(funds\.[a-z_]+)'/g,
  /^ {4}'([a-z_]+\.[a-z_]+)': true$/gm,
]

function eventsInCode(): Set<string> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .map((file) => readFileSync(join('src', file), 'utf8'))
  return new Set(
    files.flatMap((text) =>
      PLACES.flatMap((place) => [...text.matchAll(place)].map(([, name = '']) => name)),
    ),
  )
}

test('the guide lists every event of the audit log, and no other', () => {
  const [, list = ''] = /\n## Events\n(.*?)\n## /s.exec(readGuide('audit')) ?? []
  const listed = [...list.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name)
  const rows = listed.filter((name) => name.includes('.'))
  assert.equal(new Set(rows).size, rows.length)
  assert.deepEqual(rows.toSorted(), [...eventsInCode()].toSorted())
})
