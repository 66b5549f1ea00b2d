// The colour scheme that was chosen last, before anything is painted. "auto" is that of the system.
(() => {
  let scheme = "auto";
  try {
    scheme = localStorage.getItem("foldline-scheme") || "auto";
  } catch {
    // A browser that keeps nothing has the scheme of the system.
  }
  document.documentElement.dataset.scheme = scheme;
})();
