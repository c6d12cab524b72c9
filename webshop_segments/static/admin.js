"use strict";

// Conveniences only: every page works without this file, but for the live progress of a sending.

const unless = "a, button, input, label, select, summary, textarea";

document.addEventListener("dblclick", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest(unless)) {
    location.assign(row.dataset.href);
  }
});

for (const all of document.querySelectorAll("[data-tick-all]")) {
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
  const gsm = characters.every((sign) => basic.includes(sign) || extension.includes(sign));
  const widths = characters.map((sign) => (gsm ? (extension.includes(sign) ? 2 : 1) : sign.length));
  const places = widths.reduce((sum, width) => sum + width, 0);
  const [single, each] = gsm ? [160, 153] : [70, 67];
  if (places <= single) {
    return { characters: characters.length, encoding: gsm ? "GSM-7" : "UCS-2", parts: 1, left: single - places };
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
  return { characters: characters.length, encoding: gsm ? "GSM-7" : "UCS-2", parts, left: each - used };
}

for (const counter of document.querySelectorAll("[data-counter]")) {
  const area = document.getElementById(counter.dataset.counter);
  const count = () => {
    const text = area.value.replace(/\r\n/g, "\n") + counter.dataset.added;
    for (const [name, value] of Object.entries(measure(text))) {
      counter.querySelector(`[data-count="${name}"]`).textContent = value.toLocaleString(document.documentElement.lang);
    }
  };
  counter.hidden = false;
  area.addEventListener("input", count);
  count();
}

for (const list of document.querySelectorAll("[data-insert-into]")) {
  const area = document.getElementById(list.dataset.insertInto);
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
  let unsaved = form.querySelector(".is-invalid") !== null;
  form.addEventListener("input", () => { unsaved = true; });
  form.addEventListener("submit", () => { unsaved = false; });
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
