interface Props {
  /** What the list is of, for those who hear it. */
  of: string
  next: string | null
  cursor: string | null
  onTurn: (cursor: string | null) => void
  first: string
  further: string
}

/** The pages of a list of the portal, which keeps nothing in its address. */
export function Pages({ of, next, cursor, onTurn, first, further }: Props) {
  if (next === null && cursor === null) return null
  return (
    <nav class="pager" aria-label={`Pages of ${of}`}>
      {cursor !== null && (
        <button type="button" class="small" onClick={() => onTurn(null)}>
          {first}
        </button>
      )}
      {next !== null && (
        <button type="button" class="small" onClick={() => onTurn(next)}>
          {further}
        </button>
      )}
    </nav>
  )
}
