// Fine at first; a NaN reaches a readout when the rate exceeds one half.
export default function (root, record, kit) {
  const state = kit.state({ rate: kit.number(0.3, { min: 0, max: 1, step: 0.1 }) });
  const value = kit.readout({ label: "Root" });
  kit.slider("rate", { label: "Rate" });
  kit.draw(() => value.set(Math.sqrt(0.5 - state.rate)));
  return () => { window.cleanups = (window.cleanups ?? 0) + 1; };
}
