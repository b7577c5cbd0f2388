import { useState } from 'preact/hooks'
import type { Schemas } from '../shared/api.ts'
import { number } from '../shared/format.ts'
import { Empty, MayNot, Show, useLoad } from '../shared/load.tsx'
import { type Column, Pager, Rows, Table } from '../shared/table.tsx'
import { Badge, Section, Status, Time } from '../shared/ui.tsx'
import { asked, given } from './filters.tsx'
import { Secret } from './secret.tsx'
import { api, may, session } from './session.ts'
import { Sessions } from './sessions.tsx'
import { NotFound, foundFirst, useSought } from './sought.tsx'
import { IssueToken, RevokeToken, RotateToken } from './token-acts.tsx'

type Token = Schemas['Token']
type Doing = { what: 'issue' } | { what: 'rotate' | 'revoke'; token: Token }

function stateOf(token: Token): string {
  if (token.revoked_at !== null) return 'revoked'
  return token.expires_at !== null && Date.parse(token.expires_at) <= Date.now()
    ? 'expired'
    : 'active'
}

/** Who may do what: tokens of operators and services, and browsers that are signed in. */
export function TokensPage() {
  return (
    <>
      <h1>Tokens</h1>
      <p class="lead">
        Operators and services sign in with tokens. Each token has a name and its own rights.
      </p>
      {may('tokens:write') ? (
        <Tokens />
      ) : (
        <MayNot>
          It needs <code>tokens:write</code>.
        </MayNot>
      )}
      <Section title="Signed in now" note="Browsers with a session of the console.">
        <Sessions />
      </Section>
    </>
  )
}

function Tokens() {
  const [doing, setDoing] = useState<Doing | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const cursor = asked('cursor')
  const chosen = asked('token') ?? null
  const tokens = useLoad(
    (signal) => api('listTokens', { limit: 50, ...given({ cursor }) }, { signal }),
    [cursor],
  )
  const isChosen = (row: Token) => row.token_id === chosen
  const sought = useSought(
    chosen,
    (row: Token) => row.token_id,
    tokens.state === 'failed' ? null : (tokens.data?.data ?? null),
    (query, signal) => api('listTokens', query, { signal }),
    [],
  )
  // An act that has failed may have issued a token all the same.
  const close = () => {
    setDoing(null)
    tokens.reload()
    sought.reload()
  }
  const done = (made?: { token: string }) => {
    close()
    if (made !== undefined) setSecret(made.token)
  }
  const columns: Column<Token>[] = [
    {
      name: 'Token',
      cell: (row) => (
        <span class="two">
          <span>
            {row.name}{' '}
            {row.token_id === session.value?.token_id && <Badge tone="good">yours</Badge>}
            {row.token_id === chosen && <Badge tone="warn">the one you looked for</Badge>}
          </span>
          <code class="faint">{row.token_id}</code>
        </span>
      ),
    },
    { name: 'State', cell: (row) => <Status is={stateOf(row)} /> },
    { name: 'Scope', cell: (row) => row.scope },
    {
      name: 'May',
      cell: (row) => row.role ?? <code class="wrap">{row.permissions.join(' ')}</code>,
    },
    {
      name: 'Moves at most',
      isNumber: true,
      isExtra: true,
      cell: ({ amount_max: most }) => (most === null ? '—' : number(most)),
    },
    {
      name: 'Last used',
      cell: ({ last_used_at: at }) =>
        at === null ? <span class="faint">Never</span> : <Time at={at} />,
    },
    {
      name: 'Expires',
      isExtra: true,
      cell: ({ expires_at: at }) => (at === null ? 'Never' : <Time at={at} />),
    },
    {
      name: 'Acts',
      cell: (row) =>
        stateOf(row) === 'active' && (
          <span class="actions">
            <button
              type="button"
              class="small"
              onClick={() => setDoing({ what: 'rotate', token: row })}
            >
              Rotate
            </button>
            <button
              type="button"
              class="small danger"
              onClick={() => setDoing({ what: 'revoke', token: row })}
            >
              Revoke
            </button>
          </span>
        ),
    },
  ]
  return (
    <Section
      title="All tokens"
      actions={
        <button type="button" class="primary" onClick={() => setDoing({ what: 'issue' })}>
          Issue a token
        </button>
      }
    >
      <NotFound of={sought} what="token" id={chosen} />
      <Show of={tokens} lines={6}>
        {(page) => (
          <>
            <Rows
              page={{ ...page, data: foundFirst(page.data, sought, isChosen) }}
              cursor={cursor}
              empty={
                <Empty title="No token has been issued yet.">
                  Give each operator and each service a token of its own.
                </Empty>
              }
            >
              {(rows) => (
                <Table
                  caption="Tokens"
                  columns={columns}
                  rows={rows}
                  keyOf={(row) => row.token_id}
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} />
          </>
        )}
      </Show>
      {doing?.what === 'issue' && <IssueToken onDone={done} onClose={close} />}
      {doing?.what === 'rotate' && (
        <RotateToken token={doing.token} onDone={done} onClose={close} />
      )}
      {doing?.what === 'revoke' && (
        <RevokeToken token={doing.token} onDone={() => done()} onClose={close} />
      )}
      {secret !== null && (
        <Secret title="The new token" secret={secret} onClose={() => setSecret(null)} />
      )}
    </Section>
  )
}
