// Two runs beside each other, with one place in both.
export const parts = ["compare"];
export default function (root, record, kit) {
  const state = kit.state({ at: kit.number(20, { min: 0, max: 60, step: 1 }) });
  const pair = kit.compare({ names: ["Without noise", "With noise"], colors: ["blue", "orange"] });
  const plots = pair.plots({ alt: "loss by epoch", x: { min: 0, max: 60, label: "epoch" }, y: { min: 0, max: 1.2, label: "loss" }, aspect: 0.5 });
  const curves = plots.map((plot) => plot.line({ color: "ink" }));
  pair.hover("at", { label: "Epoch at" });
  const values = ["Loss without", "Loss with"].map((label) => kit.readout({ label, format: ".3f" }));
  const loss = (epoch, noise) => Math.exp(-epoch / 15) + noise * 0.1 * (1 + Math.sin(epoch));
  kit.draw(() => [0, 1].forEach((noise) => {
    curves[noise].set(Array.from({ length: 61 }, (_, epoch) => [epoch, loss(epoch, noise)]));
    values[noise].set(loss(state.at, noise));
  }));
}
