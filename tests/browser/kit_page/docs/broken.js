export default function (root, record, kit) {
  kit.state({ rate: kit.number(0.3, { min: 0, max: 1 }) });
  kit.slider("rate", { label: "Rate" });
  throw new Error("broken on purpose");
}
