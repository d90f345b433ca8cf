// A quadratic loss to bend and a penalty to turn up: what is given up, and what is left of that when only the direction of w counts.
export const parts = ["bars"];

const X = { min: -0.6, max: 4.2 };
const Y = { min: -0.8, max: 2.2 };
const LEVELS = [0.01, 0.05, 0.125, 0.3, 0.6, 1.1];
const PATH = Array.from({ length: 71 }, (_, i) => 10 ** (-4 + i / 10));

export default function (root, record, kit) {
  const { play } = record;
  const state = kit.state({
    x: kit.number(play.center[0], { min: 0.5, max: 3.6, step: 0.05 }),
    y: kit.number(play.center[1], { min: -0.6, max: 2, step: 0.05 }),
    tipX: kit.number(play.tip[0], { min: X.min, max: X.max, step: 0.05 }),
    tipY: kit.number(play.tip[1], { min: Y.min, max: Y.max, step: 0.05 }),
    alpha: kit.number(play.alpha, { min: 0.001, max: 10, log: true }),
    norm: kit.flag(false),
  });

  const above = kit.element("div", {});
  root.append(above);
  const plot = kit.plot({
    into: above,
    alt: "Contours of the loss over two weights, its minimum, and the minimum of loss plus penalty",
    x: { ...X, label: "first weight" },
    y: { ...Y, label: "second weight" },
    aspect: 0.64,
    minHeight: 150,
  });
  const valley = plot.contours({ color: "rule", width: 1.4 });
  const path = plot.line({ color: "blue", width: 2 });
  const ray = plot.line({ color: "theory", width: 1.5 });
  const circle = plot.line({ color: "theory", width: 1.5, dash: "4 3" });
  const axis = plot.line({ color: "ink", width: 1.2, dash: "2 3" });
  const track = plot.line({ color: "orange", width: 0.8, opacity: 0.6 });
  const dots = plot.points({ color: "orange", radius: 2 });
  const origin = plot.points({ color: "ink", radius: 2.5 });
  const penalized = plot.points({ color: "blue", radius: 6.5 });
  const zero = plot.text({ color: "ink", anchor: "end", dx: -6, dy: 14 });
  const name = plot.text({ color: "blue", bold: true, anchor: "end", dx: -11, dy: -9 });
  const length = plot.text({ color: "theory", anchor: "start", dx: 6, dy: 14 });
  plot.handle({
    x: "x", y: "y", label: "Minimum of the loss", color: "ink",
    describe: () => `weights ${kit.format(state.x, ".2f")} and ${kit.format(state.y, ".2f")}`,
  });
  plot.handle({
    x: "tipX", y: "tipY", label: "End of the ellipse", color: "ink", radius: 6,
    describe: () => `curvature along this axis ${kit.format(shape().flat)}, across it 1`,
  });

  const kept = kit.bars({
    alt: "Share of the loss's minimum that is kept along the handle's axis and across it",
    label: "Kept of the minimum",
    names: ["along the handle", "across it"],
    colors: ["blue", "blue"],
    format: "percent",
  });
  const shown = {};
  const say = (key, label, color) => {
    const readout = kit.readout({ label, color, format: () => shown[key] });
    return (text, value) => { shown[key] = text; readout.set(value); };
  };
  const size = say("size", "Length of w", "blue");
  const turned = say("turned", "Its direction is off by", "blue");
  const turn = say("turn", "A noisy step turns w by", "orange");
  kit.toggle("norm", { label: "A norm layer follows" });
  kit.slider("alpha", { label: "Penalty α" });
  kit.reset();

  const normal = kit.numeric.generator(36);
  const noise = Float64Array.from({ length: play.steps }, () => play.sigma * normal.normal(0, 1));

  // The ellipse moves along when its center is dragged, unless both change at once: then a link or Reset has put them there.
  let last = { x: state.x, y: state.y, tipX: state.tipX, tipY: state.tipY };
  function follow() {
    const [dx, dy] = [state.x - last.x, state.y - last.y];
    if ((dx || dy) && state.tipX === last.tipX && state.tipY === last.tipY) {
      state.tipX += dx;
      state.tipY += dy;
    }
    last = { x: state.x, y: state.y, tipX: state.tipX, tipY: state.tipY };
  }

  /** Directions and curvatures of the loss: 1 across the handle's axis, less along it the longer the handle is. */
  function shape() {
    const [dx, dy] = [state.tipX - state.x, state.tipY - state.y];
    const reach = Math.max(Math.hypot(dx, dy), 0.2);
    const angle = Math.hypot(dx, dy) > 0 ? Math.atan2(dy, dx) : 0;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const flat = (play.steep / reach) ** 2;
    return { c, s, flat, xx: flat * c * c + s * s, xy: (flat - 1) * c * s, yy: flat * s * s + c * c };
  }

  let drawn = "";
  kit.draw(() => {
    follow();
    const { x, y, alpha, norm } = state;
    const h = shape();
    const center = Math.hypot(x, y);
    const loss = (u, v) => 0.5 * (h.xx * (u - x) ** 2 + 2 * h.xy * (u - x) * (v - y) + h.yy * (v - y) ** 2);
    const minimum = (a) => {
      const [p, q] = [h.c * x + h.s * y, -h.s * x + h.c * y];
      const [along, across] = [p * h.flat / (h.flat + a), q / (1 + a)];
      return [h.c * along - h.s * across, h.s * along + h.c * across];
    };

    const now = [x, y, state.tipX, state.tipY, norm].join();
    if (now !== drawn) {
      valley.set(norm ? (u, v) => { const r = Math.hypot(u, v) || 1e-9; return loss(center * u / r, center * v / r); } : loss, LEVELS);
      drawn = now;
    }
    origin.set([[0, 0]]);
    zero.set(0, 0, "0");
    axis.set([[x, y], [state.tipX, state.tipY]]);

    path.set(norm ? [] : [[x, y], ...PATH.map(minimum), [0, 0]]);
    const at = minimum(alpha);
    penalized.set(norm ? [] : [at]);
    name.set(...at, norm ? "" : "with penalty");
    kept.set(norm ? [1, 1] : [h.flat / (h.flat + alpha), 1 / (1 + alpha)]);

    const run = norm ? walk(h, x, y, play.eta, alpha, noise, play.shown) : null;
    const radius = (play.eta * play.sigma ** 2 / (2 * alpha)) ** 0.25;
    ray.set(norm ? [[0, 0], [5 * x / center, 5 * y / center]] : []);
    circle.set(norm ? Array.from({ length: 73 }, (_, i) => [radius * Math.cos(i * Math.PI / 36), radius * Math.sin(i * Math.PI / 36)]) : []);
    length.set(radius, 0, norm ? "predicted length" : "");
    track.set(run ? run.points : []);
    dots.set(run ? run.points : []);

    const off = norm ? 0 : degrees(Math.abs(Math.atan2(at[1], at[0]) - Math.atan2(y, x)));
    const long = norm ? run.length : Math.hypot(...at);
    size(kit.format(long, ".2f"), long);
    turned(`${kit.format(off, ".1f")}°`, off);
    turn(norm ? `${kit.format(run.turn, ".1f")}°` : "–", norm ? run.turn : 0);
  });
}

const degrees = (angle) => 180 * Math.abs(angle) / Math.PI;

/** SGD with weight decay on the loss of w rescaled to the minimum's length, with noise across w; its last points, and means of its second half. */
function walk(h, x, y, eta, alpha, noise, shown) {
  const center = Math.hypot(x, y);
  let [u, v] = [x / center, y / center];
  let [lengths, turns] = [0, 0];
  const half = noise.length / 2;
  const keep = 1 - eta * alpha;
  const points = [];
  for (let step = 0; step < noise.length; step += 1) {
    const r = Math.sqrt(u * u + v * v);
    const [cu, cv] = [u / r, v / r];
    const [du, dv] = [center * cu - x, center * cv - y];
    const pull = center * (-cv * (h.xx * du + h.xy * dv) + cu * (h.xy * du + h.yy * dv)) + noise[step];
    const move = eta * pull / r;
    u = keep * u + move * cv;
    v = keep * v - move * cu;
    if (step >= half) {
      lengths += r;
      const angle = Math.atan(move / (keep * r));
      turns += angle * angle;
    }
    if (step >= noise.length - shown) points.push([u, v]);
  }
  return { points, length: lengths / half, turn: degrees(Math.sqrt(turns / half)) };
}
