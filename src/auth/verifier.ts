/** Knows keys or tokens. */
export interface Verifier<Holder> {
  /**
   * The holder of a key that is valid now; null for every other string, whatever is wrong with it.
   * @throws Refusal `DATABASE_UNAVAILABLE`, or `OVERLOADED` where too many slow hashes wait
   */
  verify(presented: string): Holder | null | Promise<Holder | null>
  /** Something has changed: what is known of this key, or of this owner's, is read again. */
  doubt(id: string): void
}
