/** Verifies keys or tokens. */
export interface Verifier<Holder> {
  /**
   * The holder of a key that is valid now; null for every other string.
   * @throws Refusal `DATABASE_UNAVAILABLE`, or `OVERLOADED` if too many slow hashes wait
   */
  verify(presented: string): Holder | null | Promise<Holder | null>
  /** Something has changed: reads this key, or all keys of this owner, again. */
  doubt(id: string): void
}
