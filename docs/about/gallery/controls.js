// The controls, each bound to the state, and a readout.
export const parts = ["play"];
export default function (root, record, kit) {
  const state = kit.state({
    rate: kit.number(0.1, { min: 0.001, max: 10, log: true }), steps: kit.number(12, { min: 0, max: 40, step: 1 }),
    method: kit.choice("sgd", ["sgd", "momentum"]), noisy: kit.flag(false),
  });
  const result = kit.readout({ label: "What is left", color: "momentum", format: "percent" });
  kit.slider("rate", { label: "Learning rate" });
  kit.stepper("steps", { label: "Steps" });
  kit.choices("method", { label: "Method", names: { sgd: "SGD", momentum: "Momentum" }, colors: { momentum: "momentum" } });
  kit.toggle("noisy", { label: "With noise" });
  kit.reset();
  kit.draw(() => result.set(Math.exp(-state.rate * state.steps * (state.method === "sgd" ? 1 : 2)) + (state.noisy ? 0.1 : 0)));
}
