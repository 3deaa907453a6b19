/* Hides the choices of other managers than the one that is chosen in the form. Without
   this file each choice says whose it is, and a foreign one is refused. */
"use strict";

(() => {
  function begin() {
    const choices = [...document.querySelectorAll("form [data-manager]")];
    const manager = document.querySelector('form select[name="manager"]');
    if (!manager || !choices.length) return;

    function narrow() {
      for (const choice of choices) {
        const isForeign = manager.value !== "" && choice.dataset.manager !== manager.value;
        if (choice instanceof HTMLOptionElement) {
          if (isForeign && choice.selected) choice.parentElement.value = "";
          choice.hidden = choice.disabled = isForeign;
        } else {
          if (isForeign) choice.checked = false;
          const shown = choice.closest("div");
          if (shown) shown.hidden = isForeign;
        }
      }
    }

    // A field with suggestions tells of its changes by jQuery alone.
    if (window.django?.jQuery) window.django.jQuery(manager).on("change", narrow);
    else manager.addEventListener("change", narrow);
    narrow();
  }

  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
