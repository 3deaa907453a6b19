// Sets theme and density before the first paint; a classic script, so that it runs first.
(function () {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  function apply() {
    const chosen = localStorage.getItem("theme") || "system";
    const isDark = chosen === "dark" || (chosen === "system" && dark.matches);
    root.dataset.theme = isDark ? "dark" : "light";
    root.dataset.density = localStorage.getItem("density") || "comfortable";
  }
  dark.addEventListener("change", apply);
  addEventListener("themechange", apply);
  apply();
})();
