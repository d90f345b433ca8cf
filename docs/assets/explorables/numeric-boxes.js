// Boxes [x1, y1, x2, y2] of detections, and scores against truths.
const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);

export function iou(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/** Non-maximum suppression; returns {kept, steps}: a step is {keep, removed: [{index, iou}]}, for showing each decision. */
export function nms(boxes, scores, threshold) {
  let waiting = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  const steps = [];
  while (waiting.length) {
    const [keep, ...rest] = waiting;
    const overlaps = rest.map((index) => ({ index, iou: iou(boxes[keep], boxes[index]) }));
    steps.push({ keep, removed: overlaps.filter((other) => other.iou > threshold) });
    waiting = overlaps.filter((other) => other.iou <= threshold).map((other) => other.index);
  }
  return { kept: steps.map((step) => step.keep), steps };
}

/** Soft NMS: {kept, scores} by falling decayed score; the decay is linear (1 − IoU from the threshold on) or Gaussian (exp(−IoU²/σ)). */
export function softNms(boxes, scores, { method = "gaussian", threshold = 0.3, sigma = 0.5, least = 0.001 } = {}) {
  const now = Float64Array.from(scores);
  let waiting = Array.from(now.keys()).filter((index) => now[index] >= least);
  const kept = [];
  while (waiting.length) {
    const best = waiting.reduce((a, b) => (now[b] > now[a] ? b : a));
    kept.push(best);
    waiting = waiting.filter((index) => index !== best);
    for (const index of waiting) {
      const overlap = iou(boxes[best], boxes[index]);
      now[index] *= method === "gaussian" ? Math.exp(-(overlap * overlap) / sigma) : overlap >= threshold ? 1 - overlap : 1;
    }
    waiting = waiting.filter((index) => now[index] >= least);
  }
  return { kept, scores: kept.map((index) => now[index]) };
}
