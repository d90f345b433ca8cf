// An image to paint, and what a kernel makes of it.
export const parts = ["image", "matrix", "numeric-layers"];
export default function (root, record, kit) {
  const { convolve, fromRows, matrix } = kit.numeric;
  const bar = Array.from({ length: 8 }, () => [0, 0, 0, 1, 1, 0, 0, 0]);
  const state = kit.state({ ink: kit.grid(bar) });
  kit.paint("ink", { label: "Paint", presets: { Bar: bar }, soft: 0.3 });
  const edges = kit.matrix({ label: "Vertical edges", scale: "diverging", low: -3, high: 3, numbers: false });
  const kernel = fromRows([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]);
  kit.draw(() => edges.set(convolve(matrix(8, 8, Float64Array.from(state.ink)), kernel)));
}
