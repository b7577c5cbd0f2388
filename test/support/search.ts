import { hash } from 'node:crypto'
import { type TestDatabase, asAdmin } from './database.ts'

/**
 * Finds any of these texts in the database: in any column of any table of any schema, in any case, in
 * base64 or hex, or as an unsalted SHA-256.
 * @returns `<table>: <text>` for each one found
 */
export function findTexts(database: TestDatabase, texts: readonly string[]): Promise<string[]> {
  return asAdmin(database.adminUrl, async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
      order by 1`
    const found = new Set<string>()
    for (const { name } of tables) {
      // A row as text contains every column, with bytes as hex.
      const rows = await sql.unsafe<{ row: string }[]>(`select t::text as row from ${name} t`)
      for (const text of texts) {
        if (rows.some(({ row }) => hasText(row, text))) found.add(`${name}: ${text}`)
      }
    }
    return [...found]
  })
}

function hasText(row: string, text: string): boolean {
  const lower = row.toLowerCase()
  return (
    inAnyCase(text).some((form) => lower.includes(form)) ||
    inBase64(text).some((form) => row.includes(form))
  )
}

function inAnyCase(text: string): string[] {
  const texts = [text, text.toLowerCase()]
  return texts.flatMap((one) => [
    one.toLowerCase(),
    Buffer.from(one).toString('hex'),
    hash('sha256', one, 'hex'),
  ])
}

/** The base64 of a text at each of its three possible offsets within a longer text. */
function inBase64(text: string): string[] {
  const inside = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)])
    const from = Math.ceil((offset * 8) / 6)
    return bytes.toString('base64').slice(from, Math.floor((bytes.length * 8) / 6))
  })
  return [...inside, hash('sha256', text, 'base64'), hash('sha256', text, 'base64url')]
}
