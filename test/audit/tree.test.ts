import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { consistencyProof, inclusionProof, rootOf } from '../../src/audit/proofs.ts'
import { growingTree, leafHash, nodeHash } from '../../src/audit/tree.ts'
import * as verifier from '../../src/audit/verifier.ts'

const { provesConsistency, provesInclusion } = verifier

/** MTH of RFC 6962, 2.1, word for word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest()
  const [first] = leaves
  if (leaves.length === 1 && first !== undefined) return first
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

const MAX = 600
const leaves = Array.from({ length: MAX }, (_, index) => leafHash(Buffer.from(`record ${index}`)))
const read = async (level: number, index: number) =>
  treeHash(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))

test('the published test vectors of RFC 6962 trees', () => {
  // From certificate-transparency-go's merkletree tests.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657']
  inputs.push('606162636465666768696a6b6c6d6e6f')
  const roots = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  const tree = growingTree()
  assert.equal(tree.root().toString('hex'), createHash('sha256').digest('hex'))
  inputs.forEach((input, index) => {
    tree.add(leafHash(Buffer.from(input, 'hex')))
    assert.equal(tree.root().toString('hex'), roots[index])
  })
})

test('roots and proofs of every shape of tree hold, and no other leaf, place or tree does', async () => {
  const sizes = fc
    .tuple(fc.integer({ min: 1, max: MAX }), fc.nat(MAX), fc.nat(MAX))
    .map(([size, first, index]) => ({ size, first: 1 + (first % size), index: index % size }))
  await fc.assert(
    fc.asyncProperty(sizes, async ({ size, first, index }) => {
      const whole = { size, root: treeHash(leaves.slice(0, size)) }
      const beginning = { size: first, root: treeHash(leaves.slice(0, first)) }
      assert.ok((await rootOf(read, size)).equals(whole.root))
      const tree = growingTree()
      leaves.slice(0, size).forEach((leaf) => tree.add(leaf))
      assert.ok(tree.root().equals(whole.root))
      const few = size % 40
      const alone = await verifier.rootOfLeaves(leaves.slice(0, few))
      assert.ok(verifier.isSame(alone, treeHash(leaves.slice(0, few))))

      const leaf = leaves[index] ?? Buffer.alloc(0)
      const inclusion = await inclusionProof(read, index, size)
      assert.ok(await provesInclusion(leaf, index, whole, inclusion))
      assert.ok(!(await provesInclusion(leafHash(Buffer.from('other')), index, whole, inclusion)))
      assert.ok(!(await provesInclusion(leaf, index + 1, whole, inclusion)))
      for (const odd of [index - size, index - 0.5, index + 0.5, NaN, Infinity]) {
        assert.ok(!(await provesInclusion(leaf, odd, whole, inclusion)), `${odd} in ${size}`)
      }
      assert.ok(!(await provesInclusion(leaf, index, whole, [...inclusion, leaf])))

      const consistency = await consistencyProof(read, first, size)
      assert.ok(await provesConsistency(beginning, whole, consistency), `${first} in ${size}`)
      const forged = { ...beginning, root: leafHash(Buffer.from('forged')) }
      assert.ok(!(await provesConsistency(forged, whole, consistency)))
      assert.ok(!(await provesConsistency(whole, { ...forged, size: size + 1 }, consistency)))
      assert.ok(!(await provesConsistency(beginning, whole, [...consistency, leaf])))
      for (const odd of [first - 0.5, first + 0.5, -first, NaN]) {
        const other = { ...beginning, size: odd }
        assert.ok(!(await provesConsistency(other, whole, consistency)), `${odd} in ${size}`)
        const longer = { ...whole, size: size + 0.5 }
        assert.ok(!(await provesConsistency(beginning, longer, consistency)))
      }
    }),
    { numRuns: 300 },
  )
})
