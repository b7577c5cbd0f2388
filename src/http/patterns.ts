const IN_WORDS = new Map<string, string>()

/**
 * Notes in words what a regular expression of a schema asks for. A caller who sends something else
 * is told that it "must be" that.
 */
export function spelled(expression: string, meaning: string): string {
  IN_WORDS.set(expression, meaning)
  return expression
}

/** The words for a regular expression; undefined if none were noted. */
export function inWords(expression: string): string | undefined {
  return IN_WORDS.get(expression)
}
