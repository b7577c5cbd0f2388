import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Timestamp, ref } from '../http/schemas.ts'
import type { Config } from '../process/config.ts'
import { type Status } from './check.ts'
import { examineFromInside } from './inside.ts'

const FRESH_MS = 60_000
const STATUSES: readonly Status[] = ['pass', 'warning', 'failure', 'unseen']

export const Checklist = Type.Object(
  {
    examined_at: Timestamp,
    findings: Type.Array(
      Type.Object(
        {
          group: Type.String({ examples: ['Settings'] }),
          check: Type.String({ examples: ['log level'] }),
          status: Type.Unsafe<Status>({ type: 'string', enum: STATUSES }),
          reason: Type.String({ examples: ['The key is readable by others.'] }),
          advice: Type.Optional(Type.String({ examples: ['chmod 600 license-key.pem'] })),
        },
        { title: 'ChecklistFinding' },
      ),
    ),
  },
  { $id: 'Checklist' },
)

/** Admin: `/api/doctor`. */
export const doctorRoutes: FastifyPluginAsyncTypebox<{ config: Config }> = async (
  app,
  { config },
) => {
  type Kept = { at: number; answer: ReturnType<typeof examineNow> }
  let kept: Kept | null = null

  async function examineNow() {
    const findings = await examineFromInside(config, app.audit.sql)
    return { examined_at: new Date().toISOString(), findings }
  }

  app.get(
    '',
    {
      schema: {
        operationId: 'getChecklist',
        summary: 'Read what `strongroom doctor` finds from inside the service',
        description:
          'The parts of the checklist that read no records: settings, files, database, network and machine. ' +
          'At most a minute old. The command goes through all of it.',
        response: { 200: ref(Checklist) },
      },
      config: { permission: 'metrics:read' },
    },
    async () => {
      if (kept === null || Date.now() - kept.at > FRESH_MS) {
        const answer = examineNow()
        kept = { at: Date.now(), answer }
        // A failure is not kept.
        answer.catch(() => (kept = null))
      }
      return kept.answer
    },
  )
}
