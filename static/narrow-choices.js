/* Hides choices that belong to another manager than the one chosen in the form. Without
   this script, labels contain the manager, and other managers' choices are refused. */
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

    // An autocomplete field only fires jQuery events.
    if (window.django?.jQuery) window.django.jQuery(manager).on("change", narrow);
    else manager.addEventListener("change", narrow);
    narrow();
  }

  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
