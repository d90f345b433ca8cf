// A recorded run on a time line: play, pause, scrub, step, speed.
export const parts = ["play"];
export default function (root, record, kit) {
  const epochs = Array.from({ length: 25 }, (_, epoch) => ({ train: Math.exp(-epoch / 5), test: 0.3 + Math.exp(-epoch / 4) + (epoch / 40) ** 2 }));
  const run = kit.recording(epochs);
  const state = kit.state({ epoch: run.position(9) });
  const plot = kit.plot({ alt: "Training and validation loss up to the chosen epoch", x: { min: 0, max: 24, label: "epoch" }, y: { min: 0, max: 1.4, label: "loss" }, aspect: 0.4 });
  plot.line({ color: "rule" }).set(epochs.map(({ test }, epoch) => [epoch, test]));
  const now = { train: plot.points({ color: "train", radius: 5 }), test: plot.points({ color: "validation", radius: 5 }) };
  kit.timeline("epoch", { label: "Epoch", perSecond: 4, format: (epoch) => kit.format(epoch, ".1f"), marks: [{ at: 8, label: "plateau" }, { at: 20, label: "overfit" }] });
  kit.draw(() => {
    const { train, test } = run.at(state.epoch);
    now.train.set([[state.epoch, train]]);
    now.test.set([[state.epoch, test]]);
  });
}
