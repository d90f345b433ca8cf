// A curve with control points that cannot fall, and snap to zero.
export const parts = ["curve"];
export default function (root, record, kit) {
  const x = [-2, -1, 0, 1, 2];
  kit.state({ shape: kit.numbers([-0.5, -0.2, 0, 1, 2], { min: -1, max: 2.5, step: 0.05 }) });
  const plot = kit.plot({ alt: "An activation of your own", x: { min: -2.2, max: 2.2, label: "z" }, y: { min: -1.2, max: 2.7, label: "activation" }, aspect: 0.5 });
  const tangent = plot.line({ color: "muted", dash: "4 4" });
  const shape = kit.curve(plot, { state: "shape", x, label: "Activation", monotone: "rising", snap: [0], color: "purple" });
  kit.draw(() => tangent.set([[-2.2, -2.2], [2.2, 2.2]].map(([z]) => [z, shape.value(0.5) + (z - 0.5) * (shape.value(0.51) - shape.value(0.5)) * 100])));
}
