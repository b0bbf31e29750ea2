// before the first paint: the theme that was chosen, and that scripts run
(function () {
  var root = document.documentElement, theme = null;
  try { theme = localStorage.getItem("glassgpt.theme"); } catch (error) { theme = null; }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  root.classList.add("js");
})();
