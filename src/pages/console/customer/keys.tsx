import { useState } from 'preact/hooks'
import type { Schemas } from '../../shared/api.ts'
import { Empty, Show, useLoad } from '../../shared/load.tsx'
import { go, hrefWith } from '../../shared/router.tsx'
import { type Column, Pager, Rows, Table } from '../../shared/table.tsx'
import { Section, Status, Time } from '../../shared/ui.tsx'
import { asked, given } from '../filters.tsx'
import { Secret } from '../secret.tsx'
import { api, may } from '../session.ts'
import { NotFound, foundFirst, useSought } from '../sought.tsx'
import { Calls } from './calls.tsx'
import { IssueKey, RevokeKey, RotateKey } from './key-acts.tsx'

type Key = Schemas['ApiKey']

export type Doing = { what: 'issue' } | { what: 'rotate' | 'revoke'; key: Key }

export function stateOf(key: Key): string {
  if (key.revoked_at !== null) return 'revoked'
  return key.expires_at !== null && Date.parse(key.expires_at) <= Date.now() ? 'expired' : 'active'
}

export function Keys({ customerId }: { customerId: string }) {
  const [doing, setDoing] = useState<Doing | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const cursor = asked('cursor')
  const chosen = asked('key') ?? null
  const keys = useLoad(
    (signal) =>
      api('listApiKeys', { customer_id: customerId, limit: 50, ...given({ cursor }) }, { signal }),
    [customerId, cursor],
  )
  const listed = keys.state === 'failed' ? null : (keys.data?.data ?? null)
  const isChosen = (row: Key) => row.key_id === chosen
  const sought = useSought(
    chosen,
    (row: Key) => row.key_id,
    listed,
    (query, signal) => api('listApiKeys', { customer_id: customerId, ...query }, { signal }),
    [customerId],
  )
  const reload = () => {
    keys.reload()
    sought.reload()
  }
  const done = (made?: { api_key: string }) => {
    setDoing(null)
    if (made !== undefined) setSecret(made.api_key)
    reload()
  }
  const columns: Column<Key>[] = [
    {
      name: 'Key',
      cell: (row) => (
        <span class="two">
          <code>{row.key_id}</code>
          {row.name !== null && <span class="faint">{row.name}</span>}
        </span>
      ),
    },
    { name: 'State', cell: (row) => <Status is={stateOf(row)} /> },
    {
      name: 'Last used',
      cell: ({ last_used_at: at }) =>
        at === null ? <span class="faint">Never</span> : <Time at={at} />,
    },
    {
      name: 'Scopes',
      isExtra: true,
      cell: (row) => <code class="wrap">{row.scopes.join(' ')}</code>,
    },
    { name: 'Created', isExtra: true, cell: (row) => <Time at={row.created_at} /> },
    {
      name: 'Acts',
      cell: (row) => (
        <span class="actions">
          <button
            type="button"
            class="small"
            aria-expanded={row.key_id === chosen}
            onClick={() =>
              go(hrefWith({ key: row.key_id === chosen ? undefined : row.key_id }), {
                isReplacing: true,
              })
            }
          >
            Calls
          </button>
          {may('keys:write') && stateOf(row) === 'active' && (
            <>
              <button
                type="button"
                class="small"
                onClick={() => setDoing({ what: 'rotate', key: row })}
              >
                Rotate
              </button>
              <button
                type="button"
                class="small danger"
                onClick={() => setDoing({ what: 'revoke', key: row })}
              >
                Revoke
              </button>
            </>
          )}
        </span>
      ),
    },
  ]
  // An act that has failed may have issued a key all the same.
  const close = () => {
    setDoing(null)
    reload()
  }
  return (
    <Section
      title="API keys"
      actions={
        may('keys:write') && (
          <button type="button" class="primary" onClick={() => setDoing({ what: 'issue' })}>
            Issue a key
          </button>
        )
      }
    >
      <NotFound of={sought} what="key" id={chosen} />
      <Show of={keys} lines={4}>
        {(page) => (
          <>
            <Rows
              page={{ ...page, data: foundFirst(page.data, sought, isChosen) }}
              cursor={cursor}
              empty={<Empty title="This customer has no key." />}
            >
              {(rows) => (
                <Table
                  caption="API keys"
                  columns={columns}
                  rows={rows}
                  keyOf={(row) => row.key_id}
                  below={(row) =>
                    row.key_id === chosen && <Calls customerId={customerId} keyId={row.key_id} />
                  }
                />
              )}
            </Rows>
            <Pager next={page.next_cursor} cursor={cursor} />
          </>
        )}
      </Show>
      {doing?.what === 'issue' && (
        <IssueKey customerId={customerId} onDone={done} onClose={close} />
      )}
      {doing?.what === 'rotate' && (
        <RotateKey customerId={customerId} apiKey={doing.key} onDone={done} onClose={close} />
      )}
      {doing?.what === 'revoke' && (
        <RevokeKey
          customerId={customerId}
          apiKey={doing.key}
          onDone={() => done()}
          onClose={close}
        />
      )}
      {secret !== null && (
        <Secret title="The new key" secret={secret} onClose={() => setSecret(null)} />
      )}
    </Section>
  )
}
