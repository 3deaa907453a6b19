// Measures the console from within its page; added before its own scripts run.
(() => {
  const probe = { longTasks: [], keys: [], seen: new Map() };
  globalThis.probe = probe;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.longTasks.push(entry.duration);
  }).observe({ type: "longtask" });

  // From the handling of a key until the frame after it has been painted.
  addEventListener("keydown", (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => probe.keys.push(performance.now() - began);
      port2.postMessage(0);
    });
  }, true);

  // When a text with a mark was on the screen, by the clock of the machine.
  const MARK = /mark-(\d+)-/g;
  probe.watch = () => {
    const look = () => {
      for (const element of document.querySelectorAll("#log .bubble__text, .card__last"))
        for (const [, mark] of element.textContent.matchAll(MARK))
          if (!probe.seen.has(mark)) probe.seen.set(mark, Date.now());
    };
    new MutationObserver(() => requestAnimationFrame(look)).observe(document.body, {
      childList: true, subtree: true, characterData: true,
    });
  };

  // From the click on a card until its messages have been painted.
  probe.open = (card) =>
    new Promise((done) => {
      const key = card.dataset.key;
      const began = performance.now();
      card.click();
      const check = () => {
        const chosen = document.querySelector(".card[aria-selected=true]");
        const isOpen = chosen?.dataset.key === key && document.querySelector("#log [data-message]");
        if (isOpen && document.querySelector(".chat__name bdi")?.textContent === card.querySelector("bdi").textContent)
          requestAnimationFrame(() => done(performance.now() - began));
        else requestAnimationFrame(check);
      };
      requestAnimationFrame(check);
    });

  probe.scroll = async (selector, by, times) => {
    const element = document.querySelector(selector);
    for (let step = 0; step < times; step++) {
      element.scrollTop += by;
      await new Promise((done) => requestAnimationFrame(done));
    }
    return element.scrollHeight;
  };
})();
