const IN_WORDS = new Map<string, string>()

/**
 * A regular expression of a schema, and what it asks for: a caller who sends something else is told
 * that it "must be" this.
 */
export function spelled(expression: string, meaning: string): string {
  IN_WORDS.set(expression, meaning)
  return expression
}

/** What a regular expression asks for; undefined for one that is not spelled. */
export function inWords(expression: string): string | undefined {
  return IN_WORDS.get(expression)
}
