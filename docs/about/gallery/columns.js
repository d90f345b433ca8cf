// Counts as columns; the highlighted one is in bold.
export const parts = ["bars"];
export default function (root, record, kit) {
  const names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const counts = kit.bars({ alt: "Images of each digit", label: "Images of each digit", names, vertical: true, max: 60, color: "sky", format: "integer", reference: "balanced" });
  kit.draw(() => counts.set([50, 42, 38, 51, 22, 30, 47, 12, 40, 35], { reference: Array(10).fill(36.7), highlight: 7 }));
}
