// A plot with its marks: lines with labels, an area, a rule.
export default function (root, record, kit) {
  const state = kit.state({ width: kit.number(1, { min: 0.4, max: 2.5, step: 0.1 }) });
  const plot = kit.plot({ alt: "Two bell curves", x: { min: -4, max: 4, label: "score" }, y: { min: 0, max: 1, label: "density" }, aspect: 0.45 });
  const share = plot.area({ color: "positive" });
  const one = plot.line({ color: "negative", label: "wide", labelAt: "peak" });
  const two = plot.line({ color: "positive", label: "narrow", labelAt: "peak" });
  plot.rule({ label: "middle" }).set(0);
  kit.slider("width", { label: "Width" });
  const x = Array.from({ length: 161 }, (_, index) => index / 20 - 4);
  const bell = (width, at) => x.map((value) => [value, kit.numeric.normalPdf((value - at) / width) / width]);
  kit.draw(() => {
    one.set(bell(state.width, -1));
    two.set(bell(0.5, 1.5));
    share.set(bell(state.width, -1).filter(([value]) => value > 0));
  });
}
