// Gives one part, named in the address, a value that is not a number once the button is pressed.
export const parts = ["matrix", "image", "field", "boxes"];

export default function (root, record, kit) {
  const state = kit.state({
    part: kit.choice("matrix", ["matrix", "images", "regions", "grid", "arrows", "path", "scene"]),
    bad: kit.flag(false), x: kit.number(0, { min: -1, max: 1 }), y: kit.number(0, { min: -1, max: 1 }),
  });
  const plot = kit.plot({ alt: "A plane", x: { min: -1, max: 1 }, y: { min: -1, max: 1 }, square: true });
  const regions = kit.decisions(plot);
  const arrows = kit.arrows(plot);
  const path = kit.trajectory(plot, { x: "x", y: "y" });
  const table = kit.matrix({ label: "A matrix" });
  const images = kit.images({ label: "Images", rows: 2 });
  const scene = kit.boxes({ label: "Scene", width: 2, height: 2 });
  kit.toggle("bad", { label: "Break it" });
  kit.draw(() => {
    const value = (part) => (state.bad && state.part === part ? NaN : 0.5);
    table.set([[1, value("matrix")]]);
    images.set([[0, 1, 1, value("images")]]);
    if (state.part === "grid") regions.setGrid([[0, 1], [1, value("grid")]]);
    else regions.set(() => value("regions"));
    arrows.set(() => [1, value("arrows")]);
    path.follow(([x, y]) => [x, y + 0.1 * value("path")], 4);
    scene.set([[0, 1], [1, value("scene")]]);
  });
}
