"use strict";

// Conveniences only: every page works without this file, but for the live progress of a sending.

const unless = "a, button, input, label, select, summary, textarea";

document.addEventListener("dblclick", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest(unless)) {
    location.assign(row.dataset.href);
  }
});

function tickAll(all) {
  const boxes = [...all.closest("table").querySelectorAll(`tbody input[name="${all.dataset.tickAll}"]`)];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.hidden = boxes.length === 0;
  all.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = all.checked;
    }
  });
  all.closest("table").addEventListener("change", show);
  show();
}

// A list that arrives after the page is new to us.
document.addEventListener("htmx:load", (event) => {
  for (const all of event.detail.elt.querySelectorAll("[data-tick-all][hidden]")) {
    tickAll(all);
  }
});

for (const all of document.querySelectorAll("[data-tick-all]")) {
  tickAll(all);
}

for (const group of document.querySelectorAll("[data-chooses]")) {
  group.addEventListener("change", (event) => {
    if (event.target.type !== "checkbox" || event.target.checked) {
      document.getElementById(group.dataset.chooses).checked = true;
    }
  });
}

// GSM 03.38: the characters of a 7-bit message; those of the extension table take two places.
const basic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
  "abcdefghijklmnopqrstuvwxyzäöñüà";
const extension = "\f^{}\\[~]|€";

function measure(text) {
  const characters = [...text];
  const foreign = [...new Set(characters.filter((sign) => !basic.includes(sign) && !extension.includes(sign)))].join("");
  const gsm = foreign === "";
  const encoding = gsm ? "GSM-7" : "UCS-2";
  const widths = characters.map((sign) => (gsm ? (extension.includes(sign) ? 2 : 1) : sign.length));
  const places = widths.reduce((sum, width) => sum + width, 0);
  const [single, each] = gsm ? [160, 153] : [70, 67];
  if (places <= single) {
    return { characters: characters.length, encoding, parts: 1, left: single - places, foreign };
  }
  let parts = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > each) {
      parts += 1;
      used = 0;
    }
    used += width;
  }
  return { characters: characters.length, encoding, parts, left: each - used, foreign };
}

for (const counter of document.querySelectorAll("[data-counter]")) {
  const area = document.getElementById(counter.dataset.counter);
  const count = () => {
    const text = area.value.replace(/\r\n/g, "\n") + counter.dataset.added;
    for (const [name, value] of Object.entries(measure(text))) {
      counter.querySelector(`[data-count="${name}"]`).textContent = value.toLocaleString(document.documentElement.lang);
    }
    const foreign = counter.querySelector('[data-count="foreign"]');
    foreign.parentElement.hidden = foreign.textContent === "";
  };
  area.addEventListener("input", count);
  count();
}

for (const list of document.querySelectorAll("[data-insert-into]")) {
  let area = document.getElementById(list.dataset.insertInto);
  for (const field of [area, document.getElementById(list.dataset.orInto)]) {
    field?.addEventListener("focus", () => { area = field; });
  }
  for (const code of list.querySelectorAll("code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(code.textContent);
    button.addEventListener("click", () => {
      area.focus();
      area.setRangeText(code.textContent, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    code.replaceWith(button);
  }
}

for (const form of document.querySelectorAll("[data-unsaved]")) {
  let unsaved = form.dataset.unsaved === "now" || form.querySelector(".is-invalid") !== null;
  form.addEventListener("input", () => { unsaved = true; });
  form.addEventListener("submit", (event) => { unsaved &&= Boolean(event.submitter?.formTarget); });
  addEventListener("beforeunload", (event) => {
    if (unsaved) {
      event.preventDefault();
    }
  });
}

// The buttons beside the progress belong to one status: when it changes, or the session ends, load the page anew.
document.addEventListener("htmx:beforeSwap", (event) => {
  const shown = event.target.closest("[data-status]");
  if (shown && !event.detail.serverResponse.includes(`data-status="${shown.dataset.status}"`)) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
