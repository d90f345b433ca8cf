// A number to guess on a slider before the curve is shown.
export const parts = ["guess"];
export default function (root, record, kit) {
  kit.state({ shares: kit.number(50, { min: 0, max: 100, step: 1 }), sharesShown: kit.commitment() });
  const plot = kit.plot({ alt: "People in a room against the chance of a shared birthday", x: { min: 1, max: 60, label: "people" }, y: { min: 0, max: 100, label: "chance in percent" }, aspect: 0.4 });
  const curve = plot.line({ color: "blue" });
  const guess = kit.guess("sharesShown", { of: "shares", question: "How likely do two of 23 people share a birthday?", answer: () => 50.7, label: "Chance", unit: "%", format: ".0f" });
  kit.reset();
  const chance = (people) => 100 * (1 - Array.from({ length: people }, (_, index) => 1 - index / 365).reduce((a, b) => a * b, 1));
  kit.draw(() => curve.set(guess.revealed ? Array.from({ length: 60 }, (_, index) => [index + 1, chance(index + 1)]) : []));
}
