// TODO: the one thing that the reader sees when moving something.
export default function (root, record, kit) {
  const state = kit.state({ shift: kit.number(0, { min: -2, max: 2, step: 0.1 }) });
  const { values } = record.result;
  const plot = kit.plot({
    alt: "TODO: what the plot shows",
    x: { min: -0.5, max: values.length - 0.5, label: "seed" },
    y: { min: -4, max: 4, label: "TODO: value" },
  });
  const dots = plot.points({ color: "blue" });
  const mean = kit.readout({ label: "TODO: mean", color: "blue" });
  kit.slider("shift", { label: "TODO: shift" });
  kit.reset();

  kit.draw(() => {
    const moved = values.map((value) => value + state.shift);
    dots.set(moved.map((value, i) => [i, value]));
    mean.set(moved.reduce((sum, value) => sum + value, 0) / moved.length);
  });
}
