import { type Sinks, exportLog } from '../audit/export.ts'
import {
  type Trust,
  readCheckpoints,
  readJsonFile,
  readPolicyFile,
  readTextFile,
  readVerifierKey,
} from '../audit/files.ts'
import { verifyDatabase } from '../audit/verify-database.ts'
import { type Verdict, verifyExport } from '../audit/verify-export.ts'
import { verifyReceipt, verifyReceiptProof } from '../audit/verify-receipt.ts'
import { readJwks } from '../licenses/verify-file.ts'
import { transferSource } from '../funds/log-source.ts'
import { openKeyRing } from '../keys/index.ts'
import { KEY, WITNESSES } from './audit-outside.ts'
import { WrongCall, command } from './command.ts'
import { snakeFields } from './json.ts'
import { ownConfig, withDatabase } from './means.ts'
import { writeFiles } from './output-files.ts'

const JWKS = {
  type: 'string',
  value: 'file',
  summary: 'the public keys, as the service publishes them',
} as const

export const auditExport = command({
  name: 'audit export',
  summary: 'write the audit log as JSON Lines, exactly as it was hashed',
  details:
    'With --out, the hashes of the logged records are written to <file>.hashes: with them,\n' +
    '`audit verify` can tell which record was changed. An earlier export stays until the new one\n' +
    'is whole.',
  operands: [],
  options: {
    out: { type: 'string', value: 'file', summary: 'a file instead of the standard output' },
  },
  run: async ({ options: { out }, withProgress, write }) => {
    const exporting = (sinks: Pick<Sinks, 'lines' | 'hashes'>) =>
      withProgress('Exporting the audit log', (report) =>
        withDatabase((_db, sql) => exportLog(sql, transferSource, { ...sinks, report })),
      )
    const { records, firstMisfit } =
      out === undefined
        ? await exporting({
            lines: (chunk) => write(chunk.toString()),
            hashes: async () => undefined,
          })
        : await writeFiles([out, `${out}.hashes`], ([lines, hashes]) =>
            exporting({
              lines: (chunk) => lines.appendFile(chunk),
              hashes: (chunk) => hashes.appendFile(chunk),
            }),
          )
    const warning =
      firstMisfit === null
        ? ''
        : `Record ${firstMisfit} is not what was logged: run \`audit verify\`.\n`
    // The standard output has the records, and must have nothing else.
    if (out === undefined) process.stderr.write(warning)
    const text = `${records.toLocaleString('en-US')} records in ${out}\n${warning}`
    return { text: out === undefined ? '' : text, isFinding: firstMisfit !== null }
  },
})

export const auditVerify = command({
  name: 'audit verify',
  summary: 'check the audit log, or an export of it, against its checkpoints',
  details:
    'Without --export: checks the log in the database against every checkpoint in it. A checkpoint\n' +
    'that was kept elsewhere shows whether the end was cut off. With --export it needs neither\n' +
    'database nor network: it checks the export against a checkpoint, and with --since against an\n' +
    'older one too. Each of the two may also be a folder with nothing but checkpoints, or a signed note\n' +
    'as /log/checkpoint answers it. With --witnesses, signed notes must be cosigned as the policy says.\n' +
    'Without --export, that goes for the published checkpoint too.',
  operands: [],
  options: {
    export: { type: 'string', value: 'file', summary: 'a file that `audit export` has written' },
    checkpoint: { type: 'string', value: 'file', summary: 'a checkpoint, or a folder of them' },
    since: { type: 'string', value: 'file', summary: 'an older checkpoint of the same log' },
    jwks: { ...JWKS, summary: `${JWKS.summary}; the service's own by default` },
    ...KEY,
    ...WITNESSES,
  },
  json: true,
  run: async ({ options, withProgress }) => {
    const { export: path, checkpoint, since } = options
    if (path !== undefined && checkpoint === undefined) {
      throw new WrongCall('An export is checked against a checkpoint: --checkpoint <file>')
    }
    const trust = await trustOf(options)
    const files = [checkpoint, since].filter((file) => file !== undefined)
    const given = await Promise.all(files.map((file) => readCheckpoints(file, trust)))
    const checkpoints = given.flat()
    const begunAt = performance.now()
    const verdict = await withProgress('Verifying the audit log', (report) =>
      path === undefined
        ? withDatabase((_db, sql) =>
            verifyDatabase(sql, transferSource, {
              ...trust,
              checkpoints,
              report,
              settings: options.key === undefined ? ownConfig().auditLog : null,
            }),
          )
        : verifyExport(path, { checkpoints, hashesPath: `${path}.hashes`, report }),
    )
    const seconds = (performance.now() - begunAt) / 1_000
    return {
      text: describe(verdict, seconds),
      json: { ...snakeFields(verdict), seconds },
      isFinding: verdict.findings.length > 0,
    }
  },
})

export const receiptVerify = command({
  name: 'receipt verify',
  summary: "verify the receipt of a transfer, with the keys in a file or the service's own",
  operands: ['file'],
  details:
    'The file contains an answer of the service: JSON, or a tlog-proof. A tlog-proof is verified with\n' +
    'the key of the log, and with a policy if witnesses must have cosigned it. JSON has neither: it is\n' +
    "verified with the service's public keys, and --key and --witnesses are refused.",
  options: { jwks: JWKS, ...KEY, ...WITNESSES },
  json: true,
  run: async ({ operands: [path], options }) => {
    const verdict = await receiptVerdict(path, options)
    if (!verdict.valid) {
      return { text: `not valid: ${verdict.reason}\n`, json: verdict, isFinding: true }
    }
    const { record, index, size, issuedAt } = verdict
    const { transfer_id, kind, amount, asset } = record['metadata'] as Record<string, unknown>
    const what = [transfer_id, kind, amount, asset].map(String).join(' ')
    const text = `valid: ${what}, ${String(record['timestamp'])}, record ${index} of ${size}, ${issuedAt === null ? 'signed' : `signed ${issuedAt.toISOString()}`}\n`
    return { text, json: snakeFields(verdict) }
  },
})

interface TrustOptions {
  jwks?: string | undefined
  key?: string | undefined
  witnesses?: string | undefined
}

async function receiptVerdict(path: string, options: TrustOptions) {
  const text = readTextFile(path)
  if (!text.startsWith('c2sp.org/tlog-proof@')) {
    if (options.key !== undefined || options.witnesses !== undefined) {
      throw new WrongCall(
        'Only a tlog-proof has the signatures of the log and of witnesses: ask for it with `accept: text/plain`',
      )
    }
    const jwks = options.jwks === undefined ? await ownKeys() : readJwks(options.jwks)
    return verifyReceipt(readJsonFile(path), jwks)
  }
  const { logs, policy } = await logsOf(options)
  if (logs.length === 0)
    throw new WrongCall('A proof is verified with the key of the log: --key <vkey>')
  return verifyReceiptProof(`${text}\n`, { logs, policy })
}

/** Reads the service's own keys only for what they have signed: signed notes need none of them. */
async function trustOf(options: TrustOptions): Promise<Trust> {
  const given = options.jwks === undefined ? undefined : readJwks(options.jwks)
  let own: ReturnType<typeof ownKeys> | undefined
  return { jwks: async () => given ?? (own ??= ownKeys()), ...(await logsOf(options)) }
}

/** The log whose key is given, or else the logs of the policy. */
async function logsOf({ key, witnesses }: TrustOptions): Promise<Omit<Trust, 'jwks'>> {
  const policy = witnesses === undefined ? null : await readPolicyFile(witnesses)
  const named = key === undefined ? null : await readVerifierKey(key)
  const logs = named === null ? (policy?.logs.map((one) => one.key) ?? []) : [named]
  return { logs, policy }
}

async function ownKeys() {
  return (await openKeyRing(ownConfig().keys)).jwks
}

function describe({ records, vouchedFor, findings }: Verdict, seconds: number): string {
  const count = (n: number) => Math.round(n).toLocaleString('en-US')
  const rate = `${count(records)} records in ${seconds.toFixed(1)} s, ${count(records / seconds)} a second`
  if (findings.length > 0) return `${findings.join('\n')}\n${rate}\n`
  const newer = records - vouchedFor
  const note = newer === 0 ? '' : `, ${count(newer)} of them newer than the newest checkpoint`
  return `The audit log is sound: ${rate}${note}\n`
}
