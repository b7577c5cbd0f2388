/** How many hashes a full tile has. */
export const WIDTH = 256

export interface TileName {
  /** `entries` for the records whose hashes are in the tile of level 0 with the same number. */
  level: number | 'entries'
  index: number
  /** How many hashes or entries it has: 1 to 256, where 256 is a full tile. */
  width: number
}

/** The path of a tile below `tile/`, as C2SP's tlog-tiles defines it: `0/x001/x234/067.p/5`. */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  const path = [...groups.slice(0, -1).map((group) => `x${group}`), groups.at(-1)].join('/')
  return `${level}/${path}${width === WIDTH ? '' : `.p/${width}`}`
}

/** The tile that a path names; null if the path is not written in exactly this form. */
export function readTilePath(path: string): TileName | null {
  // 5 groups are enough for every tile number that JavaScript can count exactly.
  const match =
    /^([0-9]|[1-5][0-9]|6[0-3]|entries)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(
      path,
    )
  if (match === null) return null
  const [, level = '', groups = '', width] = match
  const index = Number(groups.replace(/[x/]/g, ''))
  const name = {
    level: level === 'entries' ? ('entries' as const) : Number(level),
    index,
    width: width === undefined ? WIDTH : Number(width),
  }
  if (width !== undefined && name.width >= WIDTH) return null
  return tilePath(name) === path ? name : null
}
