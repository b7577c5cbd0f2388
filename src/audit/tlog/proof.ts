/**
 * A proof that a record is in the log, which anyone can verify. Its format is C2SP's tlog-proof;
 * its `extra` is the record itself, whose hash is the leaf.
 */
export function proofText(
  record: Buffer,
  index: number,
  proof: readonly Buffer[],
  note: string,
): string {
  const lines = [
    'c2sp.org/tlog-proof@v1',
    `extra ${record.toString('base64')}`,
    `index ${index}`,
    ...proof.map((hash) => hash.toString('base64')),
    '',
    note,
  ]
  return lines.join('\n')
}
