import { Type } from '@sinclair/typebox'
import {
  ADMIN_PERMISSIONS,
  type AdminPermission,
  ROLE_NAMES,
  type Role,
} from '../auth/permissions.ts'
import { UserId } from '../funds/schemas.ts'
import { pageOf } from '../http/pagination.ts'
import { Timestamp, nullable, ref, strictObject } from '../http/schemas.ts'
import { ReturnUrl } from '../stripe/return-urls.ts'
import { PORTAL_RIGHTS } from './tables.ts'
import { spelled } from '../http/patterns.ts'

const SessionId = Type.String({
  pattern: spelled('^sess_[0-9A-Za-z]{16}$', 'the id of a session: sess_ and 16 letters or digits'),
  examples: ['sess_4fGh7KqL9mNp2RsT'],
})

export const SessionParams = Type.Object({ session_id: SessionId })

export const SignInBody = strictObject({
  token: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'A token of the admin scope.',
    examples: ['srt_adm_…'],
  }),
})

const TokenId = Type.String({ examples: ['4fGh7KqL9mNp'] })

const PermissionName = Type.Unsafe<AdminPermission>({
  title: 'AdminPermission',
  type: 'string',
  enum: ADMIN_PERMISSIONS,
})

export const ConsoleSession = Type.Object(
  {
    session_id: Type.String({ examples: ['sess_4fGh7KqL9mNp2RsT'] }),
    token_id: TokenId,
    role: nullable(Type.Unsafe<Role>({ type: 'string', enum: ROLE_NAMES })),
    permissions: Type.Array(PermissionName),
    is_stored: Type.Boolean({
      description: 'Whether the token is of the database, rather than of the environment.',
    }),
    version: Type.String({ examples: ['1.4.0'] }),
    expires_at: Timestamp,
  },
  { $id: 'ConsoleSession' },
)

export const ConsoleVisit = Type.Object(
  { session: nullable(ref(ConsoleSession)) },
  { $id: 'ConsoleVisit', description: '`session` is null for a browser that is not signed in.' },
)

export const ConsoleSessionItem = Type.Object(
  {
    session_id: Type.String({ examples: ['sess_4fGh7KqL9mNp2RsT'] }),
    token_id: TokenId,
    is_current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
    created_at: Timestamp,
    expires_at: Timestamp,
  },
  { $id: 'ConsoleSessionItem' },
)

export const ConsoleSessionPage = pageOf(ref(ConsoleSessionItem), 'ConsoleSessionPage')

export const PortalRightName = Type.Unsafe<(typeof PORTAL_RIGHTS)[number]>({
  title: 'PortalRight',
  type: 'string',
  enum: PORTAL_RIGHTS,
})

export const InviteBody = strictObject(
  {
    user_id: UserId,
    return_url: Type.Optional({
      ...ReturnUrl,
      description: `Where the portal leads back to: ${ReturnUrl.description}`,
    }),
    allow: Type.Optional(
      Type.Array(PortalRightName, {
        maxItems: PORTAL_RIGHTS.length,
        uniqueItems: true,
        description:
          'What the user may do besides reading: nothing if not given. `top_up` needs `funds:top_up` too, ' +
          '`auto_top_up` and `budgets` need `credit:write`.',
      }),
    ),
  },
  { examples: [{ user_id: 'user-123', allow: ['top_up'] }] },
)

export const PortalLink = Type.Object(
  {
    url: Type.String({
      description: 'Opens once; the secret stands in its fragment, which no server logs.',
      examples: ['https://billing.example.com/portal#…'],
    }),
    expires_at: { ...Timestamp, description: 'Until then it can be opened.' },
  },
  { $id: 'UserPortalLink' },
)

export const OpenPortalBody = strictObject({
  secret: Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'The fragment of the portal link.',
    examples: ['k3Jd82LqWx5Z7vXw1YzA0bCdEfGhJkLm'],
  }),
})

export const PortalSession = Type.Object(
  {
    user_id: Type.String({ examples: ['user-123'] }),
    allow: Type.Array(PortalRightName),
    return_url: nullable(Type.String({ examples: ['https://app.example.com/billing'] })),
    has_auto_top_up: Type.Boolean({ description: 'Whether auto top-up was ever set.' }),
    expires_at: Timestamp,
  },
  { $id: 'UserPortalSession' },
)

export const PortalVisitAnswer = Type.Object(
  { session: nullable(ref(PortalSession)) },
  { $id: 'UserPortalVisit', description: '`session` is null for a browser without one.' },
)

export const sessionSchemas = [
  ConsoleSession,
  ConsoleVisit,
  ConsoleSessionItem,
  ConsoleSessionPage,
  PortalLink,
  PortalSession,
  PortalVisitAnswer,
]
