/* Copies the text of the element that a button names. Without this file the button stays
   hidden, and the text can be selected. */
"use strict";

(() => {
  /* The clipboard is only available over HTTPS and on localhost. */
  async function copy(element) {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(element.textContent);
      return;
    }
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    if (!document.execCommand("copy")) throw new Error("not copied");
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    const element = document.getElementById(button.dataset.copy);
    const told = document.querySelector(`[data-copied-of="${element.id}"]`);
    button.hidden = false;
    button.addEventListener("click", () => {
      copy(element).then(
        () => (told.textContent = button.dataset.copied),
        () => (told.textContent = button.dataset.failed),
      );
    });
  }
})();
