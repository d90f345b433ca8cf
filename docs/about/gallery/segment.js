// A line to move by its ends or as a whole: a classifier.
export const parts = ["curve"];
export default function (root, record, kit) {
  const range = { min: -2, max: 2, step: 0.05 };
  kit.state({ ax: kit.number(-1, range), ay: kit.number(-1.2, range), bx: kit.number(0.8, range), by: kit.number(1, range) });
  const plot = kit.plot({ alt: "Two classes and a line between them", x: { min: -2, max: 2 }, y: { min: -2, max: 2 }, square: true, maxHeight: 280 });
  const dots = ["positive", "negative"].map((color) => plot.points({ color, radius: 5 }));
  const line = kit.segment(plot, { from: ["ax", "ay"], to: ["bx", "by"], label: "Boundary", color: "ink", extend: true });
  const right = kit.readout({ label: "Classified rightly", format: "percent" });
  const random = kit.numeric.generator(2);
  const clouds = [-0.8, 0.8].map((at) => Array.from({ length: 14 }, () => [random.normal(at, 0.5), random.normal(-at, 0.5)]));
  dots.forEach((mark, index) => mark.set(clouds[index]));
  kit.draw(() => right.set(clouds.reduce((sum, cloud, index) => sum + cloud.filter(([x, y]) => line.side(x, y) > 0 === (index === 0)).length, 0) / 28));
}
