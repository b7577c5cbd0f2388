import { type TestDatabase, asAdmin } from './database.ts'

/**
 * Lets a test set the clock of its database: sessions that begin after this read the time from functions
 * that stand before PostgreSQL's own. What a column's default says stays with the real one.
 * @returns sets the clock so many milliseconds ahead of the real one, or behind it
 */
export async function settableClock(
  database: Pick<TestDatabase, 'adminUrl' | 'name'>,
): Promise<(aheadMs: number) => Promise<void>> {
  await asAdmin(database.adminUrl, async (sql) => {
    await sql.unsafe(`
      create schema clock;
      grant usage on schema clock to public;
      create table clock.shift (by interval not null);
      insert into clock.shift values ('0');
      grant select on clock.shift to public;
      create function clock.clock_timestamp() returns timestamptz language sql volatile as
        'select pg_catalog.clock_timestamp() + (select by from clock.shift)';
      create function clock.now() returns timestamptz language sql stable as
        'select pg_catalog.now() + (select by from clock.shift)';
      alter database ${database.name} set search_path = clock, pg_catalog, public;`)
  })
  return (aheadMs) => setClock(database.adminUrl, aheadMs)
}

/** Sets the clock of a database that has a settable one, wherever that is now. */
export async function setClock(adminUrl: string, aheadMs: number): Promise<void> {
  await asAdmin(adminUrl, async (sql) => {
    await sql`update clock.shift set by = ${`${aheadMs} milliseconds`}::interval`
  })
}

/**
 * Options for Node with which a process reads its time as so many milliseconds ahead of the real one as a file
 * says, at any moment. What it measures by `performance` stays as it is.
 */
export function clockFromFile(path: string): string {
  const program = `
    import { readFileSync } from 'node:fs'
    const Real = Date
    let ahead = 0
    const read = () => { ahead = Number(readFileSync(${JSON.stringify(path)}, 'utf8')) || 0 }
    read()
    setInterval(read, 50).unref()
    globalThis.Date = class extends Real {
      constructor(...args) { args.length ? super(...args) : super(Real.now() + ahead) }
      static now() { return Real.now() + ahead }
    }`
  return `--import=data:text/javascript,${encodeURIComponent(program)}`
}
