import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LONG_NOTES, SHORT_PAGES, cutPage, pageRequest } from '../http/pagination.ts'
import { Refusal } from '../refusals/index.ts'
import { invalid, ref, timesOf } from '../http/schemas.ts'
import { presentCheckpoint } from './checkpoints.ts'
import { listRecords } from './list.ts'
import { consistencyProof, inclusionProof, rootOf } from './proofs.ts'
import { AuditCheckpoint, AuditPage, AuditProof, ListAuditQuery, ProofQuery } from './schemas.ts'
import { logSize } from './sequencer.ts'
import { tileReader } from './tiles.ts'

/** Admin: `/api/audit`. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const { sql, source } = app.audit

  /** A user's id may equal the id of something else, so the name can mean both. */
  async function subjectsOf(name: string): Promise<string[]> {
    const known = await source.subjectOf(sql, name)
    return known === null ? [name] : [name, known]
  }

  app.get(
    '',
    {
      schema: {
        operationId: 'listAudit',
        summary: 'List the audit log, newest first',
        description:
          'If a `subject` names both a user and something else, the list has the records of both. ' +
          `${SHORT_PAGES} ${LONG_NOTES}`,
        querystring: ListAuditQuery,
        response: { 200: ref(AuditPage) },
      },
      config: { permission: 'audit:read', refusals: ['INVALID_CURSOR'] },
    },
    async (request) => {
      const { event, actor, from, to, as_logged: isAsLogged = false } = request.query
      const { subject: name } = request.query
      const list = ['audit', event, actor, name, from, to]
      const page = pageRequest(request.query, list)
      const subjects = name === undefined ? name : await subjectsOf(name)
      const filter = { event, actor, subjects, isAsLogged, ...timesOf(request.query) }
      const { records, end } = await listRecords(sql, source, filter, page)
      return cutPage(records, list, end === null ? null : String(end))
    },
  )

  app.get(
    '/checkpoint',
    {
      schema: {
        operationId: 'getAuditCheckpoint',
        summary: "A signed statement of the log's size and Merkle root",
        response: { 200: ref(AuditCheckpoint) },
      },
      config: { permission: 'audit:read', refusals: ['LOG_BEHIND', 'SIGNING_KEY_MISSING'] },
    },
    async () => presentCheckpoint(await app.audit.currentCheckpoint()),
  )

  app.get(
    '/proof',
    {
      schema: {
        operationId: 'getAuditProof',
        summary: 'Prove that a record is in the log, or that the log has only grown',
        description:
          'With `index`: proves that the record is in the tree of `size`, and returns that tree’s ' +
          'root. Without: proves that the newest checkpoint’s tree begins with the tree of `size`, ' +
          'and returns the checkpoint’s size and root. Proofs are those of RFC 6962.',
        querystring: ProofQuery,
        response: { 200: ref(AuditProof) },
      },
      config: {
        permission: 'audit:read',
        refusals: ['NOT_YET_LOGGED', 'LOG_BEHIND', 'SIGNING_KEY_MISSING'],
      },
    },
    async (request) => {
      const { index, size } = request.query
      const read = tileReader(sql)
      if (index !== undefined) {
        if (index >= size) throw invalid('/index', 'must be below size')
        if (size > (await logSize(sql))) throw new Refusal('NOT_YET_LOGGED')
        const proof = await inclusionProof(read, index, size)
        return present(size, await rootOf(read, size), proof)
      }
      const newest = (await app.audit.newestCheckpoint()) ?? (await app.audit.currentCheckpoint())
      if (size > newest.size) throw new Refusal('NOT_YET_LOGGED')
      return present(newest.size, newest.root, await consistencyProof(read, size, newest.size))
    },
  )
}

function present(size: number, root: Buffer, proof: readonly Buffer[]) {
  return {
    size,
    root: base64(root),
    proof: proof.map(base64),
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64')
}
