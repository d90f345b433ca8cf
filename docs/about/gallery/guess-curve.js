// A curve to draw before the measured one is shown.
export const parts = ["curve", "guess"];
export default function (root, record, kit) {
  const x = Array.from({ length: 21 }, (_, index) => index);
  const measured = x.map((epoch) => Math.exp(-epoch / 4) + (epoch / 30) ** 2);
  kit.state({ drawn: kit.numbers(x.map(() => 0.6), { min: 0, max: 1.2, step: 0.01 }), drawnShown: kit.commitment() });
  const plot = kit.plot({ alt: "Validation loss by epoch", x: { min: 0, max: 20, label: "epoch" }, y: { min: 0, max: 1.2, label: "validation loss" }, aspect: 0.4 });
  const truth = plot.line({ color: "validation", label: "measured" });
  const guess = kit.guess("drawnShown", { of: "drawn", question: "Draw the validation loss of the next twenty epochs.", answer: () => measured });
  kit.curve(plot, { state: "drawn", x, label: "Your curve", color: "ink", dash: "5 4", locked: guess.locked });
  kit.reset();
  kit.draw(() => truth.set(guess.revealed ? measured.map((loss, epoch) => [epoch, loss]) : []));
}
