// Puts a fresh picture in place of the old one, for as long as somebody looks at it.
(() => {
  const status = document.getElementById("bus-status");
  const stale = document.getElementById("bus-stale");
  const seconds = Number(status.dataset.every);
  const since = new Date();
  let shown = since;

  function openDetails() {
    return [...status.querySelectorAll("details[open]")].map((each) => each.id);
  }

  function replace(html) {
    const open = openDetails();
    const focused = status.contains(document.activeElement) ? document.activeElement.closest("details")?.id : null;
    const line = status.querySelector(".bus-line").textContent;
    status.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.querySelector("summary").focus();
    const now = status.querySelector(".bus-line").textContent;
    if (now !== line) say(now, true);
  }

  function say(words, unseen) {
    stale.hidden = false;
    stale.classList.toggle("bus-unseen", unseen);
    stale.textContent = words;
  }

  async function refresh() {
    if (document.hidden || status.contains(document.getSelection()?.anchorNode) && !document.getSelection().isCollapsed) return;
    try {
      const answer = await fetch("?part", { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(`the shop answers ${answer.status}`);
      replace(await answer.text());
      shown = new Date();
      if (!stale.classList.contains("bus-unseen")) stale.hidden = true;
    } catch (error) {
      say(`What you see is from ${shown.toLocaleTimeString()}: ${error.message}.`, false);
    }
  }

  async function forever() {
    for (;;) {
      await new Promise((done) => setTimeout(done, seconds * 1000));
      await refresh();
    }
  }

  forever();
})();
