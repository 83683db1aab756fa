// Makes two things smoother that work without it as well: waiting for news, and showing more.
"use strict";

async function fetchPage(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function waitForNews() {
  const waiting = document.querySelector("[data-next]");
  if (!waiting) return;
  setTimeout(async () => {
    try {
      const page = await fetchPage(waiting.dataset.next);
      const news = page.querySelector("#news");
      const still = news.querySelector("[data-next]");
      if (still) {
        Object.assign(waiting.dataset, still.dataset); // nothing new to announce
      } else {
        document.querySelector("#news").replaceChildren(...news.childNodes);
        document.querySelector("#gallery").replaceWith(page.querySelector("#gallery"));
      }
      waitForNews();
    } catch {
      waiting.textContent = waiting.dataset.lost;
    }
  }, 1000 * Number(waiting.dataset.pause));
}

async function showMore(event) {
  const link = event.target.closest(".more a");
  if (!link) return;
  event.preventDefault();
  try {
    const page = await fetchPage(link.href);
    const more = [...page.querySelectorAll("#products > li")];
    const next = page.querySelector(".more");
    document.querySelector("#products").append(...more);
    link.closest(".more").replaceWith(...(next ? [next] : []));
    more[0]?.querySelector("a")?.focus();
  } catch {
    location.assign(link.href);
  }
}

document.addEventListener("click", showMore);
waitForNews();
