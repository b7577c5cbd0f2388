import type { ComponentChildren } from 'preact'
import { Empty } from './load.tsx'
import { Link, hrefWith } from './router.tsx'

export interface Column<Row> {
  name: string
  /** Numbers stand at the right. */
  isNumber?: boolean
  /** What may be left out where there is little room. */
  isExtra?: boolean
  cell: (row: Row) => ComponentChildren
}

interface Props<Row> {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** What a row opens below itself; null for a row that is closed. */
  below?: (row: Row) => ComponentChildren
}

export function Table<Row>({ caption, columns, rows, keyOf, below }: Props<Row>) {
  const classOf = ({ isNumber, isExtra }: Column<Row>) =>
    [isNumber && 'number', isExtra && 'extra'].filter(Boolean).join(' ') || undefined
  return (
    // Focusable, because it scrolls where there is little room.
    <div class="table" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={classOf(column)} key={column.name}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const opened = below?.(row)
            return [
              <tr key={keyOf(row)} class={opened ? 'open' : undefined}>
                {columns.map((column) => (
                  <td class={classOf(column)} key={column.name} data-name={column.name}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>,
              opened && (
                <tr key={`${keyOf(row)} below`} class="below">
                  <td colSpan={columns.length}>{opened}</td>
                </tr>
              ),
            ]
          })}
        </tbody>
      </table>
    </div>
  )
}

interface RowsProps<Row> {
  page: { data: readonly Row[]; next_cursor: string | null }
  cursor: string | undefined
  /** What is shown for a list without any rows. */
  empty: ComponentChildren
  children: (rows: readonly Row[]) => ComponentChildren
}

/**
 * The rows of a page. A page may have none although the list has some: a search may end a page
 * before it has found anything, and rows may leave a list while somebody reads it.
 */
export function Rows<Row>({ page, cursor, empty, children }: RowsProps<Row>) {
  const { data, next_cursor: next } = page
  if (data.length > 0) return <>{children(data)}</>
  if (next === null && cursor === undefined) return <>{empty}</>
  if (next === null) return <Empty title="Nothing is on this page." />
  return (
    <Empty title="Nothing was found on this page.">The search goes on with the next one.</Empty>
  )
}

interface PagerProps {
  next: string | null
  cursor: string | undefined
  /** The name of the cursor in the address. */
  name?: string
  words?: readonly [first: string, next: string]
}

/** Older and newer pages of a list. The cursor is in the address, so each page can be sent. */
export function Pager({ next, cursor, name = 'cursor', words = ['Newest', 'Older'] }: PagerProps) {
  if (next === null && cursor === undefined) return null
  return (
    <nav class="pager" aria-label={name === 'cursor' ? 'Pages' : `Pages of ${name}`}>
      {cursor !== undefined && <Link href={hrefWith({ [name]: undefined })}>{words[0]}</Link>}
      {next !== null && <Link href={hrefWith({ [name]: next })}>{words[1]}</Link>}
    </nav>
  )
}
