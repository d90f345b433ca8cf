// Runs the scripts of the template "late" in their order, once the text is painted.
(() => {
  const late = document.importNode(document.getElementById("late").content, true);
  const scripts = late.querySelectorAll("script");
  for (const script of scripts) {
    script.async = false;
    const ahead = document.createElement("link");
    const kind = script.type ? { rel: "modulepreload" } : { rel: "preload", as: "script" };
    Object.assign(ahead, kind, { href: script.src, fetchPriority: "low" });  // fonts and figures first
    document.head.append(ahead);
  }
  // The theme writes each address of the page anew, as a whole one, and compares the heads of two pages by their markup. A stylesheet whose
  // address is written loads again, and the whole page is styled and laid out once more: so a link only looks as if it had been written.
  for (const link of document.head.querySelectorAll("link")) {
    const whole = link.cloneNode();
    whole.href = link.href;
    Object.defineProperties(link, { href: { get: () => whole.href, set() {} }, outerHTML: { get: () => whole.outerHTML } });
  }
  // The theme expects to be told later that the document is there: by a task of its own, so that a tap between is answered.
  scripts[0].onload = () => setTimeout(() => window.document$?.next(document));
  const paint = () => requestAnimationFrame(() => setTimeout(() => document.body.append(late)));
  const waited = new Promise((resolve) => setTimeout(resolve, 1000));
  requestAnimationFrame(() => setTimeout(() => Promise.race([document.fonts.ready, waited]).then(paint)));
})();
