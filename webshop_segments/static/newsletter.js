"use strict";

// The preview beside a newsletter's text follows while it is typed; without this file its button does it.

for (const form of document.querySelectorAll("[data-glance]")) {
  const button = form.querySelector("button[formtarget]");
  let frame = form.querySelector("iframe");
  let turn = 0;
  let timer;

  // Each preview loads in a new frame beside the old one: nothing flickers, and Back leaves the page, not a preview.
  const show = () => {
    const next = frame.cloneNode();
    const mine = ++turn;
    next.removeAttribute("src");
    next.name = button.formTarget = `wss-glance-${mine}`;
    next.hidden = true;
    frame.after(next);
    next.addEventListener("load", () => {
      if (next.contentWindow.location.href === "about:blank") {
        return;
      }
      if (mine !== turn) {
        next.remove();
        return;
      }
      next.hidden = false;
      next.contentWindow.scrollTo(0, frame.contentWindow.scrollY);
      frame.remove();
      frame = next;
    });
    form.requestSubmit(button);
  };

  button.addEventListener("click", (event) => {
    event.preventDefault();
    show();
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search" && event.target.name !== "width") {
      clearTimeout(timer);
      timer = setTimeout(show, 500);
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "search") {
      event.preventDefault();
    }
  });
  if (form.querySelector("textarea").value) {
    show();
  }
}
