// A computational graph: press a node to follow its ways.
export const parts = ["graph"];
export default function (root, record, kit) {
  const nodes = ["x", "w", "b", "z", "h", "loss"].map((id) => ({ id, label: id }));
  const state = kit.state({ node: kit.choice("z", nodes.map(({ id }) => id)) });
  const graph = kit.graph({
    alt: "The loss of one unit", nodes, state: "node", backward: "gradient",
    edges: [{ from: "x", to: "z" }, { from: "w", to: "z" }, { from: "b", to: "z" }, { from: "z", to: "h", label: "tanh" }, { from: "h", to: "loss", label: "½(h−1)²" }],
  });
  const [x, w, b] = [1.5, 0.8, -0.2];
  const z = w * x + b;
  const h = Math.tanh(z);
  const delta = (h - 1) * (1 - h * h);
  kit.draw(() => graph.set({
    values: {
      x: { forward: x, backward: delta * w }, w: { forward: w, backward: delta * x }, b: { forward: b, backward: delta },
      z: { forward: z, backward: delta }, h: { forward: h, backward: h - 1 }, loss: { forward: 0.5 * (h - 1) ** 2, backward: 1 },
    },
    path: graph.path(state.node),
  }));
}
