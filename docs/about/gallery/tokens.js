// A query to choose, and what it attends to; two heads.
export const parts = ["tokens", "numeric-layers"];
export default function (root, record, kit) {
  const words = ["the", "cat", "sat", "because", "it", "was", "tired"];
  kit.state({ query: kit.number(4, { min: 0, max: 6, step: 1 }), head: kit.choice("1", ["all", "1", "2"]) });
  const strip = kit.tokens({ label: "Choose a query", tokens: words, state: "query", keys: true, head: "head", keysLabel: "keys" });
  const { attention, generator, map, matrix, toRows } = kit.numeric;
  const heads = [3, 8].map((seed) => {
    const random = generator(seed);
    const [q, k] = [0, 1].map(() => map(matrix(7, 4), () => random.normal(0, 1.6)));
    return toRows(attention(q, k, k).weights);
  });
  kit.draw(() => strip.set({ weights: heads }));
}
