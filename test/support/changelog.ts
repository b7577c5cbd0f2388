/** A section of CHANGELOG.md, whose form is https://keepachangelog.com/en/1.1.0/. */
export interface Section {
  version: string
  /** `YYYY-MM-DD`; null for an unreleased version. */
  date: string | null
}

/** From the newest to the oldest. */
export function versionsIn(changelog: string): Section[] {
  return [...changelog.matchAll(/^## .*$/gm)].map(([heading]) => {
    const parts = /^## \[(\d+\.\d+\.\d+)\] - (?:(\d{4}-\d{2}-\d{2})|Unreleased)$/.exec(heading)
    if (parts === null) throw new Error(`CHANGELOG.md has a heading of another form: ${heading}`)
    return { version: parts[1] ?? '', date: parts[2] ?? null }
  })
}

/** Whether one version comes after another, by their numbers. */
export function isNewer(version: string, other: string): boolean {
  const [ours, theirs] = [version, other].map((text) => text.split('.').map(Number))
  const different = [0, 1, 2].find((place) => ours?.[place] !== theirs?.[place])
  return different !== undefined && (ours?.[different] ?? 0) > (theirs?.[different] ?? 0)
}
