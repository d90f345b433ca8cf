// A product of matrices: press a cell of A to edit it; pointing at an entry shows what it is made of.
export const parts = ["matrix"];
export default function (root, record, kit) {
  const { matrix, matmul } = kit.numeric;
  const state = kit.state({ entries: kit.grid([[1, -0.5, 0], [0.25, 2, -1]], { min: -2, max: 2, step: 0.25 }) });
  const a = kit.matrix({ label: "A", scale: "diverging", low: -2, high: 2, edit: "entries" });
  const b = kit.matrix({ label: "B", scale: "diverging", low: -2, high: 2 });
  const product = kit.matrix({ label: "A · B", scale: "diverging", low: -4, high: 4 });
  kit.link("ik,kj->ij", a, b, product);
  kit.scale({ colors: "diverging", low: -4, high: 4, label: "entry" });
  const second = matrix(3, 2, Float64Array.of(1, -1, 0.5, 0, -0.5, 2));
  kit.draw(() => {
    a.set(state.entries);
    b.set(second);
    product.set(matmul(matrix(2, 3, Float64Array.from(state.entries)), second));
  });
}
