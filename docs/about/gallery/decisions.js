// Points to drag and a network's regions, fitted anew as they move.
export const parts = ["field"];
export default function (root, record, kit) {
  const { backward, crossEntropy, forward, generator, mlp, parameters, sgd, softmax, fromRows } = kit.numeric;
  const random = generator(5);
  const cluster = (kind) => Array.from({ length: 5 }, () => [[-1, 1][kind] + 0.5 * random.normal(), [-0.5, 0.5][kind] + 0.5 * random.normal(), kind]);
  const state = kit.state({ data: kit.cloud([0, 1].flatMap(cluster), { x: [-2.5, 2.5], y: [-2.5, 2.5], classes: 2 }) });
  const plot = kit.plot({ alt: "Regions of two classes", x: { min: -2.5, max: 2.5 }, y: { min: -2.5, max: 2.5 }, square: true, maxHeight: 300 });
  const regions = kit.decisions(plot, { classes: ["blue", "orange"] });
  kit.points(plot, "data", { label: "Point" });
  kit.draw(() => {
    const network = mlp([2, 6, 2], { seed: 4 });
    const step = sgd(parameters(network), { learningRate: 1 });
    const x = fromRows(state.data.map(([first, second]) => [first, second]));
    for (let round = 0; round < 25; round += 1) {
      const pass = forward(network, x);
      step(parameters(backward(network, pass, crossEntropy(pass.output, state.data.map((point) => point[2])).gradient)));
    }
    regions.setAll((points) => softmax(forward(network, points).output));
  });
}
