import type postgres from 'postgres'
import { array } from '../../database/arrays.ts'
import { type Facts, type Line, counted, failure, pass, warning } from '../../doctor/check.ts'
import { keyPeppers } from './peppers.ts'

/** A check for `doctor`: how keys are stored. */
export async function checkApiKeys({ config }: Facts, sql: postgres.Sql): Promise<Line[]> {
  const peppers = array(keyPeppers(config.apiKeyPeppers).ids)
  const [row] = await sql<{ keys: number; bare: number; slow: number }[]>`
    select count(*)::int as keys,
      (count(*) filter (where hash not like '$argon2id$%'))::int as bare,
      (count(*) filter (where revoked_at is null and least(expires_at, retires_at) > now() is not false
        and (digest is not null and pepper_id = any(${peppers}::text[])) is not true))::int as slow
    from api_keys`
  const { keys = 0, bare = 0, slow = 0 } = row ?? {}
  return [
    bare > 0
      ? failure('api keys', `${bare} are kept without a hash`, 'revoke them')
      : pass('api keys', `${counted(keys, 'key')}, kept as digests and argon2id hashes`),
    slow > 0
      ? warning(
          'key digests',
          `${counted(slow, 'usable key')} without a digest of a configured pepper: slow at the next use`,
          'set API_KEY_PEPPER_PREVIOUS to the pepper before, if there was one; else each use makes one',
        )
      : pass('key digests', 'of a configured pepper, for every usable key'),
  ]
}
