import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type postgres from 'postgres'
import { WrongLog, identify, policyOf } from '../audit/tlog/identity.ts'
import { type LogRow, findRow } from '../audit/tlog/row.ts'
import { stateFolders } from '../audit/tlog/tile-files.ts'
import { KEY_TYPES } from '../audit/verifier.ts'
import { type Facts, type Line, counted, failure, pass, unseen, warning } from './check.ts'

const ACCEPT = 'restore a newer backup; if there is none, run `strongroom audit fork --accept`'

/** The published log: its name and key, its end, and its witnesses. */
export async function publishedLog(facts: Facts, sql: postgres.Sql): Promise<Line[]> {
  const settings = facts.config.auditLog
  if (settings.key === undefined) return []
  return [keptState(facts), ...(await stored(settings, sql))]
}

/** A process that forgets what it has signed may sign a second history for a restored database. */
function keptState({ config, folder }: Facts): Line {
  const folders = stateFolders(config.dataDir, config.auditCheckpointDir)
  if (folders.some((one) => canBeWritten(resolve(folder, one)))) {
    return pass('log state', 'what is signed of the log can be kept outside the database')
  }
  const reason = 'what is signed of the log can be kept in no file'
  const advice =
    'set DATA_DIR or AUDIT_CHECKPOINT_DIR to a folder on a lasting disk, for the user of the service'
  return failure('log state', reason, advice)
}

/** A folder that does not exist yet is made in the nearest one that does. */
function canBeWritten(path: string): boolean {
  let nearest = path
  while (!existsSync(nearest)) nearest = dirname(nearest)
  try {
    // The dot makes it fail for a file.
    accessSync(`${nearest}/.`, constants.W_OK)
    return true
  } catch {
    return false
  }
}

async function stored(settings: Facts['config']['auditLog'], sql: postgres.Sql): Promise<Line[]> {
  const row = await findRow(sql)
  if (row === null) {
    return [warning('published log', 'nothing is published yet', 'start the service')]
  }
  try {
    const identity = await identify(row, settings)
    const policy = await policyOf(settings, identity)
    if (identity?.signing === null) {
      const reason = `the key is not that of ${identity.origin}: nothing can be signed`
      return [failure('published log', reason, 'put the key of the log into AUDIT_LOG_KEY_PATH')]
    }
    return [standing(row), ...witnesses(row, policy)]
  } catch (error) {
    if (!(error instanceof WrongLog)) throw error
    return [failure('published log', error.message, 'correct the setting that it names')]
  }
}

function standing({ behindSize, behindSource, size, origin }: LogRow): Line {
  if (behindSize !== null) {
    const known = `${counted(behindSize, 'record')} that ${behindSource} knows`
    const reason = `does not continue the ${known}: nothing is signed`
    return failure('published log', reason, ACCEPT)
  }
  if (size === null) {
    return warning('published log', 'nothing is published yet', 'start the service')
  }
  return pass('published log', `${origin}, with ${counted(size, 'record')}`)
}

function witnesses(row: LogRow, policy: Awaited<ReturnType<typeof policyOf>>): Line[] {
  if (policy === null || policy.witnesses.length === 0) {
    const advice = 'name witnesses in AUDIT_WITNESSES_FILE: the guide "Let others watch" says how'
    return [
      unseen(
        'witnesses',
        'none cosign the log: only kept checkpoints reveal a cut-off end',
        advice,
      ),
    ]
  }
  const unread = policy.witnesses.filter(({ key }) => key.type !== KEY_TYPES.cosignature)
  const lines = unread.map(({ name }) =>
    warning(
      'witnesses',
      `${name} has a key of a kind whose cosignatures are kept but not verified here`,
      'do not let the quorum depend on it',
    ),
  )
  if (row.hasQuorum === true) {
    return [...lines, pass('witnesses', 'a quorum has cosigned the newest checkpoint')]
  }
  const reason = 'too few witnesses have cosigned the newest checkpoint'
  return [
    ...lines,
    failure('witnesses', reason, 'see the log of the service: "The audit log has a fault"'),
  ]
}
